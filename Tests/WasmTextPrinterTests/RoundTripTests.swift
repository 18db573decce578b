import Testing
import TestSupport
import WasmBinary
import WasmText
import WebAssembly

/// Assembles a text, prints the binary and assembles the result again.
@Suite struct RoundTripTests {
  @Test("The standard's test suite is available")
  func suiteIsThere() {
    #expect(TestSuite.scripts.count >= 280, "\(TestSuite.Missing())")
  }

  @Test("The printed text of the suite's modules assembles to the same binary", arguments: TestSuite.scripts)
  func script(_ script: String) throws {
    for command in try ScriptParser.parse(try TestSuite.contents(of: script)) {
      for module in command.modules {
        // Malformed modules have no text.
        guard let bytes = try? module.bytes(), let decoded = try? Decoder.decode(bytes) else { continue }
        let isCanonical = if case .binary = module.source { false } else { true }
        for folded in [false, true] {
          if let failure = failure(decoded, isCanonical: isCanonical, folded: folded) {
            Issue.record("\(script):\(module.line): folded: \(folded): \(failure)")
          }
        }
      }
    }
  }

  @Test(
    "Imports keep the form of the binary, unless they would lose their names",
    arguments: [
      #"(import "m" (item "f" (func $f)) (item "g" (global (;0;) i32)) (item "" (memory (;0;) 1)))"#,
      #"(import "m" (item "a") (item "b") (global (mut i32)))"#,
      #"(import "x" "y" (func)) (import "m" (item "a") (table 1 funcref)) (import "z" "t" (tag))"#,
      #"(import "m") (import "n" (func))"#,
    ])
  func compactImports(_ fields: String) throws {
    let bytes = try assemble("(module \(fields))", options: WatOptions(emitNames: true))
    let module = try Decoder.decode(bytes)
    #expect(Encoder.encode(module) == bytes)
    for folded in [false, true] {
      if let failure = failure(module, isCanonical: true, folded: folded) { Issue.record("\(failure)") }
    }
  }

  @Test("Imports with a shared type in the binary keep their names in the text")
  func namedImportsOfOneType() throws {
    let shared = try assemble(#"(module (import "m" (item "a") (item "b") (global i32)))"#)
    var section = NameSection()
    section.globals = NameMap([NameMap.Entry(index: 1, name: "b")])
    var writer = BinaryWriter()
    writer.customSection(NameSection.sectionName, section.encode())
    let text = try WatPrinter.print(try Decoder.decode(shared + writer.bytes))
    #expect(text.contains(#"(item "b" (global $b (;1;) i32))"#), "\(text)")
    let again = try Decoder.decode(try assemble(text))
    #expect(again.imports.map(\.name) == ["a", "b"])
    #expect(try WatPrinter.print(again) == text)
  }

  /// The error in the printed form of a module, if there is one.
  ///
  /// - Parameter isCanonical: whether the binary uses only shortest forms. If not, the text is compared only with what
  ///   it assembles to.
  private func failure(_ module: Module, isCanonical: Bool, folded: Bool) -> String? {
    var text = ""
    do {
      text = try WatPrinter.print(module, options: .init(folded: folded))
      let assembled = try assemble(text)
      let bytes = Array(module.bytes)
      if isCanonical { return assembled == bytes ? nil : "\(difference(assembled, bytes)) in:\n\(text)" }
      let again = try assemble(WatPrinter.print(try Decoder.decode(assembled), options: .init(folded: folded)))
      return again == assembled ? nil : "\(difference(again, assembled)) in:\n\(text)"
    } catch let error as DecodingError {
      // Bodies are decoded only when they are printed.
      return isCanonical ? "\(error)" : nil
    } catch {
      return "\(error) in:\n\(text)"
    }
  }

  private func difference(_ bytes: [UInt8], _ expected: [UInt8]) -> String {
    let position = zip(bytes, expected).enumerated().first { $1.0 != $1.1 }?.offset ?? min(bytes.count, expected.count)
    return "differs at offset 0x\(String(position, radix: 16)) (\(bytes.count) bytes, \(expected.count) expected)"
  }
}
