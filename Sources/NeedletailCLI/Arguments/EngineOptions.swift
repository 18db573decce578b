import Needletail
import NeedletailSystem
import WasmCompiler
import WasmNative
import WebAssembly

/// Options that configure the engine, shared by the commands that run code.
enum EngineOptions {
  static let engine = OptionDefinition.choice(
    "engine", ["auto", "interpreter", "jit"],
    "Compile what runs often and interpret the rest (auto, the default), interpret all code, or compile all of it when it is loaded"
  )
  static let jit = OptionDefinition.flag("jit", "The same as --engine jit")
  static let aheadOfTime = OptionDefinition.flag(
    "aot", "The same as --engine jit -O aggressive: compile all code before it runs, for the fastest code")
  static let lazy = OptionDefinition.flag(
    "lazy", "With --jit: compile a function when it is first called, not all functions when they are loaded")
  static let optimize = OptionDefinition.choice(
    "optimize", letter: "O", levels.map(\.name),
    "How much work the compiler does for faster code; the default is basic; also written 0, 1 and 2 (3 and s mean 2)")
  private static let levels: [(name: String, level: OptimizationLevel)] = [
    ("none", .none), ("basic", .basic), ("aggressive", .aggressive),
  ]
  static let processor = OptionDefinition.choice(
    "cpu", ["baseline", "native"],
    "CPU to compile for: native (the default) is this one, baseline any \(NativeBackend.baselineName)")
  static let profile = OptionDefinition.choice(
    "profile", profiles.map(\.name),
    "Write symbol information for perf: to /tmp/perf-PID.map, or to ./jit-PID.dump for 'perf inject --jit'")
  private static let profiles: [(name: String, format: ProfileFormat)] = [("perfmap", .perfMap), ("jitdump", .jitDump)]
  /// For all commands that run code.
  static let execution = [engine, jit, lazy, tierUp, optimize, processor, dispatch]
  static let tierUp = OptionDefinition.value(
    "tier-up", "CALLS",
    "Compile a function after this many calls, the default is 200, or 12 times as many iterations of a loop; 0 compiles it at its first call"
  )
  static let dispatch = OptionDefinition.choice(
    "dispatch", Dispatch.allCases.map(\.rawValue), "How the interpreter gets from one instruction to the next")
  static let maximumMemory = OptionDefinition.value(
    "max-memory", OptionDefinition.size,
    "Limit the memories, tables and objects of all modules together; there is no limit by default")
  static let maximumStackSize = OptionDefinition.value(
    "max-stack-size", OptionDefinition.size,
    "Limit the memory of nested calls, beyond which the program traps; at least 16 KiB, the default is 8 MiB")
  static let minimumStackSize: UInt64 = 16 << 10
  static let deterministic = OptionDefinition.flag(
    "deterministic", "Give the same results on every machine, bit for bit, NaNs included")
  static let fuel = OptionDefinition.value(
    "fuel", "N",
    "Trap when the program has used this much fuel: most instructions cost 1, some cost more for each byte, page or element"
  )
  static let fuelUsage = OptionDefinition.flag(
    "fuel-usage", "Print on standard error how much fuel the program used; without --fuel, it is not limited")
  /// For `compile`.
  static let metered = OptionDefinition.flag(
    "fuel", "Count fuel in the machine code: the file then runs with --fuel N or --fuel-usage, and not without them",
    hintForValue: "the amount is given to 'run': needletail --fuel N FILE")
  static let timeout = OptionDefinition.value(
    "timeout", OptionDefinition.time,
    "Trap after this time, loading and compiling included; a number with a unit (ms, s, m or h), as in 500ms or 2.5s")
  static let features = OptionDefinition.value(
    "features", "LIST", completion: .features, isRepeatable: true,
    "Proposals to turn on, or off with a minus sign, as in threads,-simd; 'needletail help features' lists them")

  static let maximumHeap = OptionDefinition.value(
    "max-heap", OptionDefinition.size, "Limit the memory of garbage-collected objects; the default is 2 GiB")
  static let stressesCollector = OptionDefinition.flag(
    "gc-stress",
    "Collect garbage at every allocation and poison unused memory, to find errors of the runtime (very slow)")

