import WebAssembly

/// Options of other runtimes: wasmtime (49), wasmer, wazero, WasmEdge, WAMR (`iwasm`) and their older versions.
///
/// An option with the same meaning here works. Of any other that is known, the error says how to get its effect.
enum ForeignOptions {
  enum Meaning: Sendable {
    /// The same as these options; none if Needletail always does this.
    case options([(option: OptionDefinition, value: String?)])
    /// No option has this meaning. The text says what to use instead.
    case hint(Message)
    /// The option is not known.
    case unknown([Message])
    /// The value is none that the option has in the other runtime.
    case invalid(expected: String, found: String, hints: [Message] = [])
    /// There is no value. The text is the value's name.
    case missing(String, hints: [Message] = [])
    /// The user asked for this text.
    case information(String)

    static let nothing = Meaning.options([])
    static func option(_ option: OptionDefinition, _ value: String? = nil) -> Meaning { .options([(option, value)]) }
  }

  /// An option, or a setting of one, as it was typed, and what it means.
  struct Given {
    /// `--volume`, or `-W simd` for a setting.
    var spelling: String
    /// The value as it was typed; nil if none was.
    var value: String?
    var meaning: Meaning

    /// What is not known, in messages. Whether a setting is known can depend on its value.
    var text: String {
      guard spelling.includes(" "), let value else { return spelling }
      return OptionEntry.text(spelling, value)
    }
  }

  /// What a foreign option means, setting by setting: `-W a,b=1` has two. Nil if the option is not known.
  ///
  /// - Parameters:
  ///   - spelling: the option with its dashes.
  ///   - value: returns the option's value; called only if the option takes one.
  static func meanings(of spelling: String, value: () throws -> String?) rethrows -> [Given]? {
    if let group = SettingGroup.group(spelling) { return group.meanings(of: spelling, try value()) }
    let name = String(spelling.drop { $0 == "-" })
    if let meaning = withoutValue[name] { return [Given(spelling: spelling, value: nil, meaning: meaning)] }
    if let read = withValue[name] {
      let value = try value() ?? ""
      var meaning = read(value)
      if value.isEmpty {
        // A hint is the answer in any case.
        if case .hint = meaning {} else { meaning = .missing("VALUE") }
      }
      return [Given(spelling: spelling, value: value, meaning: meaning)]
    }
    return proposalOption(name).map { [Given(spelling: spelling, value: nil, meaning: $0)] }
  }

  /// What the help says about an option of another runtime, such as `--volume`; nil if it is not known.
  static func help(_ spelling: String) -> String? {
    guard spelling.hasPrefix("-") else { return nil }
    if let group = SettingGroup.group(spelling) { return group.list }
    guard let meaning = meanings(of: spelling, value: { exampleValue(spelling) })?.first?.meaning else { return nil }
    switch meaning {
    case .hint(let hint): return "\(spelling) is an option of another runtime:\n\(HelpText.wrap(hint.text)).\n"
    case .options(let options) where options.isEmpty:
      return "\(spelling) is an option of another runtime. It has no effect here.\n"
    case .options(let options):
      return "\(spelling) is an option of another runtime. It means:\n\(HelpText.options(options.map(\.option)))"
    case .invalid(let expected, _, _):
      return "\(spelling) is an option of another runtime. Its value is \(expected).\n"
    case .unknown, .missing, .information: return nil
    }
  }

  /// A value for the help. It decides what `-v` and `-e` mean.
  private static func exampleValue(_ spelling: String) -> String {
    switch spelling {
    case "--wasi-modules", "-wasi-modules": "default"
    case "--time-limit", "-time-limit": "500"
    default: spelling.includes("cache") ? "DIR" : "NAME=HOST:GUEST"
    }
  }

  /// Whether another runtime has an option of this name.
  static func isKnown(_ name: String) -> Bool {
    withoutValue[name] != nil || withValue[name] != nil || proposalOption(name) != nil
  }

  /// The long names, for suggestions.
  static let names = (Array(withoutValue.keys) + Array(withValue.keys)).filter { $0.utf8.count > 2 }.sorted()

  /// Options that may have been meant by one that nobody knows.
  static func suggestions(for spelling: String) -> [Message] {
    let dashes = String(spelling.prefix { $0 == "-" })
    let name = String(spelling.dropFirst(dashes.count))
    for prefix in ["enable-", "disable-"] where name.hasPrefix(prefix) {
      let hints = Suggestion.hints(
        for: String(name.dropFirst(prefix.count)), among: Features.names.map(\.name), prefix: dashes + prefix)
      return hints.isEmpty ? ["'needletail help features' lists the proposals"] : hints
    }
    return name.utf8.count > 2 ? Suggestion.hints(for: name, among: names, prefix: dashes) : []
  }

