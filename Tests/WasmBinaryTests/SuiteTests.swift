import Testing
import TestSupport
import WebAssembly

@testable import WasmBinary

/// The binary modules of the standard's test suite.
@Suite struct SuiteTests {
  @Test("Malformed modules are rejected with the suite's messages", arguments: TestSuite.binaryScripts)
  func script(path: String) throws {
    let commands = try TestSuite.script(path).commands
    for command in commands {
      if let failure = failure(of: command) { Issue.record("\(path):\(command.line): \(failure)") }
    }
  }

  /// The error in the decoder's result, if there is one.
  private func failure(of command: BinaryScript.Command) -> String? {
    // The suite counts this as malformed, but only the validator can find it.
    let isForValidation = command.message == "data count section required"
    let shouldFail = command.keyword == "assert_malformed" && !isForValidation
    do {
      let module = try Decoder.decode(command.module)
      try module.checkBodies()
      return shouldFail ? "accepted, should be \(command.message)" : nil
    } catch {
      return shouldFail && error.message.hasPrefix(command.message) ? nil : "\(error) instead of \(command.message)"
    }
  }
}
