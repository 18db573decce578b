import Testing
import WasmBinary
import WasmText
import WebAssembly

/// Listings of binaries, including malformed ones.
@Suite struct ObjectDumpTests {
  private static let text = """
    (module
      (type $t (func (param i32) (result i32)))
      (import "env" "log" (func (param i32)))
      (memory $m 1)
      (global $g (mut i32) (i32.add (i32.const 1) (i32.const 2)))
      (export "double" (func 1))
      (elem $e func 1)
      (func (param $x i32) (result i32) (local $y i32) (local i64 i64)
        (block (br_if 0 (local.get $x)) (call 0 (local.get $y)))
        (i32.load offset=4 (call $f (i32.const 3))))
      (func $f (param i32) (result i32) local.get 0)
      (data (i32.const 8) "hello, world, how are you?")
      (@custom "notes" "abc"))
    """

  private func contains(_ text: String, _ lines: [String], location: Testing.SourceLocation = #_sourceLocation) {
    let all = Set(text.split(separator: "\n").map(String.init))
    for line in lines { #expect(all.contains(line), "\(line) in\n\(text)", sourceLocation: location) }
  }

  @Test("Sections are listed with offsets, sizes and numbers of entries")
  func sections() throws {
    let bytes = try assemble(Self.text)
    let text = ObjectDump(bytes).text(.sections)
    contains(
      text,
      [
        "  type       start=0x00000a end=0x000014 size=10         count: 2",
        "  import     start=0x000016 end=0x000021 size=11         count: 1",
      ])
    #expect(text.contains("\"notes\"\n") && text.contains("\"name\"\n"))
  }

  @Test("Definitions are listed with their names")
  func details() throws {
    contains(
      ObjectDump(try assemble(Self.text)).text(.details),
      [
        "  type[0] <t> (func (param i32) (result i32))",
        "  func[0] <env.log> (type 1) (param i32) <- \"env\" \"log\"",
        "  func[2] <f> (type 0 <t>) (param i32) (result i32) size=4", "  memory[0] <m> 1",
        "  global[0] <g> (mut i32) = (i32.add (i32.const 1) (i32.const 2))", "  func[1] <double> -> \"double\"",
        "  elem[0] <e> (ref func) passive, count: 1",
        "  data[0] memory 0 <m>, offset (i32.const 8), size: 26", "  \"notes\" size=9",
      ])
  }

  @Test("Code is listed with offsets, bytes and names")
  func disassembly() throws {
    let bytes = try assemble(Self.text)
    let dump = ObjectDump(bytes)
    let position = try #require(dump.position(ofFunction: "double"))
    #expect(dump.position(ofFunction: "1") == position)
    #expect(dump.position(ofFunction: "0") == nil && dump.position(ofFunction: "nobody") == nil)
    let text = dump.text(.disassembly, function: position)
    contains(text, ["func[1] <double> (type 0 <t>) (param i32) (result i32):", "  locals: 1 <y> i32, 2 i64 ×2"])
    let start = dump.module.functions[position].body.lowerBound + 5
    let hex = { (offset: Int) in String(repeating: "0", count: 4) + String(start + offset, radix: 16) }
    contains(
      text,
      [
        "  \(hex(0)): 02 40                           block",
        "  \(hex(2)): 20 00                             local.get 0 <x>",
        "  \(hex(4)): 0d 00                             br_if 0",
        "  \(hex(8)): 10 00                             call 0 <env.log>",
        "  \(hex(10)): 0b                              end",
        "  \(hex(15)): 28 02 04                        i32.load offset=4",
      ])
    #expect(!text.contains("func[2]"))
  }

  @Test("Data is listed as bytes and characters")
  func contents() throws {
    let text = ObjectDump(try assemble(Self.text)).text(.contents)
    #expect(text.contains("68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 2c 20 68 6f  hello, world, ho\n"))
    #expect(text.contains("\ncustom \"notes\":\n"))
  }

  @Test("Malformed code is listed up to the error")
  func malformedCode() throws {
    var bytes = try assemble("(module (func nop nop nop) (func nop))")
    let body = try #require(try Decoder.decode(bytes).functions.first?.body)
    bytes[body.lowerBound + 2] = 0x27
    let text = ObjectDump(bytes).text(.disassembly)
    #expect(text.contains("malformed: illegal opcode 27"))
    #expect(text.contains("func[1]"))
  }

  @Test("The section that a truncated module lacks the end of is listed with its size")
  func truncated() throws {
    let bytes = try assemble("(module (func nop nop nop) (func nop))")
    let body = try #require(try Decoder.decode(bytes).functions.last?.body)
    let dump = ObjectDump(Array(bytes[..<body.lowerBound]))
    let text = dump.text(.all)
    #expect(text.contains("  code       start=0x000015 end=0x00001d size=8 of 11: cut off\n"), "\(text)")
    #expect(dump.error?.message == "length out of bounds: code section of 11 bytes, found 8")
    #expect(!text.contains("length out of bounds"), "\(text)")
    #expect(text.contains("  func[1] (type 0) no code\n"), "\(text)")
    #expect(text.contains("\nfunc[1] (type 0):\n  no code: the module is malformed before it\n"), "\(text)")
  }

  @Test("Truncated and mutated modules are listed without a crash")
  func hostileInput() throws {
    let bytes = try assemble(Self.text)
    for end in 0..<bytes.count {
      let text = ObjectDump(Array(bytes[..<end])).text()
      #expect(text.hasPrefix("sections:\n"))
    }
    for position in bytes.indices {
      for value in [0x00, 0x7F, 0xFF] as [UInt8] {
        var changed = bytes
        changed[position] = value
        #expect(!ObjectDump(changed).text().isEmpty)
        if let module = try? Decoder.decode(changed) {
          _ = try? WatPrinter.print(module)
          _ = try? WatPrinter.print(module, options: .init(folded: true))
        }
      }
    }
  }
}
