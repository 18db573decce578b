import Testing
import TestSupport
import WasmText

@testable import WasmInterpreter

/// Every function of every valid module of the suite can be listed.
@Suite("Bytecode of the standard's suite")
struct BytecodeSuiteTests {
  @Test("Instructions are read by their formats, without words between them", arguments: TestSuite.scripts)
  func script(path: String) throws {
    let interpreters = [
      Interpreter(InterpreterOptions()), Interpreter(InterpreterOptions(isDeterministic: true, isInterruptible: true)),
    ]
    try check(ScriptParser.parse(TestSuite.contents(of: path)), path, interpreters)
  }

  private func check(_ commands: [ScriptCommand], _ path: String, _ interpreters: [Interpreter]) throws {
    for command in commands {
      switch command.kind {
      case .module(let module), .moduleDefinition(let module), .assertUnlinkable(let module, _),
        .assertTrapOnInstantiation(let module, _):
        let bytes = try module.bytes(options: WatOptions(features: .all))
        for interpreter in interpreters { try check(bytes, "\(path):\(command.location)", interpreter) }
      case .thread(_, _, let commands): try check(commands, path, interpreters)
      default: break
      }
    }
  }

  private func check(_ bytes: [UInt8], _ place: String, _ interpreter: Interpreter) throws {
    let functions = try functions(of: bytes, interpreter)
    for function in functions.image.module.functions.indices {
      do {
        let listing = try BytecodeListing(functions, interpreter, function: function)
        var end = 0
        for instruction in listing.instructions {
          #expect(instruction.position == end, "\(place): \(instruction.text)")
          #expect(instruction.hasPlausibleOperands(wordCount: listing.wordCount), "\(place): \(instruction.text)")
          end += instruction.wordCount
        }
        #expect(end == listing.wordCount, "\(place): function \(function)")
      } catch {
        Issue.record("\(place): function \(function): \(error)")
      }
    }
  }
}

extension BytecodeListing.Instruction {
  /// Whether branches end inside the function, and the number of words is right where the instruction has it, too.
  fileprivate func hasPlausibleOperands(wordCount functionWordCount: Int) -> Bool {
    for value in operands.map(\.value) + elements where value.hasPrefix("@") {
      guard let target = Int(value.dropFirst()), (0..<functionWordCount).contains(target) else { return false }
    }
    return operands.allSatisfy { $0.name != "wordCount" || $0.value == "\(wordCount)" }
  }
}
