import WasmText

/// The option that chooses one function of a module.
enum FunctionOption {
  static func definition(_ summary: String) -> OptionDefinition { .value("function", "NAME", summary) }

  /// The position, among the functions that the module defines, of the one that the user means.
  ///
  /// - Throws: `CommandError`, with a name that is like it.
  static func position(_ name: String, in dump: ObjectDump) throws(CommandError) -> Int {
    if let position = dump.position(ofFunction: name) { return position }
    let suggestion = Suggestion.best(for: name, among: dump.names.functions.entries.map(\.name))
    throw CommandError(
      "there is no function '\(name)' with code", hints: suggestion.map { ["did you mean '\($0)'?"] } ?? [])
  }
}
