import Needletail

/// Options that turn the cache of machine code off.
enum CacheOptions {
  static let off = OptionDefinition.flag("no-cache", "Neither use the cache of machine code nor add to it")
  /// As wasmtime spells it.
  static let codegen = OptionDefinition.value(
    "codegen", letter: "C", "cache[=y|n]", completion: .words(["cache=y", "cache=n"]), isRepeatable: true,
    "With cache=n, the same as --no-cache")
  static let all = [off, codegen]

  /// The cache of machine code; nil if it is turned off, or if there is no folder for it.
  ///
  /// - Throws: `UsageError` for an invalid value.
  static func cache(_ parser: ArgumentParser) throws(UsageError) -> CodeCache? {
    var isOn = !parser.has(off)
    if let value = parser.value(codegen) { isOn = value == "cache=y" }
    guard !(isOn && parser.has(off)) else { throw parser.contradiction(off, codegen) }
    guard isOn, let directory = CodeCache.standardDirectory else { return nil }
    var cache = CodeCache(directory: directory)
    if parser.has(WASIOptions.log) { cache.log = { Terminal.note("\($0)") } }
    return cache
  }
}
