import WasmRuntime

extension Assembler: StubAssembler {
  package init() { self.init(usesVEX: false) }

  private static var fields: FieldOffsets { .shared }

  private mutating func load(_ register: PhysicalRegister, _ base: PhysicalRegister, _ offset: Int) {
    emit(.mov, .qword, register, MemoryOperand(base, Int32(offset)))
  }

  private mutating func store(_ register: PhysicalRegister, _ base: PhysicalRegister, _ offset: Int) {
    emit(.mov, .qword, MemoryOperand(base, Int32(offset)), register)
  }

  private mutating func move(_ target: PhysicalRegister, _ source: PhysicalRegister) {
    emit(.mov, .qword, target, source)
  }

  private static let calleeSaved: [PhysicalRegister] = [.rbx, .r12, .r13, .r14, .r15]

  // MARK: Moving values

  /// Loads a value into its register.
  private mutating func load(_ type: IRType, _ register: PhysicalRegister, _ place: MemoryOperand) {
    switch type {
    case .i32: emit(.mov, .dword, register, place)
    case .f32: emit(vector: .movss, register, place)
    case .f64: emit(vector: .movsd, register, place)
    case .v128: emit(vector: .movups, register, place)
    case .i64, .none: emit(.mov, .qword, register, place)
    }
  }

  private mutating func store(_ type: IRType, _ register: PhysicalRegister, _ place: MemoryOperand) {
    switch type {
    // An i32's upper half is zero; slots require that too.
    case .i32, .i64, .none: emit(.mov, .qword, place, register)
    case .f32: emit(vector: .movssStore, place, register)
    case .f64: emit(vector: .movsdStore, place, register)
    case .v128: emit(vector: .movupsStore, place, register)
    }
  }

  /// Moves values from a buffer to their locations in a call. `rdi` is loaded last, since it may be the buffer.
  private mutating func loadValues(_ values: [CallShape.Value], from buffer: PhysicalRegister) {
    let overflowing = values.filter { $0.register == nil }
    if !overflowing.isEmpty {
      load(.r10, .r15, Self.fields.instance.overflow)
      for value in overflowing {
        copy(value.type, from: MemoryOperand(buffer, value.bufferOffset), to: MemoryOperand(.r10, value.overflowOffset))
      }
    }
    for value in values where value.register != nil && value.register != buffer {
      load(value.type, value.register!, MemoryOperand(buffer, value.bufferOffset))
    }
    for value in values where value.register == buffer {
      load(value.type, buffer, MemoryOperand(buffer, value.bufferOffset))
    }
  }

  /// Moves values from their locations in a call to a buffer. Uses `r11`, `xmm15` and `r10`, which hold no values.
  private mutating func storeValues(_ values: [CallShape.Value], to buffer: PhysicalRegister) {
    for value in values {
      guard let register = value.register else { continue }
      store(value.type, register, MemoryOperand(buffer, value.bufferOffset))
    }
    let overflowing = values.filter { $0.register == nil }
    guard !overflowing.isEmpty else { return }
    load(.r10, .r15, Self.fields.instance.overflow)
    for value in overflowing {
      copy(value.type, from: MemoryOperand(.r10, value.overflowOffset), to: MemoryOperand(buffer, value.bufferOffset))
    }
  }

  private mutating func copy(_ type: IRType, from source: MemoryOperand, to target: MemoryOperand) {
    if type == .v128 {
      emit(vector: .movups, .xmm15, source)
      emit(vector: .movupsStore, target, .xmm15)
    } else {
      load(type == .i32 || type == .f32 ? .i32 : .i64, .rax, source)
      emit(.mov, .qword, target, .rax)
    }
  }

  // MARK: Entry

