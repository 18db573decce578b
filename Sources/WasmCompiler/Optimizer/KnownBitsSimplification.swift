import WebAssembly

// Known bits of integers, computed during value numbering: operands are visited before their users, except around back edges. Removes
// instructions that change nothing or have a known result, and makes signed operations on non-negative numbers unsigned.

extension Optimizer {
  /// The known bits of a value. `depth`: the number of operands to follow at values that are not visited yet, beyond a back edge.
  @inline(__always)
  mutating func bits(_ value: Value, _ graph: borrowing FunctionGraph, depth: Int = 2) -> KnownBits {
    if value.index < knownBits.count, knownBits[value.index] != .unseen { return knownBits[value.index] }
    return unseenBits(value, graph, depth)
  }

  @inline(never)
  private mutating func unseenBits(_ value: Value, _ graph: borrowing FunctionGraph, _ depth: Int) -> KnownBits {
    let instruction = graph[value]
    switch instruction.operation {
    case .constant where instruction.type != .v128: return KnownBits(constant: instruction.immediate)
    case .wasm where depth > 0:
      guard let (operation, isWide) = integers.operation(instruction.opcode) else {
        return bits(ofConversion: instruction, graph, depth - 1)
      }
      let a = bits(graph.resolve(instruction.a), graph, depth: depth - 1)
      let b = instruction.b.isNone ? a : bits(graph.resolve(instruction.b), graph, depth: depth - 1)
      return .result(operation, a, b, isWide: isWide)
    case .load: return Self.bits(ofLoad: instruction)
    default: return KnownBits(instruction.type)
    }
  }

  // MARK: Analysis

  /// Records the known bits of an instruction, and simplifies it by them.
  @inline(__always)
  mutating func findBits(of value: Value, _ graph: inout FunctionGraph) {
    let type = graph[value].type
    guard type == .i32 || type == .i64 else {
      if graph[value].operation == .store { foldOffset(of: value, &graph) }
      return
    }
    let bits: KnownBits
    switch graph[value].operation {
    case .wasm:
      if let (operation, isWide) = integers.operation(graph[value].opcode) {
        bits = simplifyByBits(value, operation, isWide, &graph)
      } else {
        bits = simplifyConversionByBits(value, &graph)
      }
    case .load:
      foldOffset(of: value, &graph)
      bits = Self.bits(ofLoad: graph[value])
    case .select:
      bits = self.bits(graph[value].a, graph).meet(self.bits(graph[value].b, graph))
      simplifySelectionOfBits(value, &graph)
    case .constant: bits = KnownBits(constant: graph[value].immediate)
    default: bits = KnownBits(type)
    }
    knownBits[value.index] = bits
  }

  /// Records the bits on which all edges to a block agree.
  mutating func findBits(ofParameters block: Block, _ graph: borrowing FunctionGraph) {
    let parameters = graph.parameters(block)
    guard !parameters.isEmpty else { return }
    for parameter in parameters { knownBits[parameter.index] = KnownBits(graph[parameter].type) }
    guard block != .entry else { return }
    let isHeader = flow.isLoopHeader(block)
    if isHeader { findAlignments(block, graph) }
    for parameter in parameters where isIntegerParameter(parameter, graph) {
      let known = meet(parameter, graph, endsOfLoop: nil)
      if known != .unseen { knownBits[parameter.index].add(known) }
    }
  }

  private mutating func isIntegerParameter(_ parameter: Value, _ graph: borrowing FunctionGraph) -> Bool {
    graph[parameter].operation == .parameter && (graph[parameter].type == .i32 || graph[parameter].type == .i64)
  }

  /// The common known bits of a parameter's arguments; with `endsOfLoop`, only of those that come from back edges, or only of the others.
  private mutating func meet(_ parameter: Value, _ graph: borrowing FunctionGraph, endsOfLoop: Bool?) -> KnownBits {
    let (block, position) = (graph[parameter].block, Int(graph[parameter].index))
    let nothing = KnownBits(graph[parameter].type)
    var known = KnownBits.unseen
    for edge in flow.predecessors(block) {
      if let endsOfLoop, flow.dominates(block, flow.source[edge.index]) != endsOfLoop { continue }
      let argument = graph.resolve(graph.arguments(edge)[position])
      if argument == parameter { continue }
      known = known.meet(bits(argument, graph, depth: 3))
      if known == nothing { break }
    }
    return known
  }

