import Foundation
import Testing
import TestSupport
import WasmText

/// Randomly mutated texts with a fixed seed: an error or a module, but no crash or hang.
@Suite struct FuzzTests {
  private static let scripts = [
    "annotations.wast", "array.wast", "block.wast", "br_table.wast", "br_on_cast.wast", "call_indirect.wast",
    "comments.wast",
    "custom/custom_annot.wast", "custom/branch_hint.wast", "elem.wast", "float_literals.wast", "func.wast", "id.wast",
    "imports.wast", "legacy/try_catch.wast", "memory.wast", "proposals/custom-descriptors/descriptors.wast",
    "simd_lane.wast", "table.wast", "try_table.wast", "type-rec.wast",
  ]

  private static let pieces = [
    "(", ")", "\"", ";;", "(;", ";)", "(@a", "(@custom \"x\")", "(@name \"n\")", "$x", "$\"", "\\", "0x", "1e9999", "-",
    "nan:0x", "4294967296", "func", "(func", "(type 0)", "(param $x i32)", "if", "else", "end", "(then", "(else",
    "block",
    "(block", "try", "(do", "catch_all", "delegate 0", "i32.const", "v128.const i8x16", "br_table 0", "offset=",
    "align=0",
    "(rec", "(sub final 0", "(ref null", "(exact 0)", "(import \"\" \"\"", "\u{0}", "\u{e9}", "(elem", "(data",
    "(module quote",
  ].map { Array($0.utf8) }

  private func mutate(_ text: [UInt8], _ generator: inout RandomSource) -> [UInt8] {
    var text = text
    for _ in 0...Int.random(in: 0..<4, using: &generator) where !text.isEmpty {
      let position = Int.random(in: 0..<text.count, using: &generator)
      let length = min(text.count - position, Int.random(in: 0..<16, using: &generator))
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: text[position] = UInt8.random(in: 0...255, using: &generator)
      case 1: text.removeSubrange(position..<position + length)
      case 2: text.insert(contentsOf: Self.pieces.randomElement(using: &generator)!, at: position)
      case 3:
        let source = Int.random(in: 0..<text.count, using: &generator)
        let copied = Array(text[source..<min(text.count, source + 4 * length)])
        text.insert(contentsOf: copied, at: position)
      case 4: text.removeSubrange(position...)
      default:
        text.replaceSubrange(position..<position + length, with: Self.pieces.randomElement(using: &generator)!)
      }
    }
    return text
  }

  @Test func mutatedTextsNeverCrash() throws {
    var generator = RandomSource(seed: 2026)
    var corpus: [[UInt8]] = []
    for path in Self.scripts {
      for command in try ScriptParser.parse(try TestSuite.contents(of: path)) {
        switch command.kind {
        case .module(let module), .assertMalformed(let module, _), .assertInvalid(let module, _):
          if case .text(let script, let range) = module.source, range.count < 20_000 {
            corpus.append(Array(script[range]))
          }
          if case .quote(let text) = module.source { corpus.append(text) }
        default: break
        }
      }
    }
    for _ in 0..<10_000 {
      let text = mutate(corpus.randomElement(using: &generator)!, &generator)
      let start = ContinuousClock.now
      _ = try? assemble(text)
      _ = try? assemble(text, options: WatOptions(legacyDialect: true))
      _ = try? ScriptParser.parse(text)
      #expect(ContinuousClock.now - start < .seconds(1))
    }
  }
}