  package mutating func putEntryStub(_ shape: CallShape) {
    push(.rbp)
    move(.rbp, .rsp)
    for register in Self.calleeSaved { push(register) }
    move(.r15, .rsi)
    move(.r11, .rdx)
    load(.rax, .r15, Self.fields.instance.store)
    push(.rdi)
    push(.rax)
    load(.r10, .rax, Self.fields.store.activation)
    push(.r10)
    store(.rsp, .rax, Self.fields.store.activation)
    load(.r14, .r15, Self.fields.instance.memoryBase)
    loadValues(shape.parameterValues, from: .rdi)
    emit(.call, .dword, .r11)
    load(.r11, .rbp, Int(EntryFrame.slots))
    storeValues(shape.resultValues, to: .r11)
    emit(.xor, .dword, .rax, .rax)
    putEntryEpilogue()
  }

  /// Leaves the frame of an entry stub of any shape. Preserves `rax`.
  private mutating func putEntryEpilogue() {
    load(.rcx, .rbp, Int(EntryFrame.store))
    load(.rdx, .rbp, Int(EntryFrame.activation))
    store(.rdx, .rcx, Self.fields.store.activation)
    emit(.lea, .qword, .rsp, MemoryOperand(.rbp, EntryFrame.savedRegisters))
    for register in Self.calleeSaved.reversed() { pop(register) }
    pop(.rbp)
    ret()
  }

  /// The continuation of an activation that ends early, with ``StoreContext/activation`` in `rsp`.
  private mutating func putLanding() {
    emit(.lea, .qword, .rbp, MemoryOperand(.rsp, Int32(EntryFrame.activationToFrame)))
    move(1, to: .rax)
    putEntryEpilogue()
  }

  // MARK: Exit

  /// Called with the function's reference in `rax`.
  ///
  /// If the caller made a tail call and was itself called by the entry stub, the activation ends instead, so that engines can call each
  /// other by tail calls without end.
  package mutating func putExitStub(_ shape: CallShape) -> Int {
    let exhausted = makeLabel()
    let failed = makeLabel()
    let tail = makeLabel()
    putTailCallTest(tail)
    push(.rbp)
    move(.rbp, .rsp)
    emit(.sub, .qword, .rsp, immediate: 16)
    storeArguments(shape, exhausted)
    load(.rcx, .rbx, Self.fields.store.suspension)
    store(.rcx, .rbp, Int(ExitFrame.suspension))
    emit(.lea, .qword, .rcx, MemoryOperand(.rbp, 1))
    store(.rcx, .rbx, Self.fields.store.suspension)
    store(.r13, .rbx, Self.fields.store.stackTop)
    move(.rdi, .r15)
    move(.rsi, .rax)
    move(.rdx, .r12)
    callRuntime(.callOut)
    store(.r12, .rbx, Self.fields.store.stackTop)
    load(.rcx, .rbp, Int(ExitFrame.suspension))
    store(.rcx, .rbx, Self.fields.store.suspension)
    emit(.test, .dword, .rax, .rax)
    jump(.notEqual, failed)
    loadValues(shape.resultValues, from: .r12)
    move(.rsp, .rbp)
    pop(.rbp)
    ret()
    bind(failed)
    load(.r11, .r15, Self.fields.instance.runtimeTable)
    emit(.jmp, .dword, MemoryOperand(.r11, Int32(8 * RuntimeFunction.resume.rawValue)))
    bind(tail)
    storeArguments(shape, exhausted)
    store(.rax, .rbx, Self.fields.store.tailCallee)
    store(.r15, .rbx, Self.fields.store.tailContext)
    move(UInt64(UnwindStatus.tailCall), to: .rax)
    load(.r11, .r15, Self.fields.instance.runtimeTable)
    emit(.jmp, .dword, MemoryOperand(.r11, Int32(8 * RuntimeFunction.resume.rawValue)))
    bind(exhausted)
    defer { ud2() }
    return count
  }

