import TestSupport

/// A random function over integers and memory, as text and as a model of its results.
///
/// The generator does not depend on how the interpreter fuses instructions. Expressions are small and contain the
/// patterns that fusion looks for: sums of locals and constants, scaled indices, loads within addresses, and
/// comparisons under selects and branches.
struct RandomProgram {
  static let localCount = 4
  /// All addresses are less than this, by construction.
  static let byteCount = 4096

  /// The parameters and memory, before and after the function.
  struct State: Equatable {
    var locals: [UInt32]
    var memory: [UInt8]

    func load(_ address: UInt32, _ byteCount: Int) -> UInt32 {
      (0..<byteCount).reduce(0) { $0 | UInt32(memory[Int(address) + $1]) << UInt32(8 * $1) }
    }

    mutating func store(_ value: UInt32, at address: UInt32, _ byteCount: Int) {
      for index in 0..<byteCount {
        memory[Int(address) + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
      }
    }
  }

  indirect enum Expression {
    case constant(UInt32)
    case local(Int)
    case tee(Int, Expression)
    case binary(Operator, Expression, Expression)
    case isZero(Expression)
    /// Both operands extended to 64 bits, the second one with its sign, and the low or high half of the result.
    case wide(WideOperator, Expression, Expression, isHigh: Bool)
    /// Both operands as doubles, and the result converted to a signed integer with saturation.
    case float(FloatOperator, Expression, Expression)
    case load(Width, offset: UInt32, address: Expression)
    case select(Expression, Expression, condition: Expression)
  }

  indirect enum Statement {
    case set(Int, Expression)
    case store(Width, offset: UInt32, address: Expression, value: Expression)
    case skip(condition: Expression, [Statement])
  }

  struct Width: Sendable {
    var byteCount: Int
    var load: String
    var store: String
    static let all = [
      Width(byteCount: 4, load: "i32.load", store: "i32.store"),
      Width(byteCount: 2, load: "i32.load16_u", store: "i32.store16"),
      Width(byteCount: 1, load: "i32.load8_u", store: "i32.store8"),
    ]
  }

  struct Operator: Sendable {
    var name: String
    var apply: @Sendable (UInt32, UInt32) -> UInt32

    static let add = Operator(name: "i32.add") { $0 &+ $1 }
    static let and = Operator(name: "i32.and") { $0 & $1 }
    static let shiftLeft = Operator(name: "i32.shl") { $0 &<< $1 }
    static let all = [
      add, add, add, and, and, shiftLeft, shiftLeft,
      Operator(name: "i32.sub") { $0 &- $1 },
      Operator(name: "i32.mul") { $0 &* $1 },
      Operator(name: "i32.or") { $0 | $1 },
      Operator(name: "i32.xor") { $0 ^ $1 },
      Operator(name: "i32.shr_u") { $0 &>> $1 },
      Operator(name: "i32.shr_s") { UInt32(bitPattern: Int32(bitPattern: $0) &>> Int32(bitPattern: $1)) },
      Operator(name: "i32.rotl") { $0 &<< $1 | $0 &>> (32 &- $1 & 31) },
      Operator(name: "i32.eq") { $0 == $1 ? 1 : 0 },
      Operator(name: "i32.ne") { $0 != $1 ? 1 : 0 },
      Operator(name: "i32.lt_u") { $0 < $1 ? 1 : 0 },
      Operator(name: "i32.ge_s") { Int32(bitPattern: $0) >= Int32(bitPattern: $1) ? 1 : 0 },
    ]
  }

  struct WideOperator: Sendable {
    var name: String
    var apply: @Sendable (UInt64, UInt64) -> UInt64

    static let all = [
      WideOperator(name: "i64.add") { $0 &+ $1 },
      WideOperator(name: "i64.sub") { $0 &- $1 },
      WideOperator(name: "i64.mul") { $0 &* $1 },
      WideOperator(name: "i64.and") { $0 & $1 },
      WideOperator(name: "i64.xor") { $0 ^ $1 },
      WideOperator(name: "i64.shl") { $0 &<< $1 },
      WideOperator(name: "i64.shr_u") { $0 &>> $1 },
      WideOperator(name: "i64.rotl") { $0 &<< $1 | $0 &>> (64 &- $1 & 63) },
    ]
  }

