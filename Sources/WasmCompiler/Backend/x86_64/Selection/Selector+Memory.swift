import WebAssembly

extension Selector {
  /// The encoding and size of a scalar load, for a `transfer`.
  private func loadForm(_ opcode: Opcode) -> (Encoding, OperandSize)? {
    switch opcode {
    case .i32Load, .i64Load32U: (.mov, .dword)
    case .i64Load: (.mov, .qword)
    case .i32Load8U, .i64Load8U: (.movzxByte, .dword)
    case .i32Load16U, .i64Load16U: (.movzxWord, .dword)
    case .i32Load8S: (.movsxByte, .dword)
    case .i32Load16S: (.movsxWord, .dword)
    case .i64Load8S: (.movsxByte, .qword)
    case .i64Load16S: (.movsxWord, .qword)
    case .i64Load32S: (.movsxd, .qword)
    case .f32Load: (.movss, .dword)
    case .f64Load: (.movsd, .dword)
    default: nil
    }
  }

  mutating func lowerLoad(_ value: Value) {
    guard let (encoding, size) = loadForm(graph[value].opcode) else { return lowerVectorLoad(value) }
    let address = address(of: value)
    begin(graph[value].type.isFloatOrVector ? .vectorTransfer : .transfer, size, encoding)
    define(register(of: value))
    use(.memory(address))
  }

  private func storeForm(_ opcode: Opcode) -> (Encoding, OperandSize)? {
    switch opcode {
    case .i32Store, .i64Store32: (.mov, .dword)
    case .i64Store: (.mov, .qword)
    case .i32Store8, .i64Store8: (.mov, .byte)
    case .i32Store16, .i64Store16: (.mov, .word)
    case .f32Store: (.movssStore, .dword)
    case .f64Store: (.movsdStore, .dword)
    default: nil
    }
  }

  mutating func lowerStore(_ value: Value) {
    guard let (encoding, size) = storeForm(graph[value].opcode) else { return lowerVectorStore(value) }
    let operand = withoutTruncation(graph.resolve(graph[value].c), size)
    if encoding == .mov, lowerUpdate(value, operand, size) { return }
    let address = address(of: value)
    // Floats too, as bits.
    if let constant = storedConstant(operand, size) {
      begin(.storeConstant, size, .mov, constant: constant)
      use(address)
      return
    }
    let stored = register(using: operand)
    begin(.store, size, encoding)
    use(stored)
    use(address)
  }

  private mutating func storedConstant(_ operand: Value, _ size: OperandSize) -> Int32? {
    guard let bits = graph.constant(operand), graph[operand].type == .i32 || graph[operand].type == .i64 else {
      return nil
    }
    return size == .qword ? Int32(exactly: Int64(bitPattern: bits)) : Int32(truncatingIfNeeded: bits)
  }

  /// A store of 32 bits or fewer ignores the upper half.
  private mutating func withoutTruncation(_ operand: Value, _ size: OperandSize) -> Value {
    guard size != .qword, graph.isWasm(operand, .i32WrapI64), isUsedOnce(operand) else { return operand }
    return graph.resolve(graph[operand].a)
  }

  mutating func lowerCharge(_ value: Value) {
    let address = address(of: value)
    begin(.charge, .qword, .sub, constant: Int32(bitPattern: graph[value].index))
    instruction.trap = graph[value].trap
    use(address)
  }

  mutating func lowerInterruptionCheck(_ value: Value) {
    begin(.checkInterruption)
    instruction.trap = graph[value].trap
  }

  // MARK: In-place updates of memory

  /// A store of a value that is loaded from the same address and combined with a constant or register: one instruction on memory.
  private mutating func lowerUpdate(_ value: Value, _ operand: Value, _ size: OperandSize) -> Bool {
    guard size == .dword || size == .qword, graph[operand].operation == .wasm, isUsedOnce(operand) else { return false }
    let rule = rules[Int(graph[operand].opcode.rawValue)]
    guard rule.size == size, !graph[value].flags.contains(.shared) else { return false }
    let isCommutative: Bool
    switch rule.family {
    case .addition, .and, .xor, .binary: isCommutative = true
    case .subtraction: isCommutative = false
    default: return false
    }
    var (left, right) = (graph.resolve(graph[operand].a), graph.resolve(graph[operand].b))
    if isCommutative, !isUpdate(left, of: value, size) { swap(&left, &right) }
    guard isUpdate(left, of: value, size) else { return false }
    // If the memory does not exist, it is the load that faults.
    let address = fold(left)
    if let constant = shortConstant(right, size) {
      begin(.updateByConstant, size, rule.encoding, constant: constant)
      use(address)
    } else {
      let second = register(using: right)
      begin(.update, size, rule.encoding)
      use(second)
      use(address)
    }
    return true
  }

  /// Whether a load reads the bytes that the store overwrites, and can be moved to it.
  private mutating func isUpdate(_ load: Value, of store: Value, _ size: OperandSize) -> Bool {
    guard isLoad(load, size == .qword ? .i64Load : .i32Load), canMoveHere(load) else { return false }
    let (read, written) = (graph[load], graph[store])
    return graph.resolve(read.a) == graph.resolve(written.a) && graph.resolve(read.b) == graph.resolve(written.b)
      && read.immediate == written.immediate && read.region == written.region
  }
}
