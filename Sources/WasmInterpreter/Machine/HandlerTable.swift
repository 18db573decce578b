import WebAssembly

/// The variants of an instruction: the locations of its operands, and whether it branches on its result.
enum Form: UInt16, CaseIterable {
  /// All operands are in slots; also the only form of instructions with a single form.
  case slots = 0
  /// The first or only operand is in the accumulator.
  case accumulator
  /// The second operand is in the accumulator.
  case slotAccumulator
  /// The second operand is an immediate.
  case immediate
  case accumulatorImmediate
  /// The first operand is an immediate.
  case immediateSlot
  case immediateAccumulator
  /// A comparison that branches if it holds.
  case branch, branchAccumulator, branchSlotAccumulator, branchImmediate, branchAccumulatorImmediate
  /// A comparison that branches unless it holds.
  case branchUnless, branchUnlessAccumulator, branchUnlessSlotAccumulator, branchUnlessImmediate
  case branchUnlessAccumulatorImmediate
  /// A comparison that first adds a constant to its first operand, and branches if it holds.
  case stepBranch, stepBranchImmediate
  /// An access whose address is a slot plus a constant, or the sum of two slots; the first may be in the accumulator.
  case stepped, indexed, indexedAccumulator
  /// The same for a store whose value is in the accumulator.
  case steppedValueAccumulator
  /// The same for a store of an immediate.
  case steppedImmediate
  /// An access whose address is a shifted slot plus an offset, or plus another slot.
  case scaled, scaledIndexed
  /// A comparison that selects one of two slots.
  case select, selectAccumulator, selectImmediate, selectAccumulatorImmediate
  /// An access to another memory than memory 0, with 64-bit addresses, or with an offset of more than 32 bits.
  case far
}

/// Code instructions that the standard does not have.
enum Auxiliary: UInt16, CaseIterable {
  case copy, copyFloat32, copyVector, constant, constantVector
  case selectFloat32, selectFloat64, selectVector, globalGetVector, globalSetVector
  case enter, enterClearingFew, enterClearing, lower, callHost, callCompiled, exit
  case returnInteger, returnFloat32, returnFloat64
  case callImport
  case branchIfZero, branchCommonBit32, branchCommonBit64
  // Fields, elements and casts.
  case structureGet8S, structureGet8U, structureGet16S, structureGet16U, structureGet32, structureGet64
  case structureGetFloat32, structureGetFloat64, structureGetVector
  case structureSet8, structureSet16, structureSet32, structureSet64, structureSetVector
  case arrayGet8S, arrayGet8U, arrayGet16S, arrayGet16U, arrayGet32, arrayGet64
  case arrayGetFloat32, arrayGetFloat64, arrayGetVector
  case arraySet8, arraySet16, arraySet32, arraySet64, arraySetVector, arrayBulk
  case testAggregate, testFunction, testAbstract, castAggregate, castFunction, castAbstract
  case branchAggregate, branchFunction, branchAbstract
  case branchUnlessAggregate, branchUnlessFunction, branchUnlessAbstract, checkDescriptor
  // In the code of deterministic, of interruptible and of metered engines.
  case canonicalizeFloat32, canonicalizeFloat64, canonicalizeFloat32Lanes, canonicalizeFloat64Lanes, checkInterruption
  case chargeFuel, chargeFuelByCount
  // In the code of engines that compile functions while they run.
  case countCall, countIteration
  /// Shuffles of whole lanes of 16, 32 and 64 bits.
  case shuffle16, shuffle32, shuffle64
  // Fused pairs.
  case f64MulAdd, f64MulSub, f64SubMul, f32MulAdd, f32MulSub, f32SubMul, i32MulAdd
  case i32ShlAdd, i32ShlXor, i32ShrUXor, i32RotlXor, i64ShlXor, i64ShrUXor, i64RotlXor
  case f64AddLoad, f64SubLoad, f32AddLoad, f32SubLoad
  case i32AndAdd, i32AndXor, i32AddAdd, i64MulAdd, i64AndAdd, i64AddAdd, copyTwo, copyBranch, copySlots
}

/// All handlers, by instruction and form.
struct HandlerTable: @unchecked Sendable {
  static let shared = HandlerTable()

  /// The number of a handler; also the handler word for the loop dispatcher.
  typealias Number = Int

  private var numbers: [UInt16]
  private(set) var loop: [LoopHandler] = []
  /// What is known of a handler besides the body for the loop dispatcher; one array, since registering is a large part of the time to
  /// start.
  private struct Handler {
    /// The address of the handler for the threaded dispatcher.
    var address: UInt
    var format: FormatIdentifier
  }
  private var handlers: [Handler] = []
  var pairs = HandlerPairs()
  #if DEBUG
    /// The body of each handler.
    private(set) var bodies: [ObjectIdentifier] = []
  #endif
  /// Whether handlers are plain function pointers, as in optimized builds, so that threading is possible.
  private(set) var canThread = true

