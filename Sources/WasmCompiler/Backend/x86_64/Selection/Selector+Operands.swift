import WebAssembly

// Operands that fold the instructions that define them: constants, loads, and sums in addresses.

extension Selector {
  // MARK: Constants

  /// A constant that fits an instruction of this size, which sign-extends 32 bits.
  @inline(__always)
  mutating func shortConstant(_ value: Value, _ size: OperandSize) -> Int32? {
    guard let bits = graph.constant(value) else { return nil }
    return size == .qword ? Int32(exactly: Int64(bitPattern: bits)) : Int32(truncatingIfNeeded: bits)
  }

  // MARK: Sources

  /// The second operand of an integer instruction.
  mutating func source(_ value: Value, _ size: OperandSize) -> Source {
    let value = graph.resolve(value)
    if let constant = shortConstant(value, size) { return .constant(constant) }
    if isLoad(value, size == .qword ? .i64Load : .i32Load), canMoveHere(value) { return .memory(fold(value)) }
    return .register(register(using: value))
  }

  /// An operand that is a register or memory.
  mutating func registerOrMemory(_ value: Value, _ load: Opcode) -> Source {
    let value = graph.resolve(value)
    if isLoad(value, load), canMoveHere(value) { return .memory(fold(value)) }
    return .register(register(using: value))
  }

  @inline(__always)
  mutating func isLoad(_ value: Value, _ opcode: Opcode) -> Bool {
    graph[value].operation == .load && graph[value].opcode == opcode
  }

  /// Whether `source` can fold the value's load.
  @inline(__always)
  mutating func isFoldableLoad(_ value: Value, _ opcode: Opcode) -> Bool { isLoad(value, opcode) && canMoveHere(value) }

  /// Folds a load into the current instruction.
  mutating func fold(_ load: Value) -> Address {
    isFolded[load.number] = true
    return address(of: load)
  }

  // MARK: Addresses

  /// The address that a load or store accesses.
  mutating func address(of access: Value) -> Address {
    let instruction = graph[access]
    var address = self.address(instruction.a, instruction.b, displacement(instruction.immediate))
    address.trap = instruction.trap
    address.source = instruction.source
    return address
  }

  /// The address `pointer` + `index` + `displacement`.
  mutating func address(_ pointer: Value, _ index: Value, _ displacement: Int32) -> Address {
    var address = Address(displacement: displacement)
    var pointer = graph.resolve(pointer)
    var index = graph.resolve(index)
    pointer = takeConstants(of: pointer, into: &address.displacement)
    if !index.isNone {
      index = takeConstants(ofIndex: index, into: &address.displacement)
    } else if graph.isWasm(pointer, .i64Add), isUsedOnce(pointer) {
      // A sum of pointers only.
      let sum = graph[pointer]
      (pointer, index) = (graph.resolve(sum.a), graph.resolve(sum.b))
      if isFixed(index) || shiftAmount(pointer) != nil { swap(&pointer, &index) }
    }
    if !index.isNone {
      (index, address.scale) = takeScale(of: index)
      address.index = register(using: index)
    }
    switch graph[pointer].operation {
    case .memoryBase: address.form = index.isNone ? .memoryBase : .memoryBaseIndex
    case .context where index.isNone: address.form = .context
    default:
      address.form = index.isNone ? .base : .baseIndex
      address.base = register(using: pointer)
    }
    return address
  }

  /// Whether a value has a dedicated register, which can only be the base of an address.
  private mutating func isFixed(_ value: Value) -> Bool {
    graph[value].operation == .memoryBase || graph[value].operation == .context
  }

  /// Moves the constants of a pointer sum into a displacement; returns the rest. 64-bit sums wrap as addresses do.
  private mutating func takeConstants(of pointer: Value, into displacement: inout Int32) -> Value {
    var pointer = pointer
    while graph.isWasm(pointer, .i64Add), let constant = shortConstant(graph.resolve(graph[pointer].b), .qword) {
      let (sum, overflow) = displacement.addingReportingOverflow(constant)
      guard !overflow else { break }
      displacement = sum
      pointer = graph.resolve(graph[pointer].a)
    }
    return pointer
  }