  /// The known trailing zeros of a loop's parameters. For example, a parameter that starts at 32 and is increased by 16 always has four.
  /// The zeros at loop entry are assumed first, and reduced until the back edges keep them.
  private mutating func findAlignments(_ header: Block, _ graph: borrowing FunctionGraph) {
    let parameters = graph.parameters(header)
    var hasAny = false
    for parameter in parameters where isIntegerParameter(parameter, graph) {
      let known = meet(parameter, graph, endsOfLoop: false).trailingZeros
      knownBits[parameter.index].zeros |= known
      hasAny = hasAny || known != 0
    }
    guard hasAny else { return }
    // Each round removes more; hardly any loop needs a third.
    for _ in 0..<4 {
      var isStable = true
      for parameter in parameters where isIntegerParameter(parameter, graph) {
        let supposed = knownBits[parameter.index].trailingZeros
        guard supposed != 0 else { continue }
        let kept = meet(parameter, graph, endsOfLoop: true).trailingZeros
        guard supposed & ~kept != 0 else { continue }
        knownBits[parameter.index] = KnownBits(graph[parameter].type)
        knownBits[parameter.index].zeros |= supposed & kept
        isStable = false
      }
      if isStable { return }
    }
    for parameter in parameters { knownBits[parameter.index] = KnownBits(graph[parameter].type) }
  }

  private static func bits(ofLoad load: Instruction) -> KnownBits {
    switch load.opcode {
    case .i32Load8U, .i64Load8U: KnownBits(maximum: 0xFF)
    case .i32Load16U, .i64Load16U: KnownBits(maximum: 0xFFFF)
    case .i64Load32U: KnownBits(maximum: 0xFFFF_FFFF)
    default: KnownBits(load.type)
    }
  }

  private mutating func bits(ofConversion instruction: Instruction, _ graph: borrowing FunctionGraph, _ depth: Int)
    -> KnownBits
  {
    func operand() -> KnownBits { bits(graph.resolve(instruction.a), graph, depth: depth) }
    switch instruction.opcode {
    case .i32WrapI64:
      let wide = operand()
      return KnownBits(zeros: wide.zeros | KnownBits.upperHalf, ones: wide.ones & ~KnownBits.upperHalf)
    case .i64ExtendI32U: return operand()
    case .i64ExtendI32S, .i64Extend32S: return operand().extended(from: 32)
    case .f32Eq, .f32Ne, .f32Lt, .f32Gt, .f32Le, .f32Ge, .f64Eq, .f64Ne, .f64Lt, .f64Gt, .f64Le, .f64Ge, .v128AnyTrue,
      .i8x16AllTrue, .i16x8AllTrue, .i32x4AllTrue, .i64x2AllTrue:
      return KnownBits(maximum: 1)
    case .i8x16ExtractLaneU: return KnownBits(maximum: 0xFF)
    case .i16x8ExtractLaneU, .i8x16Bitmask: return KnownBits(maximum: 0xFFFF)
    default: return KnownBits(instruction.type)
    }
  }

  // MARK: Simplification

  private mutating func simplifyByBits(
    _ value: Value, _ operation: IntegerOperation, _ isWide: Bool, _ graph: inout FunctionGraph
  ) -> KnownBits {
    let (left, right) = (graph[value].a, graph[value].b)
    let a = bits(left, graph)
    let b = right.isNone ? a : bits(right, graph)
    let operation = unsigned(operation, a, b, isWide)
    let result = KnownBits.result(operation, a, b, isWide: isWide)
    if let constant = result.constant {
      graph.replace(value, withConstant: constant)
      return result
    }
    graph[value].opcode = integers.opcode(operation, isWide: isWide)
    switch operation {
    case .and:
      if ~a.zeros & ~b.ones == 0 {
        graph.replace(value, with: left)
      } else if ~b.zeros & ~a.ones == 0 {
        graph.replace(value, with: right)
      }
    case .or: simplifyOr(value, a, b, isWide, &graph)
    case .xor where !isWide && a.maximum == 1 && b.constant == 1,
      .ne where !isWide && a.maximum == 1 && b.constant == 1:
      graph[value].opcode = .i32Eqz
      graph[value].b = .none
    case .ne where !isWide && a.maximum == 1 && b.constant == 0, .eq where !isWide && a.maximum == 1 && b.constant == 1:
      graph.replace(value, with: left)
    case .extend8S, .extend16S:
      let width = isWide ? 64 : 32
      if signBitCount(left, graph) > width - (operation == .extend8S ? 8 : 16) { graph.replace(value, with: left) }
    default: break
    }
    return result
  }

  /// The unsigned operation with the same result for numbers whose sign bits are 0.
  @inline(__always)
  private func unsigned(
    _ operation: IntegerOperation, _ a: KnownBits, _ b: KnownBits, _ isWide: Bool
  ) -> IntegerOperation {
    let sign: UInt64 = isWide ? 1 << 63 : 1 << 31
    guard a.zeros & sign != 0 else { return operation }
    if operation == .shrS { return .shrU }
    guard b.zeros & sign != 0 else { return operation }
    switch operation {
    case .divS: return .divU
    case .remS: return .remU
    case .ltS: return .ltU
    case .gtS: return .gtU
    case .leS: return .leU
    case .geS: return .geU
    default: return operation
    }
  }

