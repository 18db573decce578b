import Needletail
import Testing
import WasmText

/// The semantics of atomic instructions apart from atomicity. (Threads proposal, "Atomic memory accesses".)
@Suite("Atomic instructions") struct AtomicSemanticsTests {
  private static let memories = ["(memory 1 1 shared)", "(memory 1)", "(memory i64 1 1 shared)", "(memory i64 1)"]

  /// An address of the memory's address type.
  private static func address(_ value: UInt64, _ memory: String) -> String {
    memory.contains("i64") ? "(i64.const \(value))" : "(i32.const \(value))"
  }

  /// The read-modify-write instructions: operand type and access width in bits.
  private static let widths = [("i32", 8), ("i32", 16), ("i32", 32), ("i64", 8), ("i64", 16), ("i64", 32), ("i64", 64)]

  private static func name(_ type: String, _ bits: Int, _ action: String) -> String {
    let isNarrow = bits < (type == "i32" ? 32 : 64)
    return isNarrow ? "\(type).atomic.rmw\(bits).\(action)_u" : "\(type).atomic.rmw.\(action)"
  }

  @Test("Narrow instructions wrap their operands, including the expected value", arguments: memories)
  func wrapping(memory: String) throws {
    let at = Self.address(8, memory)
    var text = "(module \(memory)\n"
    for (type, bits) in Self.widths {
      let parameters = "(param $expected \(type)) (param $value \(type))"
      let load = "(i64.load \(at))"
      text += """
        (func (export "cmpxchg \(type) \(bits)") \(parameters) (result \(type) i64)
          (i64.store \(at) (i64.const 0x1122334455667788))
          (\(Self.name(type, bits, "cmpxchg")) \(at) (local.get $expected) (local.get $value)) \(load))
        (func (export "cmpxchg drop \(type) \(bits)") \(parameters) (result i64)
          (i64.store \(at) (i64.const 0x1122334455667788))
          (drop (\(Self.name(type, bits, "cmpxchg")) \(at) (local.get $expected) (local.get $value))) \(load))

        """
      for expected in Self.expected(type, bits) {
        text += """
          (func (export "cmpxchg \(type) \(bits) \(expected)") (param $value \(type)) (result \(type) i64)
            (i64.store \(at) (i64.const 0x1122334455667788))
            (\(Self.name(type, bits, "cmpxchg")) \(at) (\(type).const \(expected)) (local.get $value)) \(load))

          """
      }
      for action in ["add", "sub", "and", "or", "xor", "xchg"] {
        text += """
          (func (export "\(action) \(type) \(bits)") (param $value \(type)) (result \(type) i64)
            (i64.store \(at) (i64.const 0x1122334455667788))
            (\(Self.name(type, bits, action)) \(at) (local.get $value)) \(load))

          """
      }
    }
    let module = try assemble(text + ")")
    for kind in EveryEngine.allCases { try Self.checkWrapping(kind.instance(module).0) }
  }

  private static func checkWrapping(_ instance: Instance) throws {
    let old: UInt64 = 0x1122_3344_5566_7788
    for (type, bits) in widths {
      let mask: UInt64 = bits == 64 ? .max : 1 << UInt64(bits) - 1
      let value: UInt64 = 0x9988_7766_F5E4_D3C2
      func argument(_ bits: UInt64) -> Value {
        type == "i32" ? .i32(Int32(truncatingIfNeeded: bits)) : .i64(Int64(bitPattern: bits))
      }
      func call(_ name: String, _ arguments: [Value]) -> String {
        summary { try instance.function(name)!.call(arguments) }
      }
      func both(_ new: UInt64) -> String {
        "\([argument(old & mask), .i64(Int64(bitPattern: old & ~mask | new & mask))])"
      }
      for expected in Self.expected(type, bits) {
        let new = expected & mask == old & mask ? value : old
        let memory = Value.i64(Int64(bitPattern: old & ~mask | new & mask))
        #expect(call("cmpxchg \(type) \(bits)", [argument(expected), argument(value)]) == both(new), "\(type) \(bits)")
        #expect(call("cmpxchg \(type) \(bits) \(expected)", [argument(value)]) == both(new), "\(type) \(bits)")
        #expect(call("cmpxchg drop \(type) \(bits)", [argument(expected), argument(value)]) == "\([memory])")
      }
      let results: [(String, UInt64)] = [
        ("add", old &+ value), ("sub", old &- value), ("and", old & value), ("or", old | value), ("xor", old ^ value),
        ("xchg", value),
      ]
      for (action, new) in results {
        #expect(call("\(action) \(type) \(bits)", [argument(value)]) == both(new), "\(action) \(type) \(bits)")
      }
    }
  }

