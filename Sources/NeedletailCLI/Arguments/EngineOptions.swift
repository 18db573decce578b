import Needletail

/// Options that configure the engine, shared by the commands that run code.
enum EngineOptions {
  static let engine = OptionDefinition.choice(
    "engine", ["interpreter", "jit"], "What executes the code: the interpreter, or machine code made when it is loaded")
  static let jit = OptionDefinition.flag("jit", "The same as --engine jit")
  static let aheadOfTime = OptionDefinition.flag(
    "aot", "The same as --engine jit -O aggressive: compile all of the module before it runs, for speed")
  static let lazy = OptionDefinition.flag(
    "lazy", "Make machine code of a function when it is first called, rather than of all when they are loaded")
  static let optimize = OptionDefinition.choice(
    "optimize", letter: "O", levels.map(\.name), "How much work the compiler does for faster code")
  private static let levels: [(name: String, level: OptimizationLevel)] = [
    ("none", .none), ("basic", .basic), ("aggressive", .aggressive),
  ]
  static let processor = OptionDefinition.choice(
    "cpu", ["baseline", "native"], "Whether machine code may be for this processor only, or is for any of its kind")
  static let profile = OptionDefinition.choice(
    "profile", profiles.map(\.name),
    "Tell perf what machine code is called: in /tmp/perf-PID.map, or in ./jit-PID.dump for 'perf inject --jit'")
  private static let profiles: [(name: String, format: ProfileFormat)] = [("perfmap", .perfMap), ("jitdump", .jitDump)]
  /// For all commands that run code.
  static let execution = [engine, jit, lazy, optimize, processor, dispatch]
  static let dispatch = OptionDefinition.choice(
    "dispatch", Dispatch.allCases.map(\.rawValue), "How the interpreter goes from one instruction to the next")
  static let maximumStackSize = OptionDefinition.value(
    "max-stack-size", "SIZE",
    "How much memory nested calls may take, 16KB or more; beyond it the program traps; the default is 8MB")
  private static let minimumStackSize: UInt64 = 16 << 10
  static let deterministic = OptionDefinition.flag(
    "deterministic", "Give the same results on every machine, bit for bit, NaNs included")
  static let features = OptionDefinition.value(
    "features", "LIST",
    "Proposals to turn on, or off with a minus sign, such as threads,-simd; 'wasm1', 'wasm3', 'standard' (the default) and 'all' are sets"
  )

  static let maximumHeap = OptionDefinition.value(
    "max-heap", "SIZE",
    "How much of --max-memory garbage-collected objects may take together, such as 100MB; the default is 2GB")
  static let stressesCollector = OptionDefinition.flag(
    "gc-stress",
    "Collect garbage at every allocation and poison unused memory, which is very slow, to find errors of the runtime")

  /// The configuration that the options ask for.
  ///
  /// - Throws: `UsageError` if a value cannot be read.
  static func configuration(_ arguments: ArgumentParser) throws(UsageError) -> Engine.Configuration {
    var configuration = Engine.Configuration()
    let level = try level(arguments)
    if try arguments.choice(engine) == "jit" || arguments.has(jit) || arguments.has(aheadOfTime) {
      configuration.engine = .jit(level)
    }
    if arguments.has(lazy) { configuration.compilation = .lazy }
    if try arguments.choice(processor) == "baseline" { configuration.processor = .baseline }
    configuration.profile = try arguments.choice(profile).flatMap { name in profiles.first { $0.name == name }?.format }
    configuration.compilationThreadCount = Threads.processorCount
    if isatty(STDERR_FILENO) == 1 { configuration.compilationProgress = { Terminal.showProgress("compiling", $0) } }
    configuration.log = { Terminal.note("\($0)") }
    if let name = try arguments.choice(dispatch), let dispatch = Dispatch(rawValue: name) {
      configuration.dispatch = dispatch
    }
    if let size = try arguments.byteCount(maximumStackSize, in: minimumStackSize...UInt64(Int.max)) {
      configuration.maximumStackSize = Int(size)
    }
    configuration.isDeterministic = arguments.has(deterministic)
    if let list = arguments.value(features) {
      configuration.features = try parseFeatures(list, command: arguments.command.name)
    }
    if arguments.has(stressesCollector) {
      configuration.heap.collectsAtEveryAllocation = true
      configuration.heap.poisonsUnusedMemory = true
    }
    return configuration
  }

