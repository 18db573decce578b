import WebAssembly

// Multiplication, division and remainder by constants, with cheaper instructions: x * 2ⁿ == x << n, x /u 2ⁿ == x >>u n, x %u 2ⁿ == x &
// (2ⁿ - 1), and the divisions below.

extension Optimizer {
  /// Rewrites an instruction whose right operand is a constant.
  mutating func reduceStrength(_ value: Value, _ graph: inout FunctionGraph) {
    let instruction = graph[value]
    guard instruction.operation == .wasm, !instruction.b.isNone,
      let (operation, isWide) = integers.operation(instruction.opcode),
      let constant = graph.constant(instruction.b), constant != 0
    else { return }
    switch operation {
    case .mul where constant & (constant - 1) == 0:
      rewrite(value, .shl, instruction.a, UInt64(constant.trailingZeroBitCount), isWide, &graph)
    case .divU where constant & (constant - 1) == 0:
      rewrite(value, .shrU, instruction.a, UInt64(constant.trailingZeroBitCount), isWide, &graph)
    case .remU where constant & (constant - 1) == 0: rewrite(value, .and, instruction.a, constant - 1, isWide, &graph)
    case .divS where Self.isPositivePowerOfTwo(constant, isWide),
      .remS where Self.isPositivePowerOfTwo(constant, isWide):
      shift(value, operation, constant, isWide, &graph)
    case .divU where !isWide: divide(value, byUnsigned: UInt32(constant), &graph)
    case .divS where !isWide: divide(value, bySigned: Int32(truncatingIfNeeded: constant), &graph)
    case .remU where !isWide, .remS where !isWide: reduceRemainder(value, operation, &graph)
    case .divU: divideWide(value, byUnsigned: constant, &graph)
    case .remU: reduceWideRemainder(value, isSigned: false, &graph)
    case .divS, .remS:
      guard Self.isDivisible(by: Int64(bitPattern: constant)) else { return }
      if operation == .divS {
        divideWide(value, bySigned: Int64(bitPattern: constant), &graph)
      } else {
        reduceWideRemainder(value, isSigned: true, &graph)
      }
    default: break
    }
  }

  private mutating func rewrite(
    _ value: Value, _ operation: IntegerOperation, _ left: Value, _ constant: UInt64, _ isWide: Bool,
    _ graph: inout FunctionGraph
  ) {
    graph[value].opcode = integers.opcode(operation, isWide: isWide)
    graph[value].a = left
    graph[value].b = graph.makeConstant(isWide ? .i64 : .i32, constant, before: value)
    graph[value].trap = 0
  }

  /// Whether it is a power of two that is at least 2 as a signed number.
  private static func isPositivePowerOfTwo(_ constant: UInt64, _ isWide: Bool) -> Bool {
    constant >= 2 && constant & (constant - 1) == 0 && constant < (isWide ? 1 << 63 : 1 << 31)
  }

  /// A signed division by 2ⁿ, rounded towards zero: a negative dividend is increased by 2ⁿ - 1 before the shift. With the width w and sum
  /// == x + ((x >>s (w - 1)) >>u (w - n)): x /s 2ⁿ == sum >>s n, and x %s 2ⁿ == x - (sum & -2ⁿ).
  private mutating func shift(
    _ value: Value, _ operation: IntegerOperation, _ divisor: UInt64, _ isWide: Bool, _ graph: inout FunctionGraph
  ) {
    let dividend = graph[value].a
    let (bits, count): (UInt64, UInt64) = (isWide ? 64 : 32, UInt64(divisor.trailingZeroBitCount))
    let type: IRType = isWide ? .i64 : .i32
    func insertOperation(_ operation: IntegerOperation, _ left: Value, _ constant: UInt64) -> Value {
      insert(
        integers.opcode(operation, isWide: isWide), type, left, graph.makeConstant(type, constant, before: value),
        before: value, &graph)
    }
    // For n == 1, the addend is the sign bit itself.
    let sign = count == 1 ? dividend : insertOperation(.shrS, dividend, bits - 1)
    let addend = insertOperation(.shrU, sign, bits - count)
    let sum = insert(integers.opcode(.add, isWide: isWide), type, dividend, addend, before: value, &graph)
    if operation == .divS { return rewrite(value, .shrS, sum, count, isWide, &graph) }
    let multiple = insertOperation(.and, sum, (0 &- divisor) & (isWide ? .max : 0xFFFF_FFFF))
    graph[value].opcode = integers.opcode(.sub, isWide: isWide)
    graph[value].b = multiple
    graph[value].trap = 0
  }

  private mutating func insert(
    _ opcode: Opcode, _ type: IRType, _ a: Value, _ b: Value = .none, before place: Value, _ graph: inout FunctionGraph
  ) -> Value {
    var instruction = Instruction(operation: .wasm, type: type, opcode: opcode)
    instruction.a = a
    instruction.b = b
    return graph.insert(instruction, before: place)
  }

  private mutating func shift(
    _ opcode: Opcode, _ operand: Value, _ count: Int, before place: Value, _ graph: inout FunctionGraph
  ) -> Value {
    insert(opcode, .i64, operand, graph.makeConstant(.i64, UInt64(count), before: place), before: place, &graph)
  }