  struct FloatOperator: Sendable {
    var name: String
    var apply: @Sendable (Double, Double) -> Double

    static let all = [
      FloatOperator(name: "f64.add") { $0 + $1 },
      FloatOperator(name: "f64.sub") { $0 - $1 },
      FloatOperator(name: "f64.mul") { $0 * $1 },
      FloatOperator(name: "f64.div") { $0 / $1 },
    ]
  }

  private(set) var statements: [Statement] = []
  private var random: RandomSource

  init(seed: UInt64) {
    random = RandomSource(seed: seed)
    statements = block(count: 12, depth: 2)
  }
}

// MARK: Generation

extension RandomProgram {
  private mutating func block(count: Int, depth: Int) -> [Statement] {
    (0..<count).map { _ in statement(depth: depth) }
  }

  private mutating func statement(depth: Int) -> Statement {
    switch random.below(depth > 0 ? 5 : 4) {
    case 0, 1: .set(random.below(Self.localCount), expression(3))
    case 2, 3:
      .store(random.pick(Width.all), offset: offset(), address: address(2), value: expression(random.below(4)))
    default: .skip(condition: expression(2), block(count: 2, depth: depth - 1))
    }
  }

  private mutating func offset() -> UInt32 { random.pick([0, 0, 0, 4, 8, 100]) }

  private mutating func constant() -> UInt32 {
    random.pick([0, 1, 2, 3, 4, 8, 36, 255, 32767, 32768, 65535, 1_000_000, 0x7FFF_FFFF, 0x8000_0000, .max, .max - 35])
  }

  private mutating func expression(_ depth: Int) -> Expression {
    if depth == 0 {
      return random.below(3) == 0 ? .constant(constant()) : .local(random.below(Self.localCount))
    }
    switch random.below(14) {
    case 0: return .tee(random.below(Self.localCount), expression(depth - 1))
    case 1: return .isZero(expression(depth - 1))
    case 2, 3, 4: return .load(random.pick(Width.all), offset: offset(), address: address(depth - 1))
    case 5: return .select(expression(depth - 1), expression(depth - 1), condition: expression(depth - 1))
    case 7:
      let isHigh = random.below(3) == 0
      return .wide(random.pick(WideOperator.all), expression(depth - 1), expression(depth - 1), isHigh: isHigh)
    case 8: return .float(random.pick(FloatOperator.all), expression(depth - 1), expression(depth - 1))
    case 6: return .binary(.add, .local(random.below(Self.localCount)), .constant(constant()))
    default: return .binary(random.pick(Operator.all), expression(depth - 1), expression(random.below(depth)))
    }
  }

  /// A small number: at most 511 times 4, plus 255.
  private mutating func address(_ depth: Int) -> Expression {
    let base = small(depth, 255)
    switch random.below(5) {
    case 0: return base
    case 1: return .binary(.add, base, small(depth, 255))
    case 2: return .binary(.shiftLeft, small(depth, 511), .constant(2))
    case 3: return .binary(.add, base, .binary(.shiftLeft, small(depth, 511), .constant(2)))
    default: return .binary(.add, .binary(.shiftLeft, small(depth, 511), .constant(2)), base)
    }
  }

  private mutating func small(_ depth: Int, _ mask: UInt32) -> Expression {
    if random.below(3) == 0 {
      return .load(Width.all[2], offset: offset(), address: .constant(UInt32(random.below(900))))
    }
    return .binary(.and, expression(depth), .constant(mask))
  }
}

// MARK: Model

extension RandomProgram {
  /// Applies the function to `state`.
  func run(_ state: inout State) {
    Self.run(statements, &state)
  }

