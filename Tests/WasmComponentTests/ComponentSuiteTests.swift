import TestSupport
import Testing
import WasmBinary
import WasmComponent
import WasmText
import WebAssembly

@Suite("Components of the component model's suite")
struct ComponentSuiteTests {
  /// The components of a script that must be well-formed, in the binary format.
  private func components(_ path: String) throws -> [[UInt8]] {
    try ScriptParser.parse(try ComponentTestSuite.contents(of: path)).compactMap { command -> [UInt8]? in
      switch command.kind {
      case .module(let module), .moduleDefinition(let module), .assertInvalid(let module, _),
        .assertTrapOnInstantiation(let module, _):
        guard module.isComponent else { return nil }
        switch module.source {
        case .binary(let bytes): return bytes
        case .quote(let text): return ComponentEncoder.encode(try ComponentParser.parse(text))
        case .text(let script, let range):
          return ComponentEncoder.encode(
            try ComponentParser.parse(script, range: range, name: module.name, isBody: true))
        }
      default: return nil
      }
    }
  }

  @Test("Binaries and printed texts give the same bytes", arguments: ComponentTestSuite.scripts)
  func roundTrip(_ path: String) throws {
    for bytes in try components(path) {
      let component = try ComponentDecoder.decode(bytes)
      let encoded = ComponentEncoder.encode(component)
      // A binary of the suite may have longer forms than it needs, or empty sections; then the encoded one is the measure.
      let again = ComponentEncoder.encode(try ComponentDecoder.decode(encoded))
      #expect(again == encoded)
      let printed = try ComponentPrinter.print(component)
      guard let parsed = (try? ComponentParser.parse(printed)).map({ ComponentEncoder.encode($0) }) else {
        // An invalid name, such as one with an attribute twice, has no text.
        #expect(throws: LoadingError.self, "\(printed)") {
          try ComponentValidator.validate(component, features: .all)
        }
        continue
      }
      #expect(parsed == encoded || hasUnusualSections(component), "\(printed)")
    }
  }

  /// Whether the text cannot express how the definitions are divided into sections, or how names are written.
  private func hasUnusualSections(_ component: Component) -> Bool {
    var merged = component
    merged.sections = []
    for section in component.sections {
      if case .component(let inner) = section.contents, hasUnusualSections(inner) { return true }
      guard let count = section.contents.entryCount else { continue }
      if count == 0 { return true }
    }
    for (first, second) in zip(component.sections, component.sections.dropFirst())
    where first.contents.entryCount != nil && first.contents.kind == second.contents.kind {
      return true
    }
    return component.sections.contains { section in
      guard case .imports(let entries) = section.contents else { return false }
      return entries.contains { $0.name.hasLegacyForm || $0.name.attributes?.isEmpty == true }
    }
  }
}

extension Component.Contents {
  /// The number of definitions, in sections that can have several.
  fileprivate var entryCount: Int? {
    switch self {
    case .coreInstances(let entries): entries.count
    case .coreTypes(let entries): entries.count
    case .instances(let entries): entries.count
    case .aliases(let entries): entries.count
    case .types(let entries): entries.count
    case .canonicals(let entries): entries.count
    case .imports(let entries): entries.count
    case .exports(let entries): entries.count
    case .values(let entries): entries.count
    case .custom, .coreModule, .component, .start: nil
    }
  }

  fileprivate var kind: Substring { "\(self)".prefix { $0 != "(" } }
}