  /// a | b == a + b if a & b == 0, which addresses and `lea` can fold if one is a constant. Also a | b == a if every bit that b may have
  /// is known to be 1 in a.
  private mutating func simplifyOr(
    _ value: Value, _ a: KnownBits, _ b: KnownBits, _ isWide: Bool, _ graph: inout FunctionGraph
  ) {
    if ~b.zeros & ~a.ones == 0 {
      graph.replace(value, with: graph[value].a)
    } else if ~a.zeros & ~b.ones == 0 {
      graph.replace(value, with: graph[value].b)
    } else if ~a.zeros & ~b.zeros == 0, b.constant != nil {
      graph[value].opcode = isWide ? .i64Add : .i32Add
    }
  }

  /// c ? 1 : 0 == c for c in 0...1, and c ? 0 : 1 == (c == 0).
  private mutating func simplifySelectionOfBits(_ value: Value, _ graph: inout FunctionGraph) {
    let selection = graph[value]
    guard selection.type == .i32, let first = graph.constant(selection.a), let second = graph.constant(selection.b)
    else { return }
    if first == 1, second == 0, bits(selection.c, graph).maximum <= 1 {
      graph.replace(value, with: selection.c)
    } else if first == 0, second == 1 {
      graph[value].operation = .wasm
      graph[value].opcode = .i32Eqz
      graph[value].a = selection.c
      graph[value].b = .none
      graph[value].c = .none
    }
  }

  private mutating func simplifyConversionByBits(_ value: Value, _ graph: inout FunctionGraph) -> KnownBits {
    let instruction = graph[value]
    let result = bits(ofConversion: instruction, graph, 2)
    if let constant = result.constant, instruction.trap == 0 {
      graph.replace(value, withConstant: constant)
      return result
    }
    let inner = instruction.a.isNone ? instruction : graph[instruction.a]
    let isWrap = inner.operation == .wasm && inner.opcode == .i32WrapI64
    switch instruction.opcode {
    case .i64ExtendI32S:
      let source = isWrap ? graph.resolve(inner.a) : .none
      if isWrap, signBitCount(source, graph) > 32 {
        graph.replace(value, with: source)
      } else if bits(instruction.a, graph).zeros & 1 << 31 != 0 {
        graph[value].opcode = .i64ExtendI32U
        if isWrap, bits(source, graph).maximum <= UInt64(UInt32.max) { graph.replace(value, with: source) }
      }
    case .i64ExtendI32U:
      let source = isWrap ? graph.resolve(inner.a) : .none
      if isWrap, bits(source, graph).maximum <= UInt64(UInt32.max) { graph.replace(value, with: source) }
    case .i64Extend32S:
      if signBitCount(instruction.a, graph) > 32 { graph.replace(value, with: instruction.a) }
    default: break
    }
    return result
  }

  /// The number of upper bits of a value that are certainly equal, by looking at a few instructions.
  private mutating func signBitCount(_ value: Value, _ graph: borrowing FunctionGraph, depth: Int = 3) -> Int {
    let value = graph.resolve(value)
    let instruction = graph[value]
    let width = instruction.type == .i64 ? 64 : 32
    let known = bits(value, graph, depth: 0).signBitCount(width: width)
    guard depth > 0,
      instruction.operation == .wasm || instruction.operation == .load || instruction.operation == .select
    else { return known }
    func operand(_ operand: Value) -> Int { signBitCount(operand, graph, depth: depth - 1) }
    if instruction.operation == .select { return max(known, min(operand(instruction.a), operand(instruction.b))) }
    let count =
      switch instruction.opcode {
      case .i32Load8S, .i64Load8S, .i32Extend8S, .i64Extend8S: width - 7
      case .i32Load16S, .i64Load16S, .i32Extend16S, .i64Extend16S: width - 15
      case .i64Load32S, .i64Extend32S: 33
      case .i64ExtendI32S: operand(instruction.a) + 32
      case .i32WrapI64: operand(instruction.a) - 32
      case .i32And, .i32Or, .i32Xor, .i64And, .i64Or, .i64Xor: min(operand(instruction.a), operand(instruction.b))
      case .i32ShrS, .i64ShrS:
        graph.constant(graph.resolve(instruction.b)).map { Int($0 & UInt64(width - 1)) + 1 } ?? 1
      default: 1
      }
    return max(known, count)
  }

  // MARK: Addresses

  /// Folds a constant addend of a 32-bit address into the access's offset: mem[(x + c) + offset] == mem[x + (c + offset)] if x + c does
  /// not overflow.
  private mutating func foldOffset(of access: Value, _ graph: inout FunctionGraph) {
    let index = graph[access].b
    guard !index.isNone, graph[index].operation == .wasm, graph[index].opcode == .i32Add,
      let constant = graph.constant(graph.resolve(graph[index].b))
    else { return }
    let rest = graph.resolve(graph[index].a)
    let offset = graph[access].immediate + constant
    guard offset <= UInt64(Int32.max), bits(rest, graph).maximum + constant <= UInt64(UInt32.max) else { return }
    graph[access].b = rest
    graph[access].immediate = offset
  }
}