  /// Jumps if the frame is that of the activation's entry stub, or one between it and a function of another instance (see
  /// ``putRestoringContext()``). Uses `r10` and `r11`, which hold no values.
  private mutating func putTailCallTest(_ tail: Label) {
    let call = makeLabel()
    load(.r11, .r15, Self.fields.instance.store)
    load(.r11, .r11, Self.fields.store.activation)
    emit(.add, .qword, .r11, immediate: Int32(EntryFrame.activationToFrame))
    emit(.cmp, .qword, .rbp, .r11)
    jump(.equal, tail)
    emit(.cmp, .qword, .r11, MemoryOperand(.rbp, 0))
    jump(.notEqual, call)
    load(.r10, .r15, Self.fields.instance.runtimeTable)
    load(.r10, .r10, 8 * Int(RuntimeFunction.restoreContext.rawValue))
    emit(.cmp, .qword, .r10, MemoryOperand(.rsp, 0))
    jump(.equal, tail)
    bind(call)
  }

  /// Stores arguments in the slots at the stack's top. Afterwards `rbx` is the store, `r12` the address of the slots and `r13` their end:
  /// compiled functions clobber these registers, and C functions preserve them. Preserves `rax`.
  private mutating func storeArguments(_ shape: CallShape, _ exhausted: Label) {
    load(.rbx, .r15, Self.fields.instance.store)
    load(.r12, .rbx, Self.fields.store.stackTop)
    emit(.lea, .qword, .r13, MemoryOperand(.r12, Int32(8 * shape.slotCount)))
    emit(.cmp, .qword, .r13, MemoryOperand(.rbx, Int32(Self.fields.store.stackLimit)))
    jump(.above, exhausted)
    let values = shape.parameterValues
    if values.contains(where: { $0.register == nil }) {
      move(.r11, .rax)
      storeValues(values, to: .r12)
      move(.rax, .r11)
    } else {
      storeValues(values, to: .r12)
    }
  }

  /// Calls a function of the runtime, by its index in the table.
  private mutating func callRuntime(_ function: RuntimeFunction) {
    load(.r11, .r15, Self.fields.instance.runtimeTable)
    emit(.call, .dword, MemoryOperand(.r11, Int32(8 * function.rawValue)))
  }

  package mutating func putRefusedFunction(_ index: UInt32) {
    load(.rax, .r15, Self.fields.instance.functions)
    load(.rax, .rax, 8 * Int(index))
    load(.r11, .rax, Self.fields.function.code)
    emit(.jmp, .dword, MemoryOperand(.r11, Int32(Self.fields.function.nativeEntry)))
  }

  // MARK: Lazy compilation

  package static var lazyStubByteCount: Int { 16 }
  package static var uncompiledOffset: Int { 6 }

  package mutating func putLazyStubs(
    count: Int, importedCount: Int, compilesAtFirstCall: Bool, word: (Int) -> Int
  ) {
    let uncompiled = makeLabel()
    for index in 0..<count {
      putLazyStub(
        UInt32(importedCount + index), word: word(index) - Self.lazyStubByteCount * index, uncompiled: uncompiled)
    }
    bind(uncompiled)
    if compilesAtFirstCall { putLazyCompilation(module: word(count)) } else { putCallByRecord() }
  }

  /// The entry of a function that may not have code yet: 16 bytes.
  ///
  /// - Parameters:
  ///   - index: in the index space of the module.
  ///   - word: the distance from here to the word with the function's entry, or the address of the second instruction here.
  private mutating func putLazyStub(_ index: UInt32, word: Int, uncompiled: Label) {
    reserve()
    // jmp [rip + word]
    put(0xFF)
    put(0x25)
    put32(Int32(word - 6))
    // mov eax, index
    put(0xB8)
    put32(Int32(bitPattern: index))
    jump(uncompiled)
  }

  /// Enters the function with the index in `rax` by its record.
  private mutating func putCallByRecord() {
    load(.r10, .r15, Self.fields.instance.functions)
    emit(.mov, .qword, .rax, MemoryOperand(.r10, index: .rax, scale: 3, 0))
    load(.r11, .rax, Self.fields.function.code)
    emit(.jmp, .dword, MemoryOperand(.r11, Int32(Self.fields.function.nativeEntry)))
  }

