import Needletail
import WasmText

extension ScriptSession {
  /// Checks an assertion.
  ///
  /// - Throws: `ScriptFailure` if the assertion does not hold, or the unexpected error.
  func check(_ assertion: ScriptCommand.Kind) throws {
    switch assertion {
    case .assertMalformed(let module, let message) where module.isComponent:
      try expect(
        "a malformed component", message, phase: module.isText ? .parsing : .decoding, anywhere: true
      ) { try validateComponent(module) }
    case .assertInvalid(let module, let message) where module.isComponent:
      try expect("an invalid component", message, phase: .validation, anywhere: true) { try validateComponent(module) }
    case .assertReturn(let action, let expected): try checkReturn(action, expected)
    case .assertTrap(let action, let message): try expectTrap(message) { _ = try perform(action) }
    case .assertTrapOnInstantiation(let module, let message): try expectTrap(of: load(module), message)
    case .assertTrapOfDefinition(let name, let message): try expectTrap(of: definition(name), message)
    case .assertExhaustion(let action, let message):
      try expect("exhaustion", message, phase: .exhaustion) { _ = try perform(action) }
    case .assertException(let action): try expect("an exception", "", phase: .exception) { _ = try perform(action) }
    case .assertMalformed(let module, let message):
      try expect("a malformed module", message, phase: module.isText ? .parsing : .decoding) { _ = try load(module) }
    case .assertInvalid(let module, let message):
      try expect("an invalid module", message, phase: .validation) { _ = try load(module) }
    case .assertUnlinkable(let module, let message): try expectLinkError(of: load(module), message)
    case .assertUnlinkableDefinition(let name, let message): try expectLinkError(of: definition(name), message)
    case .assertMalformedCustom(let module, let message):
      try expect("a malformed custom section", message, phase: module.isText ? .parsing : .decoding) {
        try CustomSections.check(try load(module))
      }
    case .assertInvalidCustom(let module, let message):
      try expect("an invalid custom section", message, phase: .validation) {
        try CustomSections.check(try load(module))
      }
    case .module, .moduleDefinition, .moduleInstance, .register, .action, .thread, .wait:
      throw ScriptFailure(message: "no assertion")
    }
  }

  private func checkReturn(_ action: ScriptAction, _ expected: [ScriptResult]) throws {
    let results = try perform(action)
    let fits =
      results.count == expected.count && zip(expected, results).allSatisfy { inspector.matches($0, $1) }
    guard !fits else { return }
    throw ScriptFailure(
      message: "expected \(ResultDescription.list(expected.map(ResultDescription.of))), "
        + "found \(ResultDescription.list(results.map(ResultDescription.of)))")
  }

  private func expectTrap(of module: Module, _ message: String) throws {
    try expectTrap(message) { _ = try linker.instantiate(module, in: store) }
  }

  private func expectLinkError(of module: Module, _ message: String) throws {
    try expect("a link error", message, phase: .linking) { _ = try linker.instantiate(module, in: store) }
  }

  private func expectTrap(_ message: String, _ body: () throws -> Void) throws {
    try expect("a trap", message, phase: .trap, body)
  }

  /// Runs `body`, which must throw an error of the given phase whose message begins with `message`.
  ///
  /// - Parameter anywhere: whether the message need only contain it: the component model's suite has parts of messages.
  private func expect(
    _ what: String, _ message: String, phase: ErrorPhase, anywhere: Bool = false, _ body: () throws -> Void
  ) throws {
    let quoted = message.isEmpty ? "" : " \"\(message)\""
    do {
      try body()
    } catch let error as ScriptFailure {
      throw error
    } catch {
      guard ErrorPhase(error) == phase else {
        throw ScriptFailure(message: "expected \(what)\(quoted), found \(ErrorDescription.of(error))")
      }
      let found = ErrorDescription.message(of: error)
      guard found.utf8.starts(with: message.utf8) || anywhere && found.includes(message) else {
        throw ScriptFailure(
          message:
            "expected \(what)\(quoted), found the message \"\(ErrorDescription.onOneLine(ErrorDescription.message(of: error)))\""
        )
      }
      return
    }
    throw ScriptFailure(message: "expected \(what)\(quoted), found no error")
  }
}

extension ScriptModule {
  /// Whether the module is in the text format, directly or quoted.
  fileprivate var isText: Bool {
    if case .binary = source { false } else { true }
  }
}