  private static let none = UInt16.max
  // Counted once: `allCases` creates an array.
  private static let opcodeCount = Opcode.allCases.count
  private static let formCount = Form.allCases.count
  private static let rowCount = opcodeCount + Auxiliary.allCases.count

  private init() {
    numbers = Array(repeating: Self.none, count: Self.rowCount * Self.formCount)
    loop.reserveCapacity(2560)
    handlers.reserveCapacity(2560)
    registerIntegers()
    registerFloats()
    registerConversions()
    registerMemory()
    registerAtomics()
    registerVariables()
    registerControl()
    registerReferences()
    registerAggregates()
    registerCompounds()
    registerVectors()
    registerOptions()
    registerPairs()
  }

  static func position(_ opcode: Opcode, _ form: Form) -> Int {
    Int(opcode.rawValue) * formCount + Int(form.rawValue)
  }

  static func position(_ auxiliary: Auxiliary, _ form: Form) -> Int {
    (opcodeCount + Int(auxiliary.rawValue)) * formCount + Int(form.rawValue)
  }

  @inline(__always)
  mutating func register<O: Operation>(_ opcode: Opcode, _ form: Form, _: O.Type) {
    #if DEBUG
      bodies.append(ObjectIdentifier(O.self))
    #endif
    register(at: Self.position(opcode, form), O.threaded, O.execute, O.Format.identifier)
  }

  /// Registers an instruction's only form.
  @inline(__always)
  mutating func register<O: Operation>(_ opcode: Opcode, _ operation: O.Type) {
    register(opcode, .slots, operation)
  }

  @inline(__always)
  mutating func register<O: Operation>(_ auxiliary: Auxiliary, _ form: Form, _: O.Type) {
    #if DEBUG
      bodies.append(ObjectIdentifier(O.self))
    #endif
    register(at: Self.position(auxiliary, form), O.threaded, O.execute, O.Format.identifier)
  }

  @inline(__always)
  mutating func register<O: Operation>(_ auxiliary: Auxiliary, _ operation: O.Type) {
    register(auxiliary, .slots, operation)
  }

  /// A function value in a structure, which keeps the compiler from changing its calling convention.
  private struct Box {
    var handler: ThreadedHandler
  }

  @inline(never)
  private mutating func register(
    at position: Int, _ handler: @escaping ThreadedHandler, _ body: @escaping LoopHandler, _ format: FormatIdentifier
  ) {
    assert(numbers[position] == Self.none, "registered twice")
    numbers[position] = UInt16(loop.count)
    add(handler, body, format)
  }

  private mutating func add(
    _ handler: @escaping ThreadedHandler, _ body: @escaping LoopHandler, _ format: FormatIdentifier
  ) {
    // A function value is a code pointer and a context. In optimized builds these have no context; then the pointer alone is callable.
    let (code, context) = unsafeBitCast(Box(handler: handler), to: (UInt, UInt).self)
    if context != 0 { canThread = false }
    handlers.append(Handler(address: code, format: format))
    loop.append(body)
  }

  /// The handler of an instruction in a form, or nil if there is none.
  func number(_ opcode: Opcode, _ form: Form = .slots) -> Number? {
    let number = numbers[Self.position(opcode, form)]
    return number == Self.none ? nil : Int(number)
  }

  func number(optional auxiliary: Auxiliary, _ form: Form) -> Number? {
    let number = numbers[Self.position(auxiliary, form)]
    return number == Self.none ? nil : Int(number)
  }

  func number(_ auxiliary: Auxiliary, _ form: Form = .slots) -> Number {
    Int(numbers[Self.position(auxiliary, form)])
  }

  // MARK: Pairs

  /// The handler at a place, whose body this is.
  @inline(__always)
  func number<O: Operation>(at position: Int, _: O.Type) -> Number {
    let number = Int(numbers[position])
    #if DEBUG
      precondition(bodies[number] == ObjectIdentifier(O.self), "\(O.self) is not the handler's body")
    #endif
    return number
  }

  /// Adds a handler that lowering finds only by ``pairs``.
  @inline(__always)
  mutating func add<O: Operation>(_: O.Type) -> Number {
    #if DEBUG
      bodies.append(ObjectIdentifier(O.self))
    #endif
    let number = loop.count
    add(O.threaded, O.execute, O.Format.identifier)
    return number
  }

  // MARK: Words and formats

  /// The handler word of a handler.
  func word(_ number: Number, _ dispatch: Dispatch) -> HandlerWord {
    switch dispatch {
    case .threaded: HandlerWord(bits: UInt64(handlers[number].address))
    case .loop: HandlerWord(bits: UInt64(number))
    }
  }

  var count: Int { loop.count }

  /// The format of a handler's instructions.
  func format(_ number: Number) -> FormatIdentifier { handlers[number].format }
}

/// How the interpreter dispatches instructions.
public enum Dispatch: String, CaseIterable, Sendable {
  /// Each handler jumps to the next. Needs an optimized build; other builds use `loop`.
  case threaded
  /// A loop calls one handler after another.
  case loop
}
