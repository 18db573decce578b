import Needletail
import Testing

/// In a deterministic engine every NaN result of an instruction is canonical.
@Suite struct DeterminismTests {
  static let binary = ["add", "sub", "mul", "div", "min", "max"]
  static let unary = ["sqrt", "ceil", "floor", "trunc", "nearest"]

  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    /// Whether the operands are doubles, and whether the result has 64 bits.
    var is64: Bool
    var isResult64: Bool
    var testDescription: String { text }
  }

  static let cases: [Case] = {
    var cases: [Case] = []
    for (width, is64) in [(32, false), (64, true)] {
      func add(_ expression: String, result: Int? = nil) {
        let result = result ?? width
        cases.append(
          Case(text: "(i\(result).reinterpret_f\(result) \(expression))", is64: is64, isResult64: result == 64))
      }
      let lanes = width == 32 ? "f32x4" : "f64x2"
      let (a, b) = ("(local.get 0)", "(local.get 1)")
      func vector(_ expression: String) { add("(\(lanes).extract_lane 1 \(expression))") }
      let (va, vb) = ("(\(lanes).splat \(a))", "(\(lanes).splat \(b))")
      for name in binary {
        add("(f\(width).\(name) \(a) \(b))")
        add("(f\(width).\(name) \(a) (f\(width).const 1))")
        vector("(\(lanes).\(name) \(va) \(vb))")
      }
      for name in unary {
        add("(f\(width).\(name) \(a))")
        vector("(\(lanes).\(name) \(va))")
      }
      add("(f\(width).add (f\(width).mul \(a) \(b)) \(b))")
      add("(f\(width).sub \(b) (f\(width).mul \(a) \(b)))")
      for name in ["madd", "nmadd"] { vector("(\(lanes).relaxed_\(name) \(va) \(vb) \(va))") }
      for name in ["min", "max"] { vector("(\(lanes).relaxed_\(name) \(va) \(vb))") }
    }
    cases.append(
      Case(text: "(i32.reinterpret_f32 (f32.demote_f64 (local.get 0)))", is64: true, isResult64: false))
    cases.append(
      Case(text: "(i64.reinterpret_f64 (f64.promote_f32 (local.get 0)))", is64: false, isResult64: true))
    cases.append(
      Case(
        text: "(i32x4.extract_lane 1 (f32x4.demote_f64x2_zero (f64x2.splat (local.get 0))))", is64: true,
        isResult64: false))
    cases.append(
      Case(
        text: "(i64x2.extract_lane 1 (f64x2.promote_low_f32x4 (f32x4.splat (local.get 0))))", is64: false,
        isResult64: true))
    return cases
  }()

  /// The bits of the result for a NaN with sign and payload, and a second, different NaN.
  static func result(_ test: Case, deterministic: Bool) throws -> UInt64 {
    var configuration = Engine.Configuration()
    configuration.isDeterministic = deterministic
    let engine = Engine(configuration)
    let type = test.is64 ? "f64" : "f32"
    let module = try Module(
      engine,
      text:
        "(module (func (export \"run\") (param \(type) \(type)) (result \(test.isResult64 ? "i64" : "i32")) \(test.text)))"
    )
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    let arguments: [Value] =
      test.is64
      ? [.f64(Double(bitPattern: 0xFFF8_0000_0000_1234)), .f64(Double(bitPattern: 0x7FFC_0000_0000_0001))]
      : [.f32(Float(bitPattern: 0xFFC0_1234)), .f32(Float(bitPattern: 0x7FE0_0001))]
    switch try instance.function("run")!.call(arguments).first {
    case .i32(let bits): return UInt64(UInt32(bitPattern: bits))
    case .i64(let bits): return UInt64(bitPattern: bits)
    default: return 0
    }
  }

  @Test("NaNs are canonical", arguments: cases)
  func canonical(test: Case) throws {
    let canonical: UInt64 = test.isResult64 ? 0x7FF8_0000_0000_0000 : 0x7FC0_0000
    #expect(try Self.result(test, deterministic: true) == canonical)
    // Otherwise the payload is propagated: this shows that the first check tests something.
    #expect(try Self.result(test, deterministic: false) != canonical)
  }

  static let bitwise = [
    "(f32.neg (local.get 0))", "(f32.abs (local.get 0))", "(f32.copysign (local.get 0) (local.get 1))",
    "(select (local.get 0) (local.get 1) (i32.const 1))",
    "(f32x4.extract_lane 0 (f32x4.pmin (f32x4.splat (local.get 0)) (f32x4.splat (local.get 1))))",
  ]

  @Test("Instructions that only move bits preserve NaNs", arguments: bitwise)
  func moves(text: String) throws {
    let test = Case(text: "(i32.reinterpret_f32 \(text))", is64: false, isResult64: false)
    #expect(try Self.result(test, deterministic: true) == Self.result(test, deterministic: false))
  }

  @Test("Other results do not change")
  func numbers() throws {
    var configuration = Engine.Configuration()
    configuration.isDeterministic = true
    let engine = Engine(configuration)
    let module = try Module(
      engine,
      text: """
        (module (func (export "norm") (param f64 f64) (result f64) (local f64)
          (local.set 2 (f64.add (f64.mul (local.get 0) (local.get 0)) (f64.mul (local.get 1) (local.get 1))))
          (f64.sqrt (local.get 2))))
        """)
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    let norm = try instance.function("norm")!.typed(Double.self, Double.self, returning: Double.self)
    #expect(try norm(3, 4) == 5)
  }
}
