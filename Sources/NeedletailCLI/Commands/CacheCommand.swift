import Needletail
import WebAssembly

/// `needletail cache`: shows the size of the cache of machine code, or empties it.
enum CacheCommand {
  private static let clear = "clear"

  static let definition = CommandDefinition(
    name: "cache",
    summary: "Show the size of the cache of machine code, or empty it",
    discussion: [
      """
      'needletail run' caches machine code, so that it is compiled only once: with --jit, that of whole modules; with \
      --engine auto, the default, that of functions which ran often. Modules with less than 4 KiB of code are not cached. \
      --no-cache turns this off. The directory is \
      NEEDLETAIL_CACHE_DIR, if this variable is set and not empty; else 'needletail' in XDG_CACHE_HOME or in ~/.cache. If \
      it cannot be used, this command says why and has the exit status 1; 'needletail run' works without a cache then, and --log shows why.
      """
    ],
    operands: [
      OperandDefinition(
        placeholder: clear, summary: "Empty the cache", completion: .words([clear]), isOptional: true)
    ],
    examples: [("needletail cache", "Show the directory and its size"), ("needletail cache clear", "Empty it")],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    if let word = parser.operands.first, word != clear {
      throw parser.invalidWord("argument", [clear], found: word)
    }
    guard let directory = CodeCache.standardDirectory else {
      throw CommandError("there is no cache: NEEDLETAIL_CACHE_DIR, XDG_CACHE_HOME and HOME are unset or empty")
    }
    let cache = CodeCache(directory: directory)
    if let reason = cache.refusal {
      throw CommandError(
        "the cache is not used: \(reason)", hints: ["the variable NEEDLETAIL_CACHE_DIR names its directory"])
    }
    let usage = cache.usage
    if parser.operands.isEmpty {
      let limit = ByteCount.format(UInt64(cache.maximumSize))
      Terminal.write("\(directory.printable)\n\(describe(usage)) of at most \(limit)\n")
      return ExitCode.success
    }
    cache.clear()
    let rest = cache.usage
    guard rest.entryCount == 0 else { throw CommandError("cannot remove \(describe(rest)) in '\(directory)'") }
    Terminal.write("\(directory.printable)\nremoved \(describe(usage))\n")
    return ExitCode.success
  }

  /// `2 modules, 33.5 KiB`
  private static func describe(_ usage: CodeCache.Usage) -> String {
    let modules = usage.entryCount == 1 ? "1 module" : "\(usage.entryCount) modules"
    return "\(modules), \(ByteCount.format(UInt64(usage.size)))"
  }
}