  /// Yes or no in the manner of wasmtime; nil if it is something else.
  static func boolean(_ value: String?) -> Bool? {
    switch value {
    case nil, "y", "yes", "true": true
    case "n", "no", "false": false
    default: nil
    }
  }

  // MARK: Single options

  static let notYet: Message = "not available yet"
  static let noDebugger: Message =
    "there is no debugger; backtraces name functions, and lines of modules in the text format"
  static let wasiIsAlwaysThere: Message = "nothing turns it off: a module that imports WASI gets it"
  /// For `-C`, of which `run` itself knows `cache`.
  static let codegenHint: Message = "--jit, -O and --cpu say how to compile; there is one compiler"
  static let noCoreDumps: Message = "there are no core dumps; every trap has a backtrace"
  static let noComponents: Message = "components cannot be run, only modules with WASI preview 1"
  private static let metering: Message = "--fuel N limits the instructions, --fuel-usage prints how many ran"
  private static let usage: Message = "--fuel-usage prints the use of fuel, --memory-usage that of memory"

  private static func memory(_ size: String) -> Message {
    "--max-memory \(size) limits memories, tables and objects of all modules together"
  }

  static let reservations: Message =
    "nothing sets how memories are reserved; --max-memory SIZE limits their size"
  static let allProcessors: Message = "all CPUs compile; a shell's 'taskset -c 0 needletail …' uses one"
  private static let profiles: Message =
    "--jit --profile perfmap or --profile jitdump writes symbol information for perf"
  private static let packages: Message = "there are no packages: MODULE is a file, and --preload NAME=FILE adds another"
  private static let jit: Message = "--jit compiles to machine code"
  static let network: Message = "--tcplisten ADDRESS:PORT gives a listener; programs cannot connect"
  private static let call: Message = "--invoke NAME calls an exported function"

  private static let withoutValue: [String: Meaning] = [
    "interpreter": .option(EngineOptions.engine, "interpreter"), "interp": .option(EngineOptions.engine, "interpreter"),
    "force-interpreter": .option(EngineOptions.engine, "interpreter"),
    "singlepass": .hint("--jit -O none compiles fastest"), "cranelift": .hint(jit), "fast-jit": .hint(jit),
    "enable-jit": .hint(jit), "multi-tier-jit": .nothing,
    "llvm": .hint("--aot compiles to the fastest code"), "llvm-jit": .hint("--aot compiles to the fastest code"),
    "enable-aot": .hint("--aot compiles to the fastest code"),
    "enable-cranelift-nan-canonicalization": .option(EngineOptions.deterministic),
    "relaxed-simd-deterministic": .option(EngineOptions.deterministic),
    "disable-parallel-compilation": .hint(allProcessors),
    "jitdump": .hint(profiles), "perfmap": .hint(profiles), "vtune": .hint(profiles),
    "quiet": .hint(quiet), "q": .hint(quiet), "disable-logging": .hint(quiet), "log-to-files": .hint(quiet),
    "allow-multiple-wasi-versions": .nothing, "allow-command-all": .hint(processes),
    "repl": .hint(call), "run-all-exports": .hint(call),
    "disable-cache": .option(CacheOptions.off), "enable-all": .option(EngineOptions.features, "all"),
    "env-inherit": .hint("--env NAME gives one variable of this process"),
    "forward-host-env": .hint("--env NAME gives one variable of this process"),
    "inherit-env": .hint("--env NAME gives one variable of this process"),
    "net": .hint(network), "inherit-network": .hint(network), "listenfd": .hint(network),
    "epoch-interruption": .nothing, "coredump-on-trap": .hint(noCoreDumps),
    "compile": .hint("'needletail compile' compiles ahead of time"),
    "reactor": .hint(call), "verbose": .hint("--log shows what the program was denied"),
    "trap-unknown-imports": .hint("every import has to be there; see --preload"),
    "metering": .hint(metering), "enable-metering": .hint(metering), "consume-fuel": .hint(metering),
    "enable-gas-measuring": .option(EngineOptions.fuelUsage),
    "enable-instruction-count": .option(EngineOptions.fuelUsage), "enable-all-statistics": .hint(usage),
    "enable-time-measuring": .hint("a shell's 'time needletail …' shows the time of a run"),
  ]

