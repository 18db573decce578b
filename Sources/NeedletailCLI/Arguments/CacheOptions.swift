import Needletail

/// Options that say whether machine code is kept for later runs.
enum CacheOptions {
  static let off = OptionDefinition.flag("no-cache", "Neither keep machine code for later runs nor use what is kept")
  /// As wasmtime spells it.
  static let codegen = OptionDefinition.value(
    "codegen", letter: "C", "cache[=y|n]", completion: .words(["cache=y", "cache=n"]), isRepeatable: true,
    "With cache=n, the same as --no-cache")
  static let all = [off, codegen]

  /// The cache that machine code is kept in; nil if there is to be none.
  ///
  /// - Throws: `UsageError` if a value cannot be read.
  static func cache(_ parser: ArgumentParser) throws(UsageError) -> CodeCache? {
    var isOn = !parser.has(off)
    for text in parser.values(codegen) {
      switch text {
      case "cache", "cache=y", "cache=yes", "cache=true": isOn = true
      case "cache=n", "cache=no", "cache=false": isOn = false
      default: throw UsageError("--codegen wants cache=y or cache=n, not '\(text)'", command: parser.command.name)
      }
    }
    guard !(isOn && parser.has(off)) else {
      throw UsageError("--no-cache and --codegen cache=y contradict each other", command: parser.command.name)
    }
    guard isOn, let directory = CodeCache.standardDirectory else { return nil }
    var cache = CodeCache(directory: directory)
    if parser.has(WASIOptions.log) { cache.log = { Terminal.note("\($0)") } }
    return cache
  }
}