  /// The configuration according to the options.
  ///
  /// - Throws: `UsageError` for an invalid value.
  static func configuration(_ arguments: ArgumentParser) throws(UsageError) -> Engine.Configuration {
    var configuration = Engine.Configuration()
    let level = try level(arguments)
    let engine = try arguments.choice(
      engine, otherwise: ["--engine jit compiles all code, --engine interpreter none; there is one compiler"])
    if engine == "jit" || arguments.has(jit) || arguments.has(aheadOfTime) {
      configuration.execution = .jit(level)
    } else if engine == "interpreter" {
      configuration.execution = .interpreter
    }
    if let calls = try arguments.number(tierUp, in: 0...Int32.max) { configuration.tiers = TierOptions(calls: calls) }
    configuration.tiers.level = level
    if arguments.has(lazy) { configuration.compilation = .lazy }
    let processors: [Message] = ["native is the processor of this computer, baseline any \(NativeBackend.baselineName)"]
    if try arguments.choice(processor, otherwise: processors) == "baseline" { configuration.processor = .baseline }
    configuration.profile = try arguments.choice(
      profile, otherwise: ["perf reads both: see 'needletail help run --profile'"]
    ).flatMap { name in profiles.first { $0.name == name }?.format }
    configuration.compilationThreadCount = Processors.availableCount
    if FileDescriptor.standardError.isTerminal {
      configuration.compilationProgress = { Terminal.showProgress("compiling", $0) }
    }
    configuration.log = { Terminal.note("\($0)") }
    if arguments.has(WASIOptions.log) { configuration.refusalLog = { Terminal.note("\(LimitOptions.naming($0))") } }
    try LimitOptions.configure(&configuration, arguments)
    if let name = try arguments.choice(dispatch), let dispatch = Dispatch(rawValue: name) {
      configuration.dispatch = dispatch
    }
    if let size = try arguments.byteCount(maximumStackSize, in: minimumStackSize...UInt64(Int.max)) {
      configuration.maximumStackSize = Int(size)
    }
    configuration.isDeterministic = arguments.has(deterministic)
    if arguments.has(fuel) || arguments.has(fuelUsage) { configuration.fuel = FuelCosts() }
    if arguments.has(features) {
      configuration.features = try parseFeatures(arguments.entries(features), command: arguments.command.name)
    }
    if arguments.has(stressesCollector) {
      configuration.heap.collectsAtEveryAllocation = true
      configuration.heap.poisonsUnusedMemory = true
    }
    return configuration
  }

  /// Checks the options that say how code is executed.
  ///
  /// - Parameters:
  ///   - configuration: the configuration according to the options.
  ///   - isCompiled: whether all modules were compiled before.
  /// - Throws: `UsageError` for options that contradict each other, and for an option without effect.
  static func checkCombination(
    _ arguments: ArgumentParser, _ configuration: Engine.Configuration, isCompiled: Bool = false
  ) throws(UsageError) {
    try checkContradictions(arguments)
    let execution = configuration.execution
    for option in [lazy, optimize, processor, profile, aheadOfTime] + CacheOptions.all {
      try arguments.check(option, execution != .interpreter, "on the interpreter; --jit compiles")
    }
    if isCompiled, execution != .interpreter {
      for option in [lazy, optimize, processor, aheadOfTime, tierUp, dispatch] + CacheOptions.all + [engine, jit] {
        try arguments.check(option, false, "on a module that was compiled before")
      }
    }
    try arguments.check(lazy, execution != .auto, "without --jit")
    try arguments.check(tierUp, execution == .auto, "without --engine auto")
    try arguments.check(dispatch, !execution.compilesAll, "on compiled code")
  }

  /// - Throws: `UsageError` for options that contradict each other.
  static func checkContradictions(_ arguments: ArgumentParser) throws(UsageError) {
    if let name = arguments.value(engine), name != "jit" {
      for option in [jit, aheadOfTime] where arguments.has(option) { throw arguments.contradiction(engine, option) }
    }
    guard arguments.has(aheadOfTime) else { return }
    if arguments.has(lazy) { throw arguments.contradiction(aheadOfTime, lazy) }
    guard try level(arguments) == .aggressive else {
      throw arguments.contradiction(aheadOfTime, optimize, ": --aot is --jit -O aggressive")
    }
  }