  private static func run(_ statements: [Statement], _ state: inout State) {
    for statement in statements {
      switch statement {
      case .set(let local, let value): state.locals[local] = evaluate(value, &state)
      case .store(let width, let offset, let address, let value):
        let place = evaluate(address, &state) + offset
        state.store(evaluate(value, &state), at: place, width.byteCount)
      case .skip(let condition, let statements):
        if evaluate(condition, &state) == 0 { run(statements, &state) }
      }
    }
  }

  private static func evaluate(_ expression: Expression, _ state: inout State) -> UInt32 {
    switch expression {
    case .constant(let value): return value
    case .local(let local): return state.locals[local]
    case .tee(let local, let value):
      state.locals[local] = evaluate(value, &state)
      return state.locals[local]
    case .binary(let operation, let a, let b):
      let first = evaluate(a, &state)
      return operation.apply(first, evaluate(b, &state))
    case .isZero(let value): return evaluate(value, &state) == 0 ? 1 : 0
    case .wide(let operation, let a, let b, let isHigh):
      let first = UInt64(evaluate(a, &state))
      let second = UInt64(bitPattern: Int64(Int32(bitPattern: evaluate(b, &state))))
      let result = operation.apply(first, second)
      return UInt32(truncatingIfNeeded: isHigh ? result >> 32 : result)
    case .float(let operation, let a, let b):
      let first = Double(Int32(bitPattern: evaluate(a, &state)))
      let result = operation.apply(first, Double(Int32(bitPattern: evaluate(b, &state))))
      let nearest = result.isNaN ? 0 : min(max(result, Double(Int32.min)), Double(Int32.max))
      return UInt32(bitPattern: Int32(nearest))
    case .load(let width, let offset, let address):
      return state.load(evaluate(address, &state) + offset, width.byteCount)
    case .select(let a, let b, let condition):
      let values = (evaluate(a, &state), evaluate(b, &state))
      return evaluate(condition, &state) != 0 ? values.0 : values.1
    }
  }
}

// MARK: Text

extension RandomProgram {
  /// A module that exports the function as `run`, which returns its locals, and the memory as `memory`.
  var text: String {
    let types = Array(repeating: "i32", count: Self.localCount).joined(separator: " ")
    let results = (0..<Self.localCount).map { "(local.get \($0))" }.joined(separator: " ")
    return """
      (module
        (memory (export "memory") 1)
        (func (export "run") (param \(types)) (result \(types))
          \(Self.text(statements))
          \(results)))
      """
  }

  private static func text(_ statements: [Statement]) -> String {
    statements.map { statement in
      switch statement {
      case .set(let local, let value): "(local.set \(local) \(text(value)))"
      case .store(let width, let offset, let address, let value):
        "(\(width.store) offset=\(offset) \(text(address)) \(text(value)))"
      case .skip(let condition, let statements): "(block (br_if 0 \(text(condition))) \(text(statements)))"
      }
    }.joined(separator: "\n    ")
  }

  private static func text(_ expression: Expression) -> String {
    switch expression {
    case .constant(let value): "(i32.const \(value))"
    case .local(let local): "(local.get \(local))"
    case .tee(let local, let value): "(local.tee \(local) \(text(value)))"
    case .binary(let operation, let a, let b): "(\(operation.name) \(text(a)) \(text(b)))"
    case .isZero(let value): "(i32.eqz \(text(value)))"
    case .wide(let operation, let a, let b, let isHigh):
      wrapped("(\(operation.name) (i64.extend_i32_u \(text(a))) (i64.extend_i32_s \(text(b))))", isHigh: isHigh)
    case .float(let operation, let a, let b):
      "(i32.trunc_sat_f64_s (\(operation.name) (f64.convert_i32_s \(text(a))) (f64.convert_i32_s \(text(b)))))"
    case .load(let width, let offset, let address): "(\(width.load) offset=\(offset) \(text(address)))"
    case .select(let a, let b, let condition): "(select \(text(a)) \(text(b)) \(text(condition)))"
    }
  }

  private static func wrapped(_ text: String, isHigh: Bool) -> String {
    isHigh ? "(i32.wrap_i64 (i64.shr_u \(text) (i64.const 32)))" : "(i32.wrap_i64 \(text))"
  }
}
