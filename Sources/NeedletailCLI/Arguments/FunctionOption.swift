import WasmText
import WebAssembly

/// Options that choose one function of a module.
enum FunctionOption {
  static let invoke = OptionDefinition.value(
    "invoke", "NAME", completion: .exports,
    "Call this exported function with the arguments after MODULE, and print its results")

  /// The option `--function` of commands that show functions.
  static func definition(_ summary: String) -> OptionDefinition { .value("function", "NAME", summary) }

  /// The position of a function, given by name, export or index, among the functions that the module defines.
  ///
  /// - Throws: `CommandError`, with a similar name.
  static func position(_ name: String, in dump: ObjectDump) throws(CommandError) -> Int {
    if let position = dump.position(ofFunction: name) { return position }
    throw CommandError(
      "the module defines no function '\(name)'",
      hints: Suggestion.hints(for: name, among: dump.names.functions.entries.map(\.name)))
  }
}