  /// Saves `rax` at -8 and all arguments in a new frame, runs code that calls a C function, restores the arguments, and leaves the frame.
  ///
  /// - Parameter restore: code before the frame is left; may use `r10` and `r11`.
  private mutating func preservingArguments(
    _ call: (inout Assembler) -> Void, restore: (inout Assembler) -> Void
  ) {
    push(.rbp)
    move(.rbp, .rsp)
    emit(.sub, .qword, .rsp, immediate: 192)
    store(.rax, .rbp, -8)
    let integers = RegisterConvention.integerArguments
    let vectors = (0..<8).map { PhysicalRegister(.vector, $0) }
    for (index, register) in integers.enumerated() { store(register, .rbp, -16 - 8 * index) }
    for (index, register) in vectors.enumerated() {
      store(.v128, register, MemoryOperand(.rbp, Int32(16 * index - 192)))
    }
    call(&self)
    move(.r11, .rax)
    for (index, register) in integers.enumerated() { load(register, .rbp, -16 - 8 * index) }
    for (index, register) in vectors.enumerated() {
      load(.v128, register, MemoryOperand(.rbp, Int32(16 * index - 192)))
    }
    load(.rax, .rbp, -8)
    restore(&self)
    move(.rsp, .rbp)
    pop(.rbp)
  }

  /// Called with the function's reference in `rax`: see ``CommonStub/firstEntry``.
  private mutating func putFirstEntry(landing: Label) {
    let failed = makeLabel()
    preservingArguments {
      $0.move(.rdi, .r15)
      $0.move(.rsi, .rax)
      $0.callRuntime(.exitStub)
    } restore: { _ in
    }
    emit(.test, .qword, .r11, .r11)
    jump(.equal, failed)
    emit(.jmp, .dword, .r11)
    bind(failed)
    load(.rbx, .r15, Self.fields.instance.store)
    load(.rsp, .rbx, Self.fields.store.activation)
    jump(landing)
  }

  /// Has the function with the index in `rax` compiled, and enters it, or the stub that leads to the interpreter.
  ///
  /// - Parameter module: the distance from the code's beginning to the word with the address of the `NativeModule`.
  private mutating func putLazyCompilation(module: Int) {
    preservingArguments {
      $0.move(.rdi, .r15)
      $0.move(.rsi, .rax)
      $0.reserve()
      // mov rdx, [rip + module]
      $0.put(0x48)
      $0.put(0x8B)
      $0.put(0x15)
      $0.put32(Int32(module - ($0.count + 4)))
      $0.callRuntime(.compileFunction)
    } restore: {
      // A function that is not compiled expects its reference in `rax`.
      $0.load(.r10, .r15, Self.fields.instance.functions)
      $0.emit(.mov, .qword, .rax, MemoryOperand(.r10, index: .rax, scale: 3, 0))
    }
    emit(.jmp, .dword, .r11)
  }

  // MARK: Continuations

  /// Continues according to a status in `eax` from a function of the runtime: at a landing pad, or at the activation's end. `r15`: a
  /// context of the store.
  private mutating func putResume(landing: Label) {
    let pad = makeLabel()
    load(.rbx, .r15, Self.fields.instance.store)
    emit(.cmp, .dword, .rax, immediate: UnwindStatus.landingPad)
    jump(.equal, pad)
    load(.rsp, .rbx, Self.fields.store.activation)
    emit(.cmp, .dword, .rax, immediate: UnwindStatus.tailCall)
    jump(.notEqual, landing)
    emit(.lea, .qword, .rbp, MemoryOperand(.rsp, Int32(EntryFrame.activationToFrame)))
    putEntryEpilogue()
    bind(pad)
    load(.rsp, .rbx, Self.fields.store.resumptionSP)
    load(.rbp, .rbx, Self.fields.store.resumptionFP)
    load(.rax, .rbx, Self.fields.store.resumptionValue)
    load(.r11, .rbx, Self.fields.store.resumptionPC)
    load(.r15, .rbp, -8)
    load(.r14, .r15, Self.fields.instance.memoryBase)
    emit(.jmp, .dword, .r11)
  }