  /// The compiler's level according to the options.
  ///
  /// - Throws: `UsageError` for an invalid value.
  static func level(_ arguments: ArgumentParser) throws(UsageError) -> OptimizationLevel {
    let otherwise: [Message] = ["0 is none, 1 is basic, and 2, 3 and s are aggressive"]
    return try arguments.choice(optimize, synonym: levelSynonym, otherwise: otherwise).flatMap { name in
      levels.first { $0.name == name }?.level
    } ?? (arguments.has(aheadOfTime) ? .aggressive : .basic)
  }

  /// Levels as wasmtime and C compilers write them, also as `opt-level`.
  private static func levelSynonym(_ text: String) -> String? {
    switch text {
    case "0": "none"
    case "1": "basic"
    case "2", "3", "s": "aggressive"
    default: nil
    }
  }

  /// The fuel of the program; nil if it is not counted.
  ///
  /// - Throws: `UsageError` for an invalid value.
  static func fuel(_ arguments: ArgumentParser) throws(UsageError) -> UInt64? {
    let largest = UInt64(Int64.max)
    return try arguments.number(fuel, in: 0...largest) ?? (arguments.has(fuelUsage) ? largest : nil)
  }

  private static let featureSets: [(name: String, features: Features)] = [
    ("all", .all), ("wasm3", .wasm3), ("wasm1", .wasm1), ("standard", .standard),
  ]

  /// The words of `--features`: sets, proposals, and proposals with a minus sign.
  static let featureWords = featureSets.map(\.name) + Features.names.map(\.name)

  /// The setting of `-W` that comes before all others. (As in wasmtime.)
  static let allProposals = "all-proposals"

  private static func parseFeatures(_ entries: [OptionEntry], command: String) throws(UsageError) -> Features {
    var result = Features.standard
    let isFirst = { (entry: OptionEntry) in entry.spelling.hasSuffix(" \(allProposals)") }
    for entry in entries.filter(isFirst) + entries.filter({ !isFirst($0) }) {
      for word in entry.value.split(separator: ",", omittingEmptySubsequences: false) {
        guard !word.isEmpty, word != "-" else {
          throw UsageError(
            "invalid \(entry.spelling): expected names with commas between them, found '\(entry.shownValue)'",
            command: command)
        }
        try apply(String(word), to: &result, entry.spelling, command)
      }
    }
    return result
  }

  private static func apply(
    _ word: String, to result: inout Features, _ spelling: String, _ command: String
  ) throws(UsageError) {
    let isOff = word.hasPrefix("-")
    let name = isOff ? String(word.dropFirst()) : word
    if let row = Features.names.first(where: { $0.name == name }) {
      if isOff { result.remove(row.feature) } else { result.insert(row.feature) }
      return
    }
    if let set = featureSets.first(where: { $0.name == name }) {
      guard !isOff else {
        throw UsageError("invalid \(spelling): the set '\(name)' cannot be turned off", command: command)
      }
      result = set.features
      return
    }
    var hints = Suggestion.hints(for: name, among: featureWords, prefix: isOff ? "-" : "")
    if let off = featureTurnedOff(name) { hints = ["did you mean '-\(off)'?"] }
    throw UsageError(
      "unknown feature '\(name)'", command: command,
      hints: hints.isEmpty ? ["'needletail help features' lists them"] : hints)
  }
}

extension EngineOptions {
  /// The proposal that a word such as `simd=n` or `no-simd` turns off in other programs; nil for any other word.
  private static func featureTurnedOff(_ word: String) -> String? {
    let names = Features.names.map(\.name)
    for suffix in ["=n", "=no", "=false", "=off"] where word.hasSuffix(suffix) {
      return names.first { $0 == word.dropLast(suffix.count) }
    }
    return names.first { ["no-\($0)", "!\($0)", "disable-\($0)"].contains(word) }
  }
}

extension Engine.Configuration.Execution {
  /// Whether all code is compiled, when it is loaded or when it is first called.
  fileprivate var compilesAll: Bool {
    if case .jit = self { true } else { false }
  }
}
