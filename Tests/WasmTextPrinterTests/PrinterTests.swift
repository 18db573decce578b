import Testing
import WasmBinary
import WasmText
import WebAssembly

/// The form of printed text, and what the printer refuses.
@Suite struct PrinterTests {
  private func print(_ text: String, _ options: WatPrinter.Options = .init()) throws -> String {
    try WatPrinter.print(try Decoder.decode(try assemble(text)), options: options)
  }

  /// The body of a function `(func (param i32 f64) …)` as lines.
  private func lines(_ code: String, folded: Bool) throws -> [Substring] {
    let text = try print("(module (func (param i32 f64) \(code)))", .init(folded: folded, indent: 1))
    let lines = text.split(separator: "\n")
    let first = try #require(lines.firstIndex { $0.hasPrefix(" (func") }) + 1
    let last = try #require(lines.lastIndex { $0 == " )" })
    return lines[first..<last].map { $0.dropFirst(2) }
  }

  @Test("An empty module is one line")
  func emptyModule() throws {
    #expect(try print("(module)") == "(module)\n")
  }

  @Test("Folding follows the numbers of operands")
  func folding() throws {
    let cases: [(code: String, folded: [String])] = [
      ("local.get 0 i32.const 1 i32.add drop", ["(drop (i32.add (local.get 0) (i32.const 1)))"]),
      ("local.get 0 nop i32.eqz drop", ["(local.get 0)", "(nop)", "(drop (i32.eqz))"]),
      (
        "local.get 0 if nop else nop end",
        ["(if (;@1;)", " (local.get 0)", " (then", "  (nop))", " (else", "  (nop)))"]
      ),
      ("local.get 0 if else end", ["(if (;@1;)", " (local.get 0)", " (then)", " (else))"]),
      ("block (result i32) i32.const 1 end drop", ["(drop", " (block (;@1;) (result i32)", "  (i32.const 1)))"]),
      (
        "try nop catch_all nop end try nop delegate 0",
        [
          "(try (;@1;)", " (do", "  (nop))", " (catch_all", "  (nop)))", "(try (;@1;)", " (do", "  (nop))",
          " (delegate 0))",
        ]
      ),
    ]
    for (code, folded) in cases {
      #expect(try lines(code, folded: true).map(String.init) == folded, "\(code)")
      #expect(
        try assemble("(module (func (param i32 f64) \(code)))")
          == assemble("(module (func (param i32 f64) \(folded.joined(separator: "\n"))))"))
    }
  }

  @Test("Constants are exact")
  func constants() throws {
    let cases: [(code: String, text: String)] = [
      ("i32.const 0xFFFFFFFF", "i32.const -1"), ("i32.const 0x80000000", "i32.const -2147483648"),
      ("i64.const 0x8000000000000000", "i64.const -9223372036854775808"),
      ("f32.const 0.1", "f32.const 0.1"), ("f32.const -0", "f32.const -0.0"),
      ("f32.const 0x1p-149", "f32.const 1e-45"), ("f32.const 0x1.fffffep127", "f32.const 3.4028235e+38"),
      ("f64.const 1e16", "f64.const 1e+16"), ("f64.const 0x1p-1074", "f64.const 5e-324"),
      ("f64.const -inf", "f64.const -inf"), ("f64.const nan", "f64.const nan"),
      ("f64.const -nan:0x1", "f64.const -nan:0x1"), ("f32.const nan:0x200000", "f32.const nan:0x200000"),
      ("f32.const nan:0x400000", "f32.const nan"),
      (
        "v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
        "v128.const i32x4 0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c"
      ),
    ]
    for (code, text) in cases { #expect(try lines(code, folded: false) == [text[...]]) }
  }

  @Test("Offsets are those of the binary")
  func offsets() throws {
    let bytes = try assemble("(module (func nop (block unreachable)))")
    let text = try WatPrinter.print(try Decoder.decode(bytes), options: .init(showOffsets: true))
    let offset = String(try #require(bytes.lastIndex(of: 0x00)), radix: 16)
    #expect(text.contains("(;@\(offset)     ;)      unreachable"))
    #expect(try assemble(text) == bytes)
  }

  @Test("The concatenated pieces are the whole text")
  func pieces() throws {
    let functions = (0..<20_000).map { "(func $f\($0) (drop (i32.const \($0))))" }.joined()
    let module = try Decoder.decode(try assemble("(module \(functions))"))
    var text: [UInt8] = []
    var count = 0
    try WatPrinter.print(module) { piece in
      text.append(contentsOf: piece)
      count += 1
    }
    #expect(count > 10)
    #expect(String(decoding: text, as: UTF8.self) == (try WatPrinter.print(module)))
  }

  @Test("An error of the sink ends the printing")
  func sinkThrows() throws {
    struct Full: Error {}
    let module = try Decoder.decode(try assemble("(module)"))
    #expect(throws: Full.self) { try WatPrinter.print(module) { _ in throw Full() } }
  }

  /// A module with one function of type `[] -> []` and this body, which includes the `end`.
  private func module(body: [UInt8]) throws -> Module {
    var writer = BinaryWriter()
    writer.header()
    writer.section(.type) { $0.raw([1, 0x60, 0, 0]) }
    writer.section(.function) { $0.raw([1, 0]) }
    writer.section(.code) { writer in
      writer.raw([1])
      writer.byteVector(body)
    }
    return try Decoder.decode(writer.bytes)
  }

  @Test(
    "Malformed code is an error",
    arguments: [
      [0x00, 0x05, 0x0B], [0x00, 0x02, 0x40, 0x05, 0x0B, 0x0B], [0x00, 0x02, 0x40, 0x0B], [0x00, 0x0B, 0x0B],
      [0x00, 0x27, 0x0B], [0x00, 0x41, 0xFF, 0x0B], [0x00, 0x19, 0x0B], [0x00, 0x18, 0x00, 0x0B],
      [0x00, 0x04, 0x40, 0x05, 0x05, 0x0B, 0x0B], [0x00, 0xFD, 0x0C, 0x0B], [0x00, 0x0E, 0xFF, 0xFF, 0x03, 0x0B],
    ] as [[UInt8]])
  func malformedCode(_ body: [UInt8]) throws {
    let module = try module(body: body)
    for folded in [false, true] {
      #expect(throws: DecodingError.self) { try WatPrinter.print(module, options: .init(folded: folded)) }
    }
  }

  @Test("Invalid code survives a round trip")
  func invalidCode() throws {
    let codes = [
      "br 7", "call 99", "local.get 12", "i32.add", "block (type 77) end", "call_indirect (type 9)", "struct.get 5 6",
      "br_table 1 2 3", "i32.load align=4294967296", "if else end", "return drop drop", "throw 4",
      "array.new_fixed 3 4000000000", "ref.null 12345", "br_on_cast 9 anyref (ref 0)",
    ]
    for code in codes {
      let bytes = try assemble("(module (func \(code)))")
      for folded in [false, true] {
        let text = try WatPrinter.print(try Decoder.decode(bytes), options: .init(folded: folded))
        #expect(try assemble(text) == bytes, "\(code)\n\(text)")
      }
    }
  }

  @Test("Deep nesting uses neither the stack nor much text")
  func deepNesting() throws {
    let depth = 100_000
    let blocks = (0..<depth).flatMap { _ in [0x02, 0x40] as [UInt8] }
    let module = try module(body: [0] + blocks + [UInt8](repeating: 0x0B, count: depth + 1))
    let negations: [UInt8] = [0x41, 0x00] + [UInt8](repeating: 0x45, count: depth)
    let other = try self.module(body: [0] + negations + [0x1A, 0x0B])
    for folded in [false, true] {
      #expect(try WatPrinter.print(module, options: .init(folded: folded)).utf8.count < depth * 250)
      let text = try WatPrinter.print(other, options: .init(folded: folded))
      #expect(text.utf8.count < depth * 110)
      #expect(try assemble(text) == Array(other.bytes))
    }
  }
}