  /// Replaces a division by the lower half of its 64-bit quotient.
  private mutating func finish(_ value: Value, quotient: Value, _ graph: inout FunctionGraph) {
    graph[value].opcode = .i32WrapI64
    graph[value].a = quotient
    graph[value].b = .none
    graph[value].trap = 0
  }

  /// An unsigned 32-bit division: x / d == (x * m) >> (32 + s), with the reciprocal m of up to 33 bits. (T. Granlund and P. L.
  /// Montgomery, "Division by Invariant Integers using Multiplication", 1994.)
  private mutating func divide(_ value: Value, byUnsigned divisor: UInt32, _ graph: inout FunctionGraph) {
    let wide = insert(.i64ExtendI32U, .i64, graph[value].a, before: value, &graph)
    let reciprocal = Reciprocal(of: divisor)
    let factor = graph.makeConstant(.i64, UInt64(reciprocal.factor), before: value)
    let product = insert(.i64Mul, .i64, wide, factor, before: value, &graph)
    guard reciprocal.has33Bits else {
      return finish(value, quotient: shift(.i64ShrU, product, 32 + reciprocal.shift, before: value, &graph), &graph)
    }
    // The 33rd bit of the reciprocal adds the dividend once more: (x + high) >> s == (((x - high) >> 1) + high) >> (s - 1). The
    // difference is halved first, so that the sum fits.
    let high = shift(.i64ShrU, product, 32, before: value, &graph)
    let difference = insert(.i64Sub, .i64, wide, high, before: value, &graph)
    let half = shift(.i64ShrU, difference, 1, before: value, &graph)
    let sum = insert(.i64Add, .i64, half, high, before: value, &graph)
    finish(value, quotient: shift(.i64ShrU, sum, reciprocal.shift - 1, before: value, &graph), &graph)
  }

  /// `2^(32 + shift) / divisor`, rounded up, with the smallest sufficient shift: exact enough for all 32-bit dividends.
  private struct Reciprocal {
    /// The lower 32 bits.
    var factor: UInt32
    var shift: Int
    var has33Bits = false

    init(of divisor: UInt32) {
      let wide = UInt64(divisor)
      let largestShift = 32 - (divisor - 1).leadingZeroBitCount
      for shift in 0..<largestShift {
        let power: UInt64 = 1 << UInt64(32 + shift)
        let factor = (power + wide - 1) / wide
        if factor <= 0xFFFF_FFFF, factor * wide - power <= 1 << UInt64(shift) {
          self.factor = UInt32(factor)
          self.shift = shift
          return
        }
      }
      shift = largestShift
      has33Bits = true
      // 2^(32 + shift) may need 65 bits; without the quotient's 33rd bit, 64 suffice.
      let rest = ((1 << UInt64(largestShift)) - wide) << 32
      factor = UInt32(truncatingIfNeeded: (rest + wide - 1) / wide)
    }
  }

  /// A signed 32-bit division, rounded towards zero: x / d == ((x * m) >>s (31 + count)) + (x < 0 ? 1 : 0), negated for a negative divisor.
  private mutating func divide(_ value: Value, bySigned divisor: Int32, _ graph: inout FunctionGraph) {
    let magnitude = UInt64(divisor.magnitude)
    guard magnitude > 1, divisor != .min else { return }
    // The least integer over 2^(31 + count) / |divisor|, where 2^count ≥ |divisor|; less than 2³².
    let count = 64 - (magnitude - 1).leadingZeroBitCount
    let reciprocal = (1 << UInt64(31 + count)) / magnitude + 1
    let wide = insert(.i64ExtendI32S, .i64, graph[value].a, before: value, &graph)
    let factor = graph.makeConstant(.i64, reciprocal, before: value)
    let product = insert(.i64Mul, .i64, wide, factor, before: value, &graph)
    let high = shift(.i64ShrS, product, 31 + count, before: value, &graph)
    // The shift rounds down: add one to a negative quotient.
    let sign = shift(.i64ShrU, wide, 63, before: value, &graph)
    var quotient = insert(.i64Add, .i64, high, sign, before: value, &graph)
    if divisor < 0 {
      quotient = insert(
        .i64Sub, .i64, graph.makeConstant(.i64, 0, before: value), quotient, before: value, &graph)
    }
    finish(value, quotient: quotient, &graph)
  }

  /// `x % c == x - x / c * c`, where the division becomes a multiplication.
  private mutating func reduceRemainder(_ value: Value, _ operation: IntegerOperation, _ graph: inout FunctionGraph) {
    let (dividend, divisor) = (graph[value].a, graph[value].b)
    let constant = Int32(truncatingIfNeeded: graph[divisor].immediate)
    guard operation == .remU || constant != -1 && constant != .min && constant.magnitude > 1 else { return }
    let quotient = insert(operation == .remU ? .i32DivU : .i32DivS, .i32, dividend, divisor, before: value, &graph)
    if operation == .remU {
      divide(quotient, byUnsigned: UInt32(bitPattern: constant), &graph)
    } else {
      divide(quotient, bySigned: constant, &graph)
    }
    let product = insert(.i32Mul, .i32, quotient, divisor, before: value, &graph)
    graph[value].opcode = .i32Sub
    graph[value].b = product
    graph[value].trap = 0
  }
}
