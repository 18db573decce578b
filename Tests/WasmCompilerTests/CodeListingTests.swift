import Testing
import WasmRuntime
import WasmText

@testable import WasmCompiler
@testable import WasmNative

/// Listings of compiled code.
@Suite("Code listings") struct CodeListingTests {
  private static let module = """
    (module (memory 1)
      (func $helper (param i32) (result i32) (i32.mul (local.get 0) (i32.const 7))
        (i32.clz) (i32.ctz) (i32.clz) (i32.ctz) (i32.clz) (i32.ctz))
      (func $main (param i32 i32) (result i32)
        (block $a (block $b
          (br_table $a $b $a $b $a $b $a (local.get 1)))
          (return (call $helper (i32.load offset=16 (local.get 0)))))
        (memory.grow (i32.const 1)))
      (func $float (param f64) (result f64) (f64.add (local.get 0) (f64.const 1.5))))
    """

  private static func listing(_ function: Int, level: OptimizationLevel = .basic) throws -> CodeListing {
    let image = try image(assembled(module))
    let inspector = ModuleInspector(image, CompilerOptions(level: level, processor: .baseline))
    return try inspector.code(function) { ["helper", "main", "float"][Int($0)] }
  }

  @Test("Calls, runtime calls, traps, jumps, tables and constants are named")
  func names() throws {
    let main = try Self.listing(1).text
    for part in [
      "call func 0 <helper>", "; runtime: memoryGrow", "trap: outOfBoundsMemoryAccess", "trap: callStackExhausted",
      "lea r11, [rip + T0]", "\nT0:\n", ".long L1 - T0", "\nL1:\n", "dword ptr [r14 + ",
    ] {
      #expect(main.contains(part), "\(part)\n\(main)")
    }
    let float = try Self.listing(2).text
    #expect(float.contains("addsd xmm0, qword ptr [rip + C0]"), "\(float)")
    #expect(float.contains("\nC0:\n") && float.contains(".quad 0x3ff8000000000000"), "\(float)")
  }

  @Test("Lines cover the code without gaps, up to the tables after it", arguments: OptimizationLevel.allCases)
  func coverage(level: OptimizationLevel) throws {
    for function in 0..<3 {
      let listing = try Self.listing(function, level: level)
      var end = 0
      for line in listing.lines where !line.text.hasPrefix(".") {
        #expect(line.offset == end)
        end = line.offset + line.byteCount
      }
      #expect(end > 0 && end <= listing.bytes.count)
      #expect(!listing.text.contains(".byte"))
    }
  }

  @Test("Instructions record their offset in the binary")
  func sources() throws {
    let image = try image(assembled(Self.module))
    let body = image.module.functions[0].body
    let listing = try Self.listing(0)
    let multiplication = try #require(listing.lines.first { $0.text.hasPrefix("imul") })
    // No locals, `local.get 0` and `i32.const 7` come before the multiplication.
    #expect(multiplication.source == UInt32(body.lowerBound + 5))
  }

  @Test("Bytes that are not instructions are listed as bytes")
  func unknownBytes() {
    var function = CompiledFunction()
    // 0x06 is invalid in 64-bit mode; a `ret` follows.
    function.code = [0x06, 0xC3, 0x0F]
    let listing = CodeListing(function) { _ in nil }
    #expect(listing.lines.map(\.text) == [".byte 0x6", "ret", ".byte 0xf"])
  }

  @Test("The map contains the code range of each function")
  func map() throws {
    let image = try image(assembled(Self.module))
    let inspector = ModuleInspector(image, CompilerOptions(processor: .baseline))
    let map = try inspector.map(threadCount: 1)
    var end: UInt32 = 0
    let functions = try map.functions.map { try $0.get() }
    // Calls determine the order: see `FunctionOrder`.
    for code in functions.sorted(by: { $0.code.lowerBound < $1.code.lowerBound }) {
      #expect(code.code.lowerBound >= end)
      end = code.code.upperBound
      #expect(code.positions.first?.code == code.code.lowerBound)
      #expect(code.positions.allSatisfy { code.code.contains($0.code) })
      #expect(code.traps.allSatisfy { code.code.contains($0.code) })
    }
    #expect(Int(end) <= map.byteCount)
  }
}