  private static let withValue: [String: @Sendable (String) -> Meaning] = [
    "mapdir": mapdir, "map-dir": mapdir, "volume": volume, "mount": volume,
    "v": { text in
      text.includes(":")
        ? volume(text)
        : .hint("--dir HOST::GUEST[:ro] gives a directory, --log shows what is denied, --version the version")
    },
    "e": { text in
      if text.includes("=") { return .option(WASIOptions.environment, text) }
      let name = text.isEmpty || text.includes(".") ? "NAME" : text
      return .hint("--invoke \(name) calls an exported function, --env \(name) gives a variable of this process")
    },
    "i": { .option(FunctionOption.invoke, $0) },
    "wasm-features": { .option(EngineOptions.features, $0) },
    "max-wasm-stack": { .option(EngineOptions.maximumStackSize, $0) },
    "entrypoint": { _ in .hint(call) }, "f": { _ in .hint(call) }, "command-name": { _ in .hint(call) },
    "dirs": { _ in .hint("--dir HOST gives a directory") },
    "cwd": { _ in .hint("--dir HOST::. gives a directory as the current one") },
    "workdir": { _ in .hint("--dir HOST::. gives a directory as the current one") },
    "env-file": { _ in .hint("--env NAME=VALUE gives one variable") },
    "wasm-timeout": timeout,
    "time-limit": milliseconds, "gas-limit": { .option(EngineOptions.fuel, $0) },
    "instruction-limit": { .option(EngineOptions.fuel, $0) },
    "gas": { _ in .hint(metering) }, "gas-limits": { _ in .hint(metering) }, "max-fuel": { _ in .hint(metering) },
    "fuel-limit": { _ in .hint(metering) },
    "max-memory-size": { .option(EngineOptions.maximumMemory, $0) }, "memory-limit": { .hint(memory(size($0))) },
    "heap-size": { .hint(memory(size($0))) },
    "memory-page-limit": { .hint(memory(pages($0))) }, "memory-limit-pages": { .hint(memory(pages($0))) },
    "max-memory-pages": { .hint(memory(pages($0))) },
    "wasi-modules": wasiModules, "gc-heap-size": { .option(EngineOptions.maximumHeap, $0) },
    "static-memory-maximum-size": { _ in .hint(reservations) },
    "static-memory-guard-size": { _ in .hint(reservations) },
    "dynamic-memory-guard-size": { _ in .hint(reservations) },
    "dynamic-memory-reserved-for-growth": { _ in .hint(reservations) },
    "cranelift-set": { _ in .hint(codegenHint) }, "cranelift-enable": { _ in .hint(codegenHint) },
    "compiler-threads": { _ in .hint(allProcessors) }, "profiler": { _ in .hint(profiles) },
    "cpuprofile": { _ in .hint(profiles) }, "memprofile": { _ in .hint(usage) },
    "use": { _ in .hint(packages) }, "include-webc": { _ in .hint(packages) }, "registry": { _ in .hint(packages) },
    "token": { _ in .hint(packages) }, "wasmer-dir": { _ in .hint(packages) },
    "map-command": { _ in .hint(processes) }, "allow-command": { _ in .hint(processes) },
    "addr-pool": { _ in .hint(network) }, "allow-resolve": { _ in .hint(network) },
    "module-path": { _ in .hint("--preload NAME=FILE gives a module to import from") },
    "native-lib": { _ in .hint("--preload NAME=FILE gives a module to import from; there are no native libraries") },
    "wasi-nn-graph": { _ in .hint(noNeuralNetworks) }, "nn-preload": { _ in .hint(noNeuralNetworks) },
    "stack-size": { .option(EngineOptions.maximumStackSize, $0) },
    "opt-level": { .option(EngineOptions.optimize, $0) },
    "cache-dir": { .hint("the variable NEEDLETAIL_CACHE_DIR names the directory: NEEDLETAIL_CACHE_DIR=\($0)") },
    "cachedir": { .hint("the variable NEEDLETAIL_CACHE_DIR names the directory: NEEDLETAIL_CACHE_DIR=\($0)") },
    "target": { _ in .hint("'needletail compile --target' names the kind of processor") },
    "config": { _ in .hint("there is no configuration file: options say everything") },
    "listen": {
      .hint("--tcplisten ADDRESS:PORT gives a listener, as in --tcplisten 127.0.0.1:\(port($0))")
    },
    "hostlogging": { _ in .hint("--log tells what the program was denied") },
    "coredump": { _ in .hint(noCoreDumps) },
    "g": { _ in .hint(noDebugger) }, "gdbstub": { _ in .hint(noDebugger) },
  ]

