import WasmText
import WebAssembly

/// Options that choose one function of a module.
enum FunctionOption {
  static let invoke = OptionDefinition.value(
    "invoke", "NAME", completion: .exports, acceptsEmptyValue: true,
    "Call this exported function with the arguments after MODULE, and print its results")

  /// The option `--function` of commands that show functions.
  static func definition(_ summary: String) -> OptionDefinition {
    .value("function", "NAME", acceptsEmptyValue: true, summary)
  }

  /// The position of a function, given by name, export or index, among the functions that the module defines.
  ///
  /// - Parameter file: the module's file, for messages.
  /// - Throws: `CommandError`, with a similar name, with the import that the function is, or with the functions that have this name.
  static func position(_ name: String, in dump: ObjectDump, of file: ModuleFile) throws(CommandError) -> Int {
    let candidates = dump.functions(called: name)
    if candidates.count > 1 {
      let count = candidates.count == 2 ? "two" : "\(candidates.count)"
      let shown = candidates.prefix(5).map { "\($0.role) function \($0.index)" }
      let list =
        candidates.count > shown.count
        ? "\(shown.joined(separator: ", ")) and \(candidates.count - shown.count) more"
        : "\(shown.dropLast().joined(separator: ", ")) and \(shown[shown.count - 1])"
      throw CommandError(
        "\(file.displayName): \(count) functions are called '\(name)': \(list)",
        hints: ["--function \(candidates[0].index) chooses the first of them by its index"])
    }
    if let position = dump.position(ofFunction: name) { return position }
    if let entry = dump.importedFunction(name) {
      throw CommandError(
        "\(file.displayName): function '\(name)' is imported, as \"\(entry.name)\" from \"\(entry.module)\": the module has no code for it"
      )
    }
    let count = dump.module.functions.count
    let first = dump.module.importedFunctions.count
    let indices: Message? =
      if UInt32(name) == nil || count == 0 {
        nil
      } else if count == 1 {
        "its only function has the index \(first)"
      } else {
        "the indices of its functions are \(first) to \(first + count - 1)"
      }
    let names =
      dump.names.functions.entries.map(\.name)
      + dump.module.exports.lazy.filter { $0.kind == .function }.map(\.name)
    let hints = Suggestion.hints(for: name, among: names) + (indices.map { [$0] } ?? [])
    throw CommandError(
      "\(file.displayName): the module defines no function '\(name)'",
      hints: hints.isEmpty && !names.isEmpty ? ["it has \(Invocation.list(unique(names)))"] : hints)
  }

  /// The names without repetitions.
  private static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