  /// The value in memory, the same with additional high bits, and a different value.
  private static func expected(_ type: String, _ bits: Int) -> [UInt64] {
    let old: UInt64 = 0x1122_3344_5566_7788
    let mask: UInt64 = bits == 64 ? .max : 1 << UInt64(bits) - 1
    let typeMask: UInt64 = type == "i32" ? 0xFFFF_FFFF : .max
    return Set([old & mask, old & typeMask, (old ^ 1 << 20) & typeMask, ~0 & typeMask, (old ^ 1) & typeMask]).sorted()
  }

  @Test("Alignment is checked before bounds", arguments: memories)
  func alignment(memory: String) throws {
    let is64 = memory.contains("i64")
    var text = "(module \(memory)\n"
    var cases: [(name: String, byteCount: UInt64)] = []
    let offsets: [UInt64] =
      is64 ? [0, 3, 4, 8, 0x1_0000_0000, 0xFFFF_FFFF_FFFF_FFF8, 0xFFFF_FFFF_FFFF_FFFF] : [0, 3, 4, 8, 0xFFFF_FFFF]
    func add(_ instruction: String, _ operands: String, _ byteCount: Int, result: Bool) {
      for offset in offsets {
        let name = "\(instruction) \(offset)"
        cases.append((name, UInt64(byteCount)))
        text += """
          (func (export "\(name)") (param $a \(is64 ? "i64" : "i32"))
            (\(instruction) offset=\(offset) (local.get $a) \(operands))\(result ? "drop" : ""))

          """
      }
    }
    for (type, bits) in Self.widths {
      let isNarrow = bits < (type == "i32" ? 32 : 64)
      let one = "(\(type).const 1)"
      add("\(type).atomic.load\(isNarrow ? "\(bits)_u" : "")", "", bits / 8, result: true)
      add("\(type).atomic.store\(isNarrow ? "\(bits)" : "")", one, bits / 8, result: false)
      add(Self.name(type, bits, "add"), one, bits / 8, result: true)
      add(Self.name(type, bits, "xor"), one, bits / 8, result: true)
      add(Self.name(type, bits, "xchg"), one, bits / 8, result: true)
      add(Self.name(type, bits, "cmpxchg"), one + one, bits / 8, result: true)
    }
    add("memory.atomic.notify", "(i32.const 1)", 4, result: true)
    if memory.contains("shared") {
      add("memory.atomic.wait32", "(i32.const 77) (i64.const 0)", 4, result: true)
      add("memory.atomic.wait64", "(i64.const 77) (i64.const 0)", 8, result: true)
    }
    let module = try assemble(text + ")")
    for kind in EveryEngine.allCases { try Self.checkAlignment(kind.instance(module).0, cases, is64: is64) }
  }

  private static func checkAlignment(
    _ instance: Instance, _ cases: [(name: String, byteCount: UInt64)], is64: Bool
  ) throws {
    let addresses: [UInt64] =
      [0, 1, 2, 4, 65_528, 65_530, 65_532, 65_535, 65_536, 65_537, 65_540]
      + (is64 ? [1 << 40, 1 << 40 + 1, .max, .max - 7] : [0xFFFF_FFFF])
    for (name, byteCount) in cases {
      let offset = UInt64(name.split(separator: " ").last!)!
      for address in addresses {
        let (sum, overflow) = address.addingReportingOverflow(offset)
        let isBeyond = overflow || sum.addingReportingOverflow(byteCount).overflow
        let missing = isBeyond ? .max : max(sum, 65_536)
        let expected =
          if sum % byteCount != 0 {
            "trap: unaligned atomic"
          } else if isBeyond || sum > 65_536 - byteCount {
            "trap: out of bounds memory access: no byte at address \(missing) of a memory of 65536 bytes"
          } else {
            "[]"
          }
        let argument = is64 ? Value.i64(Int64(bitPattern: address)) : .i32(Int32(truncatingIfNeeded: address))
        let found = summary { try instance.function(name)!.call([argument]) }
        #expect(found == expected, "\(name) at \(address)")
      }
    }
  }
}