  /// The return address of a function that was entered by a tail call from another instance: restores the caller's context, then returns
  /// to it.
  ///
  /// `rbp` points to a frame that the tail call has pushed: the caller's `rbp`, the context, the context again, the address of this stub.
  /// Results are preserved.
  private mutating func putRestoringContext() {
    load(.r15, .rbp, -8)
    load(.r14, .r15, Self.fields.instance.memoryBase)
    move(.rsp, .rbp)
    pop(.rbp)
    ret()
  }

  /// Calls a function of the runtime as a C function, and never returns to the caller but continues elsewhere. `function` gets a third
  /// argument: the frame of this stub, whose caller throws.
  private mutating func putThrowStub(_ function: RuntimeFunction, resume: Label) {
    push(.rbp)
    move(.rbp, .rsp)
    move(.rdx, .rbp)
    callRuntime(function)
    jump(resume)
  }

  /// Calls a runtime function that may collect garbage, with the arguments of the caller. The frame says where the caller's references are:
  /// see ``AllocatingFrame``.
  private mutating func putAllocation(_ function: RuntimeFunction) {
    push(.rbp)
    move(.rbp, .rsp)
    for register in AllocatingFrame.savedRegisters { push(register) }
    // The stack pointer is a multiple of 16 at calls.
    emit(.sub, .qword, .rsp, immediate: 8)
    load(.rbx, .r15, Self.fields.instance.store)
    store(.rbp, .rbx, Self.fields.store.allocatingFrame)
    callRuntime(function)
    emit(.xor, .dword, .rcx, .rcx)
    store(.rcx, .rbx, Self.fields.store.allocatingFrame)
    emit(.lea, .qword, .rsp, MemoryOperand(.rbp, Int32(-8 * AllocatingFrame.savedRegisters.count)))
    for register in AllocatingFrame.savedRegisters.reversed() { pop(register) }
    pop(.rbp)
    ret()
  }

  /// The C function (body, argument) that calls `body` (argument, stack pointer) with all registers on the stack.
  private mutating func putSavingRegisters() {
    push(.rbp)
    move(.rbp, .rsp)
    for register in Self.calleeSaved { push(register) }
    emit(.sub, .qword, .rsp, immediate: 8)
    move(.rax, .rdi)
    move(.rdi, .rsi)
    move(.rsi, .rsp)
    emit(.call, .dword, .rax)
    emit(.lea, .qword, .rsp, MemoryOperand(.rbp, EntryFrame.savedRegisters))
    for register in Self.calleeSaved.reversed() { pop(register) }
    pop(.rbp)
    ret()
  }
}

extension Assembler {
  /// The C function (function, argument, top) that calls the function with the argument on the stack with that top.
  private mutating func putSwitchingStacks() {
    push(.rbp)
    move(.rbp, .rsp)
    move(.rax, .rdi)
    move(.rdi, .rsi)
    move(.rsp, .rdx)
    emit(.call, .dword, .rax)
    move(.rsp, .rbp)
    pop(.rbp)
    ret()
  }
}

extension Assembler {
  /// Pushes what the current stack needs to continue: the registers that C functions preserve.
  private mutating func saveStack(at place: PhysicalRegister) {
    push(.rbp)
    for register in Self.calleeSaved { push(register) }
    store(.rsp, place, 0)
  }

  /// The C function (function, argument, top, saved) that calls a function, which never returns, on the stack with that top. Its frame is
  /// the last one for those who follow frame pointers.
  private mutating func putStartingStack() {
    saveStack(at: .rcx)
    move(.rax, .rdi)
    move(.rdi, .rsi)
    move(.rsp, .rdx)
    emit(.xor, .dword, .rbp, .rbp)
    emit(.call, .dword, .rax)
    ud2()
  }

  /// The C function (saved, target) that continues on the stack whose pointer was saved.
  private mutating func putChangingStack() {
    saveStack(at: .rdi)
    move(.rsp, .rsi)
    for register in Self.calleeSaved.reversed() { pop(register) }
    pop(.rbp)
    ret()
  }
}