  /// Checks options that say how code is executed against each other.
  ///
  /// - Parameters:
  ///   - configuration: what was made of them.
  ///   - isCompiled: whether the module was compiled before.
  /// - Throws: `UsageError` for two that contradict each other, and for one that would have no effect.
  static func checkCombination(
    _ arguments: ArgumentParser, _ configuration: Engine.Configuration, isCompiled: Bool = false
  ) throws(UsageError) {
    let command = arguments.command.name
    let isInterpreted = arguments.value(engine) == "interpreter"
    for option in [jit, aheadOfTime] where isInterpreted && arguments.has(option) {
      throw UsageError("--engine interpreter and \(option.spelling) contradict each other", command: command)
    }
    if arguments.has(aheadOfTime) {
      if arguments.has(lazy) { throw UsageError("--aot and --lazy contradict each other", command: command) }
      if let level = arguments.value(optimize), level != "aggressive" {
        throw UsageError(
          "--aot and --optimize \(level) contradict each other: --aot is --jit --optimize aggressive", command: command)
      }
    }
    for option in [lazy, optimize, processor, profile, aheadOfTime] + CacheOptions.all where arguments.has(option) {
      guard configuration.engine != .interpreter else {
        throw UsageError("\(option.spelling) is for machine code, which --jit makes", command: command)
      }
      guard !isCompiled || option == profile else {
        throw UsageError("\(option.spelling) has no effect on a module that was compiled before", command: command)
      }
    }
  }

  /// The compiler's level that the options ask for.
  static func level(_ arguments: ArgumentParser) throws(UsageError) -> OptimizationLevel {
    try arguments.choice(optimize).flatMap { name in levels.first { $0.name == name }?.level }
      ?? (arguments.has(aheadOfTime) ? .aggressive : .basic)
  }

  /// The limits that the options ask for.
  ///
  /// - Throws: `UsageError` if a value cannot be read.
  static func limits(_ arguments: ArgumentParser) throws(UsageError) -> Store.Limits {
    var limits = Store.Limits()
    if let size = try arguments.byteCount(maximumHeap) {
      limits.heapByteCount = size
    }
    return limits
  }

  private static let featureSets: [(name: String, features: Features)] = [
    ("all", .all), ("wasm3", .wasm3), ("wasm1", .wasm1), ("standard", .standard),
  ]

  private static func parseFeatures(_ list: String, command: String) throws(UsageError) -> Features {
    var result = Features.standard
    let words = list.split(separator: ",", omittingEmptySubsequences: false)
    for word in words {
      guard !word.isEmpty else {
        throw UsageError("--features wants names with commas between them, not '\(list)'", command: command)
      }
      let isOff = word.hasPrefix("-")
      let name = String(isOff ? word.dropFirst() : word)
      if let set = featureSets.first(where: { $0.name == name }), !isOff {
        result = set.features
      } else if let row = Features.names.first(where: { $0.name == name }) {
        if isOff { result.remove(row.feature) } else { result.insert(row.feature) }
      } else {
        guard !featureSets.contains(where: { $0.name == name }) else {
          throw UsageError("--features \(list): the set '\(name)' cannot be turned off", command: command)
        }
        let known = featureSets.map(\.name) + Features.names.map(\.name)
        let suggestion = Suggestion.best(for: name, among: known).map { "; did you mean '\($0)'?" }
        throw UsageError(
          "unknown feature '\(name)'\(suggestion ?? "; there are \(known.joined(separator: ", "))")", command: command)
      }
    }
    return result
  }
}
