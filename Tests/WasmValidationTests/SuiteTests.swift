import Testing
import TestSupport
import WasmBinary
import WasmText
import WasmValidation
import WebAssembly

/// Every module of the standard's test suite is parsed, decoded and validated.
@Suite struct SuiteTests {
  @Test("The suite is available") func suiteIsThere() {
    #expect(TestSuite.folder != nil, "\(TestSuite.Missing())")
  }

  @Test("Modules are accepted, or rejected with the suite's messages", arguments: TestSuite.scripts)
  func script(path: String) throws {
    let features = TestSuite.features(path)
    for command in try TestSuite.commands(path) {
      if let failure = Self.failure(of: command.kind, features) {
        Issue.record("\(path):\(command.location): \(failure)")
      }
    }
  }

  /// The difference from the expected outcome of a command, if there is one.
  private static func failure(of command: ScriptCommand.Kind, _ features: Features) -> String? {
    switch command {
    case .module(let module), .moduleDefinition(let module), .assertUnlinkable(let module, _),
      .assertTrapOnInstantiation(let module, _):
      return Verdict(module, features).error.map { "refused: \($0)" }
    case .assertMalformedCustom(let module, let message), .assertInvalidCustom(let module, let message):
      // A malformed annotation may make the text malformed. A malformed custom section never makes a module invalid.
      guard let error = Verdict(module, features).error, !error.hasPrefix(message) else { return nil }
      return "refused: \(error), should be: \(message)"
    case .assertInvalid(let module, let message):
      return mismatch(Verdict(module, features), isMalformed: false, message)
    case .assertMalformed(let module, let message):
      return mismatch(Verdict(module, features), isMalformed: true, message)
    case .thread(_, _, let commands):
      return commands.lazy.compactMap { failure(of: $0.kind, features) }.first
    default: return nil
    }
  }

  private static func mismatch(_ verdict: Verdict, isMalformed: Bool, _ message: String) -> String? {
    guard let error = verdict.error else { return "accepted, should be: \(message)" }
    guard verdict.isMalformed == isMalformed, error.hasPrefix(message) else {
      return "\(verdict.isMalformed ? "malformed" : "invalid"): \(error), should be: \(message)"
    }
    return nil
  }
}

/// The outcome of a module.
private struct Verdict {
  var error: String?
  var isMalformed = false

  init(_ module: ScriptModule, _ features: Features) {
    do {
      let bytes = try module.bytes(options: WatOptions(features: features))
      try Validator.validate(try Decoder.decode(bytes), features: features, threadCount: 1)
    } catch let error as LoadingError {
      self.error = error.message
      switch error {
      case .malformed: isMalformed = true
      case .invalid(let error): self.error = error.suiteMessage ?? error.message
      default: break
      }
    } catch let error as DecodingError {
      self.error = error.message
      isMalformed = true
    } catch {
      self.error = (error as? ParseError)?.unquotedMessage ?? "\(error)"
      isMalformed = true
    }
  }
}
