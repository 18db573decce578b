import WasmRuntime
import WebAssembly

// Calls. Values without a register are passed in the store's overflow buffer, which is written immediately before the call or return, and
// read immediately after it or at the function's beginning.

extension Selector {
  mutating func lowerCall(_ value: Value) {
    let operation = graph[value].operation
    let isRuntime = operation == .callRuntime
    collectResults(of: value)
    var reference = Self.noRegister
    if operation == .callReference { reference = register(using: graph[value].a) }
    collectOperands(of: value)
    let parameters = RegisterConvention.Places(
      isRuntime ? RegisterConvention.runtimeArguments : RegisterConvention.integerArguments)
    storeOverflow(parameters)
    switch operation {
    case .call: begin(.call, immediate: UInt64(graph[value].index))
    case .callReference:
      begin(.callReference)
      use(reference, in: .rax)
    default: begin(.callRuntime, immediate: UInt64(graph[value].index))
    }
    // No register survives an exception.
    let isGentle = isRuntime && graph[graph[block].last].operation != .tryJump
    instruction.clobber = isGentle ? RegisterConvention.runtimeCallClobber : RegisterConvention.callClobber
    useOperands(parameters)
    defineResults(of: value)
    loadOverflow(of: value)
  }

  mutating func lowerTailCall(_ value: Value) {
    let isDirect = graph[value].operation == .tailCall
    var reference = Self.noRegister
    if !isDirect { reference = register(using: graph[value].a) }
    collectOperands(of: value)
    let parameters = RegisterConvention.Places(RegisterConvention.integerArguments)
    storeOverflow(parameters)
    begin(isDirect ? .tailCall : .tailCallReference, immediate: UInt64(graph[value].index))
    if !isDirect { use(reference, in: .rax) }
    useOperands(parameters)
  }

  /// The function's parameters, at its beginning.
  mutating func lowerParameters() {
    let parameters = graph.parameters(.entry)
    var places = RegisterConvention.Places(RegisterConvention.integerArguments)
    begin(.parameters)
    for parameter in parameters {
      if let place = places.next(graph[parameter].type), isNeeded(parameter) {
        define(register(of: parameter), in: place)
      }
    }
    guard places.overflowCount > 0 else { return }
    let buffer = overflowBuffer()
    places = RegisterConvention.Places(RegisterConvention.integerArguments)
    for parameter in parameters where places.next(graph[parameter].type) == nil && isNeeded(parameter) {
      emitLoad(register(of: parameter), graph[parameter].type, from: buffer, places.overflowOffset)
    }
  }

  // MARK: Arguments

  /// Collects the registers of an instruction's listed operands.
  mutating func collectOperands(of value: Value) {
    operands.removeAll()
    for operand in graph.list(value) { operands.append(register(using: operand)) }
  }

  /// Stores the operands that get no register.
  mutating func storeOverflow(_ places: RegisterConvention.Places) {
    var places = places
    var buffer = Self.noRegister
    for operand in operands.elements {
      let type = machine.types[operand.number]
      guard places.next(type) == nil else { continue }
      if buffer == Self.noRegister { buffer = overflowBuffer() }
      emitStore(operand, type, to: buffer, places.overflowOffset)
    }
  }

  private mutating func useOperands(_ places: RegisterConvention.Places) {
    var places = places
    for operand in operands.elements {
      if let place = places.next(machine.types[operand.number]) { use(operand, in: place) }
    }
  }

  // MARK: Results

  /// The result values of a call by number; none for unused ones.
  private mutating func collectResults(of value: Value) {
    results.removeAll()
    if graph[value].operation == .callRuntime {
      if graph[value].type != .none { results.append(value) }
      return
    }
    let count = Int(resultTypes(value).count)
    guard count != 1 else { return results.append(value) }
    results.append(repeating: .none, count: count)
    var next = graph[value].next
    while !next.isNone, graph[next].operation == .result {
      results[Int(graph[next].immediate)] = next
      next = graph[next].next
    }
  }

  private mutating func resultType(_ value: Value, _ index: Int) -> IRType {
    graph[value].operation == .callRuntime ? graph[value].type : facts.type(resultTypes(value), index)
  }

  private mutating func resultTypes(_ value: Value) -> ModuleFacts.TypeList {
    facts.signatures[Int(graph[value].immediate)].results
  }

  private mutating func defineResults(of value: Value) {
    var places = RegisterConvention.Places(RegisterConvention.integerResults)
    for index in results.indices {
      let place = places.next(resultType(value, index))
      let result = results[index]
      if let place, !result.isNone, isNeeded(result) { define(register(of: result), in: place) }
    }
  }

  private mutating func loadOverflow(of value: Value) {
    var places = RegisterConvention.Places(RegisterConvention.integerResults)
    var buffer = Self.noRegister
    for index in results.indices {
      let type = resultType(value, index)
      let result = results[index]
      guard places.next(type) == nil, !result.isNone, isNeeded(result) else { continue }
      if buffer == Self.noRegister { buffer = overflowBuffer() }
      emitLoad(register(of: result), type, from: buffer, places.overflowOffset)
    }
  }

  // MARK: The overflow buffer

  private mutating func overflowBuffer() -> VirtualRegister {
    let buffer = machine.makeRegister(.i64)
    begin(.transfer, .qword, .mov)
    define(buffer)
    use(.memory(Address(form: .context, displacement: Int32(FieldOffsets.shared.instance.overflow))))
    return buffer
  }

  private mutating func emitStore(
    _ operand: VirtualRegister, _ type: IRType, to buffer: VirtualRegister, _ displacement: Int32
  ) {
    begin(.store, type.size, type.storeEncoding)
    use(operand)
    use(Address(base: buffer, displacement: displacement))
  }

  private mutating func emitLoad(
    _ result: VirtualRegister, _ type: IRType, from buffer: VirtualRegister, _ displacement: Int32
  ) {
    begin(type.isFloatOrVector ? .vectorTransfer : .transfer, type.size, type.loadEncoding)
    define(result)
    use(.memory(Address(base: buffer, displacement: displacement)))
  }
}

extension IRType {
  /// The move of a value from memory to its register, and back.
  var loadEncoding: Encoding {
    switch self {
    case .f32: .movss
    case .f64: .movsd
    case .v128: .movups
    default: .mov
    }
  }

  var storeEncoding: Encoding {
    switch self {
    case .f32: .movssStore
    case .f64: .movsdStore
    case .v128: .movupsStore
    default: .mov
    }
  }
}
