import WasmBinary
import WasmComponent
import WasmText
import WebAssembly

/// Components in the binary or the text format.
///
/// - Encoding a decoded or parsed component produces one that decodes and encodes to the same bytes.
/// - Validation ends, with a component or an error.
/// - A valid component can be printed and parsed. A printed component parses to one whose text parses to the same bytes.
struct ComponentTarget: FuzzTarget {
  mutating func run(_ input: [UInt8]) throws -> Bool {
    let component: Component
    if input.first == 0 {
      guard let decoded = try? ComponentDecoder.decode(input) else { return true }
      component = decoded
    } else {
      guard let parsed = try? ComponentParser.parse(input) else { return true }
      component = parsed
    }
    // What is parsed can exceed a limit of the binary format.
    let encoded = ComponentEncoder.encode(component)
    if let decoded = try? ComponentDecoder.decode(encoded) {
      guard ComponentEncoder.encode(decoded) == encoded else {
        throw Finding("an encoded component is encoded differently")
      }
    } else if input.first == 0 {
      throw Finding("an encoded component is malformed")
    }
    let isValid = (try? ComponentValidator.validate(component, features: .all, threadCount: 1)) != nil
    try print(component, isValid: isValid)
    return true
  }

  private func print(_ component: Component, isValid: Bool) throws {
    // The code of a function may be malformed; decoding does not check it.
    guard let text = try? ComponentPrinter.print(component) else { return }
    let parsed: Component
    do {
      parsed = try ComponentParser.parse(text)
    } catch {
      // Invalid names, such as one with an attribute twice, have no text.
      guard isValid else { return }
      throw Finding("a printed component cannot be parsed: \(error)\n\(text)")
    }
    guard let again = try? ComponentPrinter.print(parsed), let last = try? ComponentParser.parse(again) else {
      throw Finding("a parsed component cannot be printed and parsed again:\n\(text)")
    }
    guard ComponentEncoder.encode(last) == ComponentEncoder.encode(parsed) else {
      throw Finding("a printed component parses to other bytes:\n\(text)")
    }
  }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] { try source.components() }

  static func show(_ input: [UInt8]) -> String? {
    guard input.first == 0 else { return String(decoding: input, as: UTF8.self) }
    guard let component = try? ComponentDecoder.decode(input) else { return nil }
    return try? ComponentPrinter.print(component)
  }

  static var maximumInputSize: Int { 8192 }
}
