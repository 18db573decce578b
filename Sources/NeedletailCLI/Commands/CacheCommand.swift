import Needletail

/// `needletail cache`: shows what is kept of compiled modules, or removes it.
enum CacheCommand {
  private static let clear = "clear"

  static let definition = CommandDefinition(
    name: "cache",
    summary: "Show how much machine code is kept for later runs, or remove it",
    discussion: [
      """
      'needletail run --jit' keeps the machine code of modules, so that it compiles each once. The folder is the one that \
      the variable NEEDLETAIL_CACHE_DIR names; else 'needletail' in XDG_CACHE_HOME or in ~/.cache.
      """
    ],
    operands: [
      OperandDefinition(
        placeholder: clear, summary: "Remove all that is kept", completion: .words([clear]), isOptional: true)
    ],
    examples: [("needletail cache", "Show the folder and its size"), ("needletail cache clear", "Empty it")],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    if let word = parser.operands.first, word != clear {
      throw UsageError("'\(word)' is nothing to do with the cache; 'clear' is", command: definition.name)
    }
    guard let directory = CodeCache.standardDirectory else {
      throw CommandError("there is no cache: none of NEEDLETAIL_CACHE_DIR, XDG_CACHE_HOME and HOME is set")
    }
    let cache = CodeCache(directory: directory)
    let usage = cache.usage
    let entries = usage.entryCount == 1 ? "1 module" : "\(usage.entryCount) modules"
    if parser.operands.isEmpty {
      let limit = ByteCount.format(UInt64(cache.maximumSize))
      Terminal.write("\(directory)\n\(entries), \(ByteCount.format(UInt64(usage.size))) of at most \(limit)\n")
    } else {
      cache.clear()
      Terminal.write("removed \(entries), \(ByteCount.format(UInt64(usage.size)))\n")
    }
    return ExitCode.success
  }
}
