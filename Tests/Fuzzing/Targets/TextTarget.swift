import WasmBinary
import WasmText
import WebAssembly

/// Modules and scripts in the text format. An assembled module must be well-formed, and its text must assemble to the
/// same bytes.
struct TextTarget: FuzzTarget {
  mutating func run(_ input: [UInt8]) throws -> Bool {
    _ = try? ScriptParser.parse(input)
    var options = WatOptions()
    options.legacyDialect = input.fingerprint % 8 == 0
    guard let binary = try? assemble(input, options: options) else { return true }
    let module: Module
    do {
      module = try Decoder.decode(binary)
    } catch {
      throw Finding("an assembled module is malformed: \(error)")
    }
    for isFolded in [false, true] {
      let text: String
      do {
        text = try WatPrinter.print(module, options: .init(folded: isFolded))
      } catch {
        throw Finding("an assembled module cannot be printed: \(error)")
      }
      let again: [UInt8]
      do {
        again = try assemble(text)
      } catch {
        throw Finding("a printed text cannot be assembled: \(error)\n\(text)")
      }
      guard again == binary else { throw Finding("a printed text assembles to other bytes:\n\(text)") }
    }
    return true
  }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] { try source.texts() }
}

/// Assembles a printed text, prints the result and assembles it again.
struct RoundTrip {
  private let options: WatPrinter.Options

  init(_ options: WatPrinter.Options) { self.options = options }

  func check(_ text: String) throws(Finding) {
    let binary: [UInt8]
    do {
      binary = try assemble(text)
    } catch {
      throw Finding("a printed text cannot be assembled: \(error)\n\(text)")
    }
    let again: [UInt8]
    do {
      again = try assemble(WatPrinter.print(try Decoder.decode(binary), options: options))
    } catch {
      throw Finding("an assembled text cannot be printed and assembled again: \(error)\n\(text)")
    }
    guard again == binary else { throw Finding("a printed text assembles to other bytes:\n\(text)") }
  }
}
