import Testing
import TestSupport
import WasmText
import WebAssembly

/// Every script of the standard's suite, as far as the text format alone determines the outcome.
@Suite struct SuiteTests {
  @Test(arguments: TestSuite.scripts)
  func textsAssembleOrFailWithTheWordsOfTheSuite(_ path: String) throws {
    let commands = try ScriptParser.parse(try TestSuite.contents(of: path))
    #expect(!commands.isEmpty)
    for command in commands { check(command, of: path) }
  }

  private func check(_ command: ScriptCommand, of path: String) {
    switch command.kind {
    case .module(let module), .moduleDefinition(let module), .assertInvalid(let module, _),
      .assertUnlinkable(let module, _), .assertTrapOnInstantiation(let module, _), .assertInvalidCustom(let module, _):
      do { _ = try module.bytes(options: options(path)) } catch {
        Issue.record("\(path):\(command.location): \(error.rendered)")
      }
    case .assertMalformed(let module, let message), .assertMalformedCustom(let module, let message):
      guard case .quote = module.source else { return }
      do {
        _ = try module.bytes(options: options(path))
        Issue.record("\(path):\(command.location): assembled, but should be malformed: \(message)")
      } catch {
        #expect(error.unquotedMessage.hasPrefix(message), "\(path):\(command.location)")
      }
    case .thread(_, _, let commands):
      for command in commands { check(command, of: path) }
    default: break
    }
  }

  /// The threads proposal is based on a version of the standard without 64-bit memories.
  private func options(_ path: String) -> WatOptions {
    var options = WatOptions()
    if path.hasPrefix("proposals/threads/") { options.features.remove(.memory64) }
    return options
  }

  @Test func allCommandsAreRead() throws {
    // The known number of assertions in the suite.
    var assertions = 0
    func count(_ commands: [ScriptCommand]) {
      for command in commands {
        switch command.kind {
        case .module, .moduleDefinition, .moduleInstance, .register, .action, .wait: break
        case .thread(_, _, let commands): count(commands)
        default: assertions += 1
        }
      }
    }
    for path in TestSuite.scripts { count(try ScriptParser.parse(try TestSuite.contents(of: path))) }
    #expect(assertions == 64_094)
  }
}
