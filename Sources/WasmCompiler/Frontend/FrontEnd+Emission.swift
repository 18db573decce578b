import WasmRuntime
import WebAssembly

// Instructions of the graph, in the current block.

extension FrontEnd {
  @inline(__always)
  @discardableResult
  mutating func emit(_ instruction: Instruction) -> Value {
    var instruction = instruction
    instruction.source = source
    return graph.append(instruction, to: current)
  }

  // MARK: Values

  @inline(__always)
  mutating func constant(_ type: IRType, _ bits: UInt64) -> Value {
    if let value = constants.find(type, bits, graph) { return value }
    let value = emit(Instruction(operation: .constant, type: type, immediate: bits))
    constants.add(value, type, bits)
    return value
  }

  mutating func i32(_ value: UInt32) -> Value { constant(.i32, UInt64(value)) }
  mutating func i64(_ value: UInt64) -> Value { constant(.i64, value) }

  mutating func vectorConstant(_ low: UInt64, _ high: UInt64) -> Value {
    graph.vectorHighs.append(high)
    return emit(
      Instruction(
        operation: .constant, type: .v128, index: UInt32(graph.vectorHighs.count - 1), immediate: low))
  }

  /// The bits of a constant; nil for other values.
  mutating func constantBits(_ value: Value) -> UInt64? {
    graph[value].operation == .constant ? graph[value].immediate : nil
  }

  /// The instance's context, once per block.
  mutating func context() -> Value {
    prepareFixed()
    if contextValue.isNone { contextValue = emit(Instruction(operation: .context, type: .i64)) }
    return contextValue
  }

  mutating func memoryBase() -> Value {
    prepareFixed()
    if memoryBaseValue.isNone { memoryBaseValue = emit(Instruction(operation: .memoryBase, type: .i64)) }
    return memoryBaseValue
  }

  private mutating func prepareFixed() {
    if fixedBlock == current { return }
    fixedBlock = current
    contextValue = .none
    memoryBaseValue = .none
  }

  @discardableResult
  mutating func wasm(_ opcode: Opcode, _ type: IRType, _ a: Value, _ b: Value = .none) -> Value {
    emit(Instruction(operation: .wasm, type: type, opcode: opcode, a: a, b: b))
  }

  mutating func extended(_ value: Value) -> Value {
    if let bits = constantBits(value) { return i64(bits) }
    return wasm(.i64ExtendI32U, .i64, value)
  }

  /// The sum of an i64 and a constant.
  mutating func added(_ value: Value, _ constant: UInt64) -> Value {
    constant == 0 ? value : wasm(.i64Add, .i64, value, i64(constant))
  }

  mutating func isZero(_ value: Value) -> Value {
    wasm(graph[value].type == .i32 ? .i32Eqz : .i64Eqz, .i32, value)
  }

  /// A 32-bit or 64-bit index as 64 bits.
  mutating func wide(_ index: Value, is64: Bool) -> Value { is64 ? index : extended(index) }

  // MARK: Checks

  mutating func trap(if condition: Value, _ code: TrapCode) { trap(if: condition, raw: UInt8(code.rawValue)) }

  mutating func trap(if condition: Value, raw code: UInt8) {
    emit(Instruction(operation: .trapIf, type: .none, trap: code, a: condition, source: source))
  }

  /// The check of an access to a memory.
  ///
  /// - Parameters:
  ///   - end: where the access ends; 2⁶⁴ - 1 if that exceeds 64 bits, and then the size is 0.
  ///   - byteCount: its size.
  mutating func trap(if condition: Value, accessTo memory: UInt32, until end: Value, byteCount: UInt64) {
    emit(
      Instruction(
        operation: .trapIf, type: .none, trap: UInt8(TrapCode.outOfBoundsMemoryAccess.rawValue), a: condition, b: end,
        index: memory, immediate: byteCount, source: source))
  }

  /// The check of an access to an element of a table or array.
  ///
  /// - Parameters:
  ///   - index: the element's index, with the bits that are compared: another value would need a register in the code before the trap.
  ///   - container: the table's cell, or the array.
  mutating func trap(if condition: Value, _ code: TrapCode, at index: Value, of container: Value) {
    emit(
      Instruction(
        operation: .trapIf, type: .none, trap: UInt8(code.rawValue), a: condition, b: index, c: container, immediate: 1,
        source: source))
  }