extension Assembler {
  /// The registers that compiled code uses and C functions do not preserve.
  private static let callerSaved: [PhysicalRegister] = [.rax, .rcx, .rdx, .rsi, .rdi, .r8, .r9, .r10, .r11]

  /// See ``CommonStub/obtainingFuel``. Every register is as before afterwards, the flags included.
  private mutating func putObtainingFuel() {
    let vectors = (0..<16).map { (PhysicalRegister.xmm($0), MemoryOperand(.rsp, Int32(16 * $0))) }
    pushFlags()
    push(.rbp)
    move(.rbp, .rsp)
    for register in Self.callerSaved { push(register) }
    // Compiled functions without calls do not keep the stack aligned.
    emit(.and, .qword, .rsp, immediate: -16)
    emit(.sub, .qword, .rsp, immediate: Int32(16 * vectors.count))
    for (register, place) in vectors { store(.v128, register, place) }
    move(.rdi, .r15)
    callRuntime(.obtainFuel)
    // Beyond the trap instruction, or at it.
    emit(.add, .qword, MemoryOperand(.rbp, 16), .rax)
    for (register, place) in vectors { load(.v128, register, place) }
    emit(.lea, .qword, .rsp, MemoryOperand(.rbp, Int32(-8 * Self.callerSaved.count)))
    for register in Self.callerSaved.reversed() { pop(register) }
    pop(.rbp)
    popFlags()
    ret()
  }
}

extension Assembler {
  /// The C function (target, source, count) that copies this many words, at least one: for reading other functions' frames, which Swift
  /// code instrumented by a sanitizer may not do.
  private mutating func putCopyingWords() {
    let next = makeBoundLabel()
    emit(.mov, .qword, .rax, MemoryOperand(.rsi, index: .rdx, scale: 3, -8))
    emit(.mov, .qword, MemoryOperand(.rdi, index: .rdx, scale: 3, -8), .rax)
    emit(.sub, .qword, .rdx, immediate: 1)
    jump(.notEqual, next)
    ret()
  }
}

extension Assembler {
  package mutating func putCommonStubs() -> [Int] {
    var starts = Array(repeating: 0, count: CommonStub.allCases.count)
    let landing = makeBoundLabel()
    starts[CommonStub.landing.rawValue] = count
    putLanding()
    let resume = makeBoundLabel()
    starts[CommonStub.resume.rawValue] = count
    putResume(landing: landing)
    starts[CommonStub.throwException.rawValue] = count
    putThrowStub(.raise, resume: resume)
    starts[CommonStub.rethrowException.rawValue] = count
    putThrowStub(.raiseAgain, resume: resume)
    starts[CommonStub.passException.rawValue] = count
    putThrowStub(.raiseFurther, resume: resume)
    starts[CommonStub.allocateStructure.rawValue] = count
    putAllocation(.makeStructure)
    starts[CommonStub.allocateArray.rawValue] = count
    putAllocation(.makeArray)
    starts[CommonStub.arrayNewData.rawValue] = count
    putAllocation(.makeArrayFromData)
    starts[CommonStub.arrayNewElement.rawValue] = count
    putAllocation(.makeArrayFromElements)
    starts[CommonStub.savingRegisters.rawValue] = count
    putSavingRegisters()
    starts[CommonStub.copyingWords.rawValue] = count
    putCopyingWords()
    starts[CommonStub.switchingStacks.rawValue] = count
    putSwitchingStacks()
    starts[CommonStub.startingStack.rawValue] = count
    putStartingStack()
    starts[CommonStub.changingStack.rawValue] = count
    putChangingStack()
    starts[CommonStub.obtainingFuel.rawValue] = count
    putObtainingFuel()
    starts[CommonStub.restoreContext.rawValue] = count
    putRestoringContext()
    starts[CommonStub.firstEntry.rawValue] = count
    putFirstEntry(landing: landing)
    return starts
  }

  package mutating func finishStubs() -> [UInt8] {
    finish()
    return Array(code)
  }
}
