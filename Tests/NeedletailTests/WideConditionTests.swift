import Needletail
import Testing

/// Branches on tests of bits, with constants at the boundaries of the widths that operands of the interpreter have.
@Suite struct WideConditionTests {
  private static let constants: [Int64] = [
    1, -1, 127, 128, -128, -129, 32767, 32768, -32768, -32769, -65536, 65535, 0x7FFF_FFFF, 0x8000_0000, -0x8000_0000,
    -0x8000_0001, 0xFFFF_FFFF, -0x1_0000_0000, .max, .min,
  ]
  private static let values: [Int64] = [
    0, 1, -1, 127, 128, 32768, 65536, 0x8000_0000, 0x1_0000_0000, 0x1234_0000_0000, 0x7FFF_0000_0000_0000, .min, -65536,
  ]

  @Test("All bits of a value are tested, on every engine", arguments: EveryEngine.allCases)
  func tests(engine: EveryEngine) throws {
    var functions = ""
    for (index, constant) in Self.constants.enumerated() {
      let test = "(i64.and (local.get 0) (i64.const \(constant)))"
      functions += """
        (func (export "if\(index)") (param i64) (result i32)
          (if (result i32) (i64.eqz \(test)) (then (i32.const 1)) (else (i32.const 0))))
        (func (export "unless\(index)") (param i64) (result i32)
          (if (result i32) (i32.eqz (i64.eqz \(test))) (then (i32.const 0)) (else (i32.const 1))))
        (func (export "br\(index)") (param i64) (result i32)
          (block (br_if 0 (i64.eqz \(test))) (return (i32.const 0)))
          (i32.const 1))
        (func (export "select\(index)") (param i64) (result i32)
          (select (i32.const 1) (i32.const 0) (i64.eqz \(test))))
        (func (export "loop\(index)") (param i64) (result i32) (local i32)
          (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if 0 (i32.and (i64.eqz \(test)) (i32.lt_u (local.get 1) (i32.const 5)))))
          (i32.eq (local.get 1) (i32.const 5)))
        (func (export "eqz\(index)") (param i64) (result i32)
          (if (result i32) (i32.and (i32.wrap_i64 \(test)) (i32.const -1)) (then (i32.const 0)) (else (i32.const 1))))

        """
    }
    let (instance, _) = try engine.instance("(module \(functions))")
    for (index, constant) in Self.constants.enumerated() {
      for value in Self.values {
        for name in ["if", "unless", "br", "select", "loop"] {
          let found = try instance.function("\(name)\(index)")!.call([.i64(value)])[0].i32
          #expect(found == (value & constant == 0 ? 1 : 0), "\(name): \(value) & \(constant)")
        }
        let low = try instance.function("eqz\(index)")!.call([.i64(value)])[0].i32
        #expect(low == (Int32(truncatingIfNeeded: value & constant) == 0 ? 1 : 0), "eqz: \(value) & \(constant)")
      }
    }
  }
}