  /// The check of an access to a memory, whose end exceeds 64 bits if the condition holds.
  mutating func trapBeyond(if condition: Value, accessTo memory: UInt32) {
    trap(if: condition, accessTo: memory, until: i64(.max), byteCount: 0)
  }

  /// An index or address that is 0 while the processor speculates past its mispredicted check.
  ///
  /// - Parameter condition: the condition on which the check traps. The mask must be next to the check, so that one comparison serves both.
  mutating func masked(_ value: Value, if condition: Value) -> Value {
    emit(Instruction(operation: .mask, type: graph[value].type, a: value, c: condition))
  }

  // MARK: Runtime structures

  /// A load from a structure of the runtime.
  mutating func loadField(
    _ base: Value, _ offset: Int, _ region: Region, _ opcode: Opcode = .i64Load, _ type: IRType = .i64,
    index: Value = .none, flags: Instruction.Flags = [], trap: TrapCode? = nil
  ) -> Value {
    emit(
      Instruction(
        operation: .load, type: type, opcode: opcode, region: region, flags: flags,
        trap: trap.map { UInt8($0.rawValue) } ?? 0, a: base, b: index,
        immediate: UInt64(offset), source: source))
  }

  mutating func storeField(
    _ base: Value, _ offset: Int, _ value: Value, _ region: Region, _ opcode: Opcode = .i64Store,
    index: Value = .none, flags: Instruction.Flags = [], trap: TrapCode? = nil
  ) {
    emit(
      Instruction(
        operation: .store, type: .none, opcode: opcode, region: region, flags: flags,
        trap: trap.map { UInt8($0.rawValue) } ?? 0, a: base, b: index, c: value, immediate: UInt64(offset),
        source: source))
  }

  /// A field of the context that never changes: every field except the contents of memories and tables.
  mutating func contextField(_ offset: Int) -> Value { loadField(context(), offset, .constant) }

  mutating func storeContext() -> Value { contextField(offsets.instance.store) }

  mutating func canonicalType(_ index: UInt32) -> Value {
    loadField(contextField(offsets.instance.types), 4 * Int(index), .constant, .i32Load, .i32)
  }

  /// Emits a check for interruption. At loop headers, and before tail calls of functions, which can form loops. Entries of functions that
  /// make other calls check by comparing the stack's limit; functions without calls and loops end soon.
  mutating func emitInterruptionCheck() {
    guard options.isInterruptible else { return }
    emit(Instruction(operation: .checkInterruption, type: .none, trap: UInt8(TrapCode.interrupted.rawValue)))
  }

  /// Emits the charges that precede an instruction.
  mutating func chargeFuel(for opcode: Opcode) {
    while let cost = fuel?.charge(at: Int(source)) { charge(UInt32(cost)) }
    guard let rate = fuel?.rate(opcode), let count = stack.last else { return }
    if let bits = constantBits(count), let cost = Int32(exactly: rate.cost(of: bits)) {
      if cost > 0 { charge(UInt32(cost)) }
    } else {
      let wide = wide(count, is64: graph[count].type == .i64)
      callChecked(.chargeFuel, [wide, i32(UInt32(rate.cost)), i32(UInt32(rate.countLog2))])
    }
  }

  private mutating func charge(_ cost: UInt32) {
    emit(
      Instruction(
        operation: .charge, type: .none, region: .runtime, trap: UInt8(TrapCode.outOfFuel.rawValue),
        a: storeContext(), index: cost, immediate: UInt64(offsets.store.fuel)))
  }

  // MARK: Calls of the runtime

  /// Calls a function of the runtime with a result of this type, or none.
  @discardableResult
  mutating func callRuntime(_ function: RuntimeFunction, _ arguments: [Value], _ type: IRType = .none) -> Value {
    let start = graph.makeList(arguments)
    return emit(
      Instruction(
        operation: .callRuntime, type: type, index: function.rawValue, listStart: start,
        listCount: UInt32(arguments.count), source: source))
  }

  /// Calls a function of the runtime that returns 0 if it trapped, and traps then.
  @discardableResult
  mutating func callChecked(_ function: RuntimeFunction, _ arguments: [Value], _ type: IRType = .i32) -> Value {
    let status = callRuntime(function, arguments, type)
    trap(if: isZero(status), raw: Instruction.recordedTrap)
    return status
  }
}