  /// The same for an index. If it is an `i32`, only sums that cannot overflow may be folded.
  private mutating func takeConstants(ofIndex index: Value, into displacement: inout Int32) -> Value {
    if let constant = graph.constant(index) {
      // The whole constant is folded; if it is too large for a displacement, it stays.
      guard let sum = Int32(exactly: Int64(displacement) &+ Int64(bitPattern: constant)),
        constant <= UInt64(Int32.max)
      else { return index }
      displacement = sum
      return .none
    }
    guard graph[index].type == .i32 else { return takeConstants(of: index, into: &displacement) }
    guard graph.isWasm(index, .i32Add), let constant = graph.constant(graph.resolve(graph[index].b)) else {
      return index
    }
    let rest = graph.resolve(graph[index].a)
    let (sum, overflow) = displacement.addingReportingOverflow(Int32(truncatingIfNeeded: constant))
    guard constant <= UInt64(Int32.max), !overflow, maximum(rest) + constant <= UInt64(UInt32.max) else { return index }
    displacement = sum
    return rest
  }

  /// The shifted value in an index, and the shift count.
  private mutating func takeScale(of index: Value) -> (Value, Int) {
    guard let amount = shiftAmount(index) else { return (withoutExtension(index), 0) }
    let rest = graph.resolve(graph[index].a)
    guard graph[index].type == .i64 || maximum(rest) << UInt64(amount) <= UInt64(UInt32.max) else { return (index, 0) }
    return (withoutExtension(rest), amount)
  }

  /// An `i32` is zero-extended already. An extension with other users stays if it is the only user of the `i32`, which then needs no
  /// register.
  private mutating func withoutExtension(_ index: Value) -> Value {
    guard graph.isWasm(index, .i64ExtendI32U) else { return index }
    let narrow = graph.resolve(graph[index].a)
    return isUsedOnce(narrow) && !isUsedOnce(index) ? index : narrow
  }

  /// The shift count of a value, if addressing modes support it.
  mutating func shiftAmount(_ value: Value) -> Int? {
    guard graph.isWasm(value, .i32Shl) || graph.isWasm(value, .i64Shl),
      let amount = graph.constant(graph.resolve(graph[value].b)), amount >= 1, amount <= 3
    else { return nil }
    return Int(amount)
  }

  // MARK: Bounds

  /// An upper bound of the value as an unsigned number, found by looking at a few instructions.
  mutating func maximum(_ value: Value, depth: Int = 3) -> UInt64 {
    let value = graph.resolve(value)
    let instruction = graph[value]
    let bound = bound(value)
    switch instruction.operation {
    case .constant: return instruction.immediate
    case .load:
      switch instruction.opcode {
      case .i32Load8U, .i64Load8U: return 0xFF
      case .i32Load16U, .i64Load16U: return 0xFFFF
      case .i64Load32U: return UInt64(UInt32.max)
      default: return bound
      }
    case .wasm where depth > 0: return min(bound, maximum(ofResult: instruction, depth - 1))
    default: return bound
    }
  }

  /// The bound that is known without looking at the defining instructions.
  private func bound(_ value: Value) -> UInt64 {
    if value.index < knownBits.count, knownBits[value.index] != .unseen { return knownBits[value.index].maximum }
    return graph[value].type == .i32 ? UInt64(UInt32.max) : UInt64.max
  }

  private mutating func maximum(ofResult instruction: Instruction, _ depth: Int) -> UInt64 {
    switch instruction.opcode {
    case .i32And, .i64And: return min(maximum(instruction.a, depth: depth), maximum(instruction.b, depth: depth))
    case .i32ShrU, .i64ShrU:
      guard let amount = graph.constant(graph.resolve(instruction.b)) else { return .max }
      return maximum(instruction.a, depth: depth) >> (amount & (instruction.type == .i32 ? 31 : 63))
    case .i32RemU, .i64RemU:
      guard let divisor = graph.constant(graph.resolve(instruction.b)), divisor > 0 else { return .max }
      return divisor - 1
    case .i32Add:
      // The sum of two 32-bit numbers: exact unless it overflows.
      let sum = maximum(instruction.a, depth: depth) + maximum(instruction.b, depth: depth)
      return sum <= UInt64(UInt32.max) ? sum : .max
    case .i32Shl:
      guard let amount = graph.constant(graph.resolve(instruction.b)) else { return .max }
      let shifted = maximum(instruction.a, depth: depth) << (amount & 31)
      return shifted <= UInt64(UInt32.max) ? shifted : .max
    case .i64ExtendI32U: return maximum(instruction.a, depth: depth)
    default: return rules[Int(instruction.opcode.rawValue)].family.isTest ? 1 : .max
    }
  }
}