  private static let quiet: Message =
    "messages go to standard error, so '2> /dev/null' hides them"
  private static let processes: Message = "programs cannot start processes"
  static let noNeuralNetworks: Message = "wasi-nn is not available, only WASI preview 1 and wasi-threads"

  /// The words of `--wasi-modules`.
  private static let wasiModuleNames = [
    "default", "wasi-common", "experimental-wasi-threads", "experimental-wasi-nn", "experimental-wasi-http",
    "experimental-wasi-crypto",
  ]

  /// `--wasi-modules LIST` of wasmtime until version 13: the parts of WASI that programs get, or with a minus sign do not get.
  @Sendable private static func wasiModules(_ text: String) -> Meaning {
    for word in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
      let isOff = word.hasPrefix("-")
      let name = isOff ? String(word.dropFirst()) : word
      guard !name.isEmpty else {
        return .invalid(expected: "names with commas between them", found: text)
      }
      guard wasiModuleNames.contains(name) else {
        return .invalid(
          expected: ArgumentParser.alternatives(wasiModuleNames), found: name,
          hints: Suggestion.hints(for: name, among: wasiModuleNames))
      }
      switch name {
      case "default", "wasi-common", "experimental-wasi-threads": if isOff { return .hint(wasiIsAlwaysThere) }
      case "experimental-wasi-nn": if !isOff { return .hint(noNeuralNetworks) }
      default: if !isOff { return .hint(noComponents) }
      }
    }
    return .nothing
  }

  /// A time as wasmtime reads it: a number without a unit is in seconds.
  @Sendable static func timeout(_ text: String) -> Meaning {
    .option(EngineOptions.timeout, text.allSatisfy(\.isNumber) ? text + "s" : text)
  }

  /// A number of milliseconds.
  @Sendable private static func milliseconds(_ text: String) -> Meaning {
    guard text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
      return .invalid(expected: "a number of milliseconds, such as 500", found: text)
    }
    return .option(EngineOptions.timeout, text + "ms")
  }

  /// A size for a hint: the given one if our option accepts it.
  private static func size(_ text: String) -> String { ByteCount.parse(text) == nil ? "SIZE" : text }

  /// The size of so many pages of 64 KiB, for a hint.
  private static func pages(_ text: String) -> String {
    UInt32(text).map { "\(UInt64($0) * 64)KiB" } ?? "SIZE"
  }

  /// A port for a hint: that of an address, if it has one.
  private static func port(_ address: String) -> UInt16 {
    address.split(separator: ":").last.flatMap { UInt16($0) } ?? 8080
  }

  /// `--mapdir GUEST::HOST` of wasmtime until version 13, with one colon in wasmer.
  @Sendable private static func mapdir(_ text: String) -> Meaning {
    guard let (guest, host) = halves(text) else { return .invalid(expected: "GUEST::HOST", found: text) }
    return .option(WASIOptions.directory, "\(host)::\(guest):rw")
  }

  /// `--volume HOST:GUEST[:ro]` of wasmer, and `-mount` of wazero.
  @Sendable private static func volume(_ text: String) -> Meaning {
    var rest = text
    var access = "rw"
    if let suffix = ["ro", "rw"].first(where: { text.hasSuffix(":\($0)") }) {
      access = suffix
      rest.removeLast(3)
    }
    guard let (host, guest) = halves(rest) else {
      let isName = !text.isEmpty && !text.includes(":") && !text.includes("=") && !ArgumentParser.isModuleName(text)
      return .hint(
        isName ? "--dir \(text) gives the directory under the same name" : "--dir HOST::GUEST[:ro] gives a directory")
    }
    // A misspelled access must not become a part of the name, and so give more than was meant.
    if rest == text, let colon = guest.lastIndex(of: ":") {
      return .invalid(expected: "access 'ro' or 'rw'", found: String(guest[guest.index(after: colon)...]))
    }
    return .option(WASIOptions.directory, "\(host)::\(guest):\(access)")
  }

  /// The texts before and after the first colon or double colon.
  private static func halves(_ text: String) -> (String, String)? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    var second = text[text.index(after: colon)...]
    if second.first == ":" { second.removeFirst() }
    return colon == text.startIndex || second.isEmpty ? nil : (String(text[..<colon]), String(second))
  }

  /// `--enable-simd` and `--disable-simd`.
  private static func proposalOption(_ name: String) -> Meaning? {
    for (prefix, sign) in [("enable-", ""), ("disable-", "-")] where name.hasPrefix(prefix) {
      let proposal = String(name.dropFirst(prefix.count))
      guard Features.names.contains(where: { $0.name == proposal }) else { continue }
      return .option(EngineOptions.features, sign + proposal)
    }
    return nil
  }
}
