import Foundation
import Testing
import TestSupport
import WasmBinary
import WasmText
import WebAssembly

/// Mutated binaries: every decoded module is printed unless its code is malformed, and every printed text assembles.
@Suite struct MutationTests {
  /// The number of mutations per script. The environment variable `NEEDLETAIL_MUTATIONS` overrides it.
  private static let rounds = ProcessInfo.processInfo.environment["NEEDLETAIL_MUTATIONS"].flatMap(Int.init) ?? 40

  private static let scripts = [
    "align.wast", "annotations.wast", "array.wast", "br_on_cast.wast", "br_table.wast", "call_indirect.wast",
    "data.wast",
    "elem.wast", "global.wast", "if.wast", "imports.wast", "memory_init.wast", "names.wast", "select.wast",
    "simd_const.wast", "simd_store8_lane.wast", "struct.wast", "table_copy.wast", "try_table.wast", "type-rec.wast",
    "custom/branch_hint.wast", "custom/custom_annot.wast", "custom/name_annot.wast", "legacy/try_catch.wast",
    "legacy/try_delegate.wast", "proposals/custom-descriptors/descriptors.wast", "proposals/threads/atomic.wast",
  ]

  @Test("Decoded modules are printed or refused, and printed texts assemble", arguments: scripts)
  func mutations(script: String) throws {
    var generator = RandomSource(seed: 42)
    let modules = try ScriptParser.parse(try TestSuite.contents(of: script)).flatMap(\.modules)
      .compactMap { try? $0.bytes() }.filter { $0.count > 8 }
    for _ in 0..<Self.rounds {
      var bytes = modules.randomElement(using: &generator)!
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let position = Int.random(in: 8..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.remove(at: position)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
        case 2: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        default: bytes[position] = UInt8.random(in: 0...255, using: &generator)
        }
        if bytes.count <= 9 { break }
      }
      #expect(!ObjectDump(bytes).text().isEmpty)
      guard let module = try? Decoder.decode(bytes) else { continue }
      for folded in [false, true] { try check(module, folded: folded) }
    }
  }

  private func check(_ module: Module, folded: Bool) throws {
    guard let text = try? WatPrinter.print(module, options: .init(folded: folded)) else { return }
    do {
      let assembled = try assemble(text)
      let again = try assemble(try WatPrinter.print(try Decoder.decode(assembled), options: .init(folded: folded)))
      #expect(again == assembled, "\(text)")
    } catch {
      Issue.record("\(error) in:\n\(text)")
    }
  }
}
