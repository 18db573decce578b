import WebAssembly

// Access to single lanes, and tests of all lanes.

extension Selector {
  mutating func lowerLane(_ value: Value, _ rule: VectorRule) {
    let instruction = graph[value]
    let lane = UInt8(truncatingIfNeeded: instruction.immediate)
    let size: OperandSize = rule.pattern == 3 ? .qword : .dword
    let result = register(of: value)
    switch rule.family {
    case .splat: splat(laneSize: Int(rule.pattern), register(using: instruction.a), into: result)
    case .splatFloat:
      let operand = register(using: instruction.a)
      if size == .qword {
        unary(.movddup, .register(operand), into: result)
      } else {
        binary(.shufps, operand, .register(operand), 0, into: result)
      }
    case .extract: extract(rule.first, lane, size, vector(instruction.a), into: result)
    case .extractSigned:
      let unsigned = machine.makeRegister(.i32)
      extract(rule.first, lane, .dword, vector(instruction.a), into: unsigned)
      begin(.transfer, .dword, rule.second)
      define(result)
      use(.register(unsigned))
    case .extractFloat: extractFloat(vector(instruction.a), lane, size, into: result)
    case .replace:
      let source = registerOrMemory(
        instruction.b, [Opcode.i32Load8U, .i32Load16U, .i32Load, .i64Load][Int(rule.pattern)])
      binary(rule.first, vector(instruction.a), source, lane, size: size, into: result)
    default:
      let operand = register(using: instruction.b)
      let encoding: Encoding = size == .dword ? .insertps : lane == 0 ? .movsd : .movlhps
      binary(encoding, vector(instruction.a), .register(operand), lane << 4, into: result)
    }
  }

  /// All lanes of 2^`laneSize` bytes from an integer.
  private mutating func splat(laneSize: Int, _ operand: VirtualRegister, into result: VirtualRegister) {
    let scalar = unary(.movd, .register(operand), size: laneSize == 3 ? .qword : .dword)
    splat(laneSize: laneSize, vector: scalar, into: result)
  }

  /// All lanes from the lowest one.
  mutating func splat(laneSize: Int, vector scalar: VirtualRegister, into result: VirtualRegister) {
    switch laneSize {
    case 0 where features.contains(.avx2): unary(.vpbroadcastb, .register(scalar), into: result)
    case 0: binary(.pshufb, scalar, zero(), into: result)
    case 1 where features.contains(.avx2): unary(.vpbroadcastw, .register(scalar), into: result)
    case 1: unary(.pshufd, .register(unary(.pshuflw, .register(scalar), 0)), 0, into: result)
    case 2: unary(.pshufd, .register(scalar), 0, into: result)
    default: unary(.pshufd, .register(scalar), 0b01_00_01_00, into: result)
    }
  }

  private mutating func extract(
    _ encoding: Encoding, _ lane: UInt8, _ size: OperandSize, _ operand: VirtualRegister, into result: VirtualRegister
  ) {
    // The lowest of the wider lanes needs no lane index.
    begin(.vectorToInteger, size, lane == 0 && encoding == .pextrd ? .movdStore : encoding, constant: Int32(lane))
    define(result)
    use(operand)
  }

  private mutating func extractFloat(
    _ operand: VirtualRegister, _ lane: UInt8, _ size: OperandSize, into result: VirtualRegister
  ) {
    if lane == 0 {
      begin(.rename)
      defineInPlace(result)
      use(operand)
    } else {
      unary(.pshufd, .register(operand), size == .qword ? 0b11_10_11_10 : lane, into: result)
    }
  }

  // MARK: Tests

  mutating func lowerVectorTest(_ value: Value, _ rule: VectorRule) {
    let operand = vector(graph[value].a)
    let result = register(of: value)
    switch rule.family {
    case .anyTrue: test(operand, .notEqual, into: result)
    case .allTrue:
      let zero = zero()
      test(binary(rule.first, operand, zero), .equal, into: result)
    case .bitmask: integer(rule.first, operand, into: result)
    default:
      let zero = zero()
      integer(.pmovmskb, binary(.packsswb, operand, zero), into: result)
    }
  }

  /// Whether any bit is set (`notEqual`), or none is.
  private mutating func test(_ operand: VirtualRegister, _ condition: Condition, into result: VirtualRegister) {
    var detail = MachineDetail(.dword)
    detail.condition = condition
    begin(.vectorTest, detail)
    defineEarly(result)
    use(operand)
  }
}
