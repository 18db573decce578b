import WebAssembly

/// Options of other runtimes: wasmtime (49), wasmer, wazero, WasmEdge, WAMR (`iwasm`) and their older versions.
///
/// An option with the same meaning here works. Of any other that is known, the error says how to get its effect.
enum ForeignOptions {
  enum Meaning {
    /// The same as these options; none if Needletail always does this.
    case options([(option: OptionDefinition, value: String?)])
    /// No option has this meaning. The text says what to use instead.
    case hint(Message)

    /// The value is none that the option has in the other runtime.
    case invalid(expected: String, found: String)

    static let nothing = Meaning.options([])
    static func option(_ option: OptionDefinition, _ value: String? = nil) -> Meaning { .options([(option, value)]) }
  }

  /// What a foreign option means, part by part: `-W a,b=1` has two. Nil if the option is not known.
  ///
  /// - Parameters:
  ///   - spelling: the option with its dashes.
  ///   - value: returns the option's value; called only if the option takes one.
  static func meanings(
    of spelling: String, value: () throws -> String?
  ) rethrows -> [(spelling: String, meaning: Meaning)]? {
    if let group = groups[spelling] {
      let parts = (try value() ?? "").split(separator: ",")
      guard !parts.isEmpty else { return [(spelling, .hint(group.hint))] }
      return parts.map { part in
        let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let meaning = group.meaning(words[0], words.count > 1 ? words[1] : nil) ?? .hint(group.hint)
        // Whether an option is known can depend on its value: that is part of the message.
        if case .hint = meaning { return ("\(spelling) \(part)", meaning) }
        return ("\(spelling) \(words[0])", meaning)
      }
    }
    let name = String(spelling.drop { $0 == "-" })
    if let meaning = withoutValue[name] { return [(spelling, meaning)] }
    if let meaning = withValue[name] { return [(spelling, meaning(try value() ?? ""))] }
    return proposalOption(name).map { [(spelling, $0)] }
  }

  /// What the help says about an option of another runtime, such as `--volume`; nil if it is not known.
  static func help(_ spelling: String) -> String? {
    // The value decides what `-v` and `-e` mean.
    let example = spelling.includes("cache") ? "DIR" : "NAME=HOST:GUEST"
    let value = groups[spelling] == nil ? example : nil
    guard spelling.hasPrefix("-"), let meaning = meanings(of: spelling, value: { value })?.first?.meaning else {
      return nil
    }
    if let group = groups[spelling], let keys = group.keys {
      return """
        \(spelling) is an option of another runtime:
        \(HelpText.wrap(group.hint.text)).
        \(HelpText.wrap("These of its settings work: \(keys)")).

        """
    }
    switch meaning {
    case .hint(let hint): return "\(spelling) is an option of another runtime:\n\(HelpText.wrap(hint.text)).\n"
    case .options(let options) where options.isEmpty:
      return "\(spelling) is an option of another runtime. It has no effect here.\n"
    case .options(let options):
      return "\(spelling) is an option of another runtime. It means:\n\(HelpText.options(options.map(\.option)))"
    case .invalid(let expected, _): return "\(spelling) is an option of another runtime. Its value is \(expected).\n"
    }
  }

  /// Whether another runtime has an option of this name.
  static func isKnown(_ name: String) -> Bool {
    withoutValue[name] != nil || withValue[name] != nil || proposalOption(name) != nil
  }

  // MARK: Groups of wasmtime

  private struct Group {
    /// For keys that are not known.
    var hint: Message
    /// The keys that have a meaning here, for the help; nil if there are none.
    var keys: String?
    var meaning: @Sendable (_ key: String, _ value: String?) -> Meaning?
  }

  private static let groups: [String: Group] = {
    let wasm = Group(
      hint:
        "proposals are turned on and off by --features, limits are set by --max-memory, --max-stack-size, --fuel and --timeout",
      keys:
        "fuel=N, timeout=TIME, max-memory-size=SIZE, max-table-elements=N, max-memories=N, max-tables=N, max-instances=N, trap-on-grow-failure, max-wasm-stack=SIZE, nan-canonicalization, relaxed-simd-deterministic, epoch-interruption, all-proposals, and names of proposals, as in simd=n",
      meaning: wasmSetting)
    let wasi = Group(
      hint: "the options --dir, --env, --stdin, --stdout, --stderr and --tcplisten say what a program can use",
      keys:
        "inherit-stdin=n, inherit-stdout=n, inherit-stderr=n, tcplisten=ADDRESS:PORT, cli, common and threads, and n for what programs cannot use in any case, as in http=n",
      meaning: wasiSetting)
    let debug = Group(
      hint: "'needletail explore' and 'compile --emit' show what the compiler makes; backtraces are always shown",
      meaning: { key, _ in key.hasPrefix("coredump") ? .hint(noCoreDumps) : nil })
    let codegen = Group(hint: codegenHint, meaning: { .hint(codegenHint(for: $0, $1)) })
    return [
      "-W": wasm, "--wasm": wasm, "-S": wasi, "--wasi": wasi, "-D": debug, "--debug": debug, "-C": codegen,
      "--codegen": codegen, "-R": Group(hint: notYet, meaning: { _, _ in nil }),
    ]
  }()

  /// For `-C`, of which `run` itself knows `cache`.
  static let codegenHint: Message = "--jit, -O and --cpu say how to compile; there is one compiler"

  /// The hint for one setting of `-C`.
  static func codegenHint(for key: String, _ value: String?) -> Message {
    switch key {
    case "cache-config", "cache-dir":
      "there is no configuration file; the variable NEEDLETAIL_CACHE_DIR names the directory of the cache"
    case "compiler" where value == "winch": "--jit -O none compiles fastest; there is one compiler"
    case "compiler" where value == "cranelift": "--jit compiles to machine code; there is one compiler"
    case "parallel-compilation": allProcessors
    default: codegenHint
    }
  }

  /// Yes or no in the manner of wasmtime; nil if it is something else.
  static func boolean(_ value: String?) -> Bool? {
    switch value {
    case nil, "y", "yes", "true": true
    case "n", "no", "false": false
    default: nil
    }
  }

  private static func count(_ option: OptionDefinition, _ value: String?) -> Meaning {
    value.map { .option(option, $0) } ?? .invalid(expected: "a number", found: "")
  }

  private static func notBoolean(_ value: String?) -> Meaning { .invalid(expected: "'y' or 'n'", found: value ?? "") }

  @Sendable private static func wasmSetting(_ key: String, _ value: String?) -> Meaning? {
    if Features.names.contains(where: { $0.name == key }) {
      return boolean(value).map { .option(EngineOptions.features, $0 ? key : "-\(key)") } ?? notBoolean(value)
    }
    switch key {
    case "all-proposals": return boolean(value) == true ? .option(EngineOptions.features, "all") : nil
    case "max-wasm-stack": return value.map { .option(EngineOptions.maximumStackSize, $0) }
    case "nan-canonicalization", "relaxed-simd-deterministic":
      return boolean(value).map { $0 ? .option(EngineOptions.deterministic) : .nothing } ?? notBoolean(value)
    case "unknown-exports-allow": return .nothing
    case "max-memory-size": return value.map { .option(EngineOptions.maximumMemory, $0) }
    case "max-table-elements": return count(LimitOptions.maximumTableElements, value)
    case "max-memories": return count(LimitOptions.maximumMemories, value)
    case "max-tables": return count(LimitOptions.maximumTables, value)
    case "max-instances": return count(LimitOptions.maximumInstances, value)
    case "fuel": return value.map { .option(EngineOptions.fuel, $0) } ?? .invalid(expected: "a number", found: "")
    case "timeout": return value.map(timeout) ?? .invalid(expected: "a time", found: "")
    // Loops and calls always look for the deadline.
    case "epoch-interruption": return boolean(value).map { _ in .nothing } ?? notBoolean(value)
    case "epoch-deadline": return .hint("--timeout TIME limits the time")
    case "trap-on-grow-failure":
      return boolean(value).map { $0 ? .option(LimitOptions.trapsOnGrowFailure) : .nothing } ?? notBoolean(value)
    case "wmemcheck": return .hint(notYet)
    case "unknown-imports-trap", "unknown-imports-default":
      return .hint("--preload NAME=FILE gives a module to import from; every import has to be there")
    default:
      guard key.hasPrefix("component-model") else { return nil }
      return boolean(value) == false ? .nothing : .hint(noComponents)
    }
  }

  @Sendable private static func wasiSetting(_ key: String, _ value: String?) -> Meaning? {
    switch key {
    case "cli", "common", "threads", "preview0":
      return switch boolean(value) {
      case true?: .nothing
      case false?: .hint("nothing turns it off: a module that imports WASI gets it")
      case nil: notBoolean(value)
      }
    case "inherit-stdin": return stream(WASIOptions.standardInput, value)
    case "inherit-stdout": return stream(WASIOptions.standardOutput, value)
    case "inherit-stderr": return stream(WASIOptions.standardError, value)
    case "tcplisten": return value.map { .option(WASIOptions.listener, $0) }
    case "preview2": return boolean(value) == false ? .nothing : .hint(noComponents)
    case "inherit-env":
      return boolean(value) == false ? .nothing : .hint("--env NAME gives one variable of this process")
    case "inherit-network", "tcp", "udp", "allow-ip-name-lookup", "listenfd":
      return boolean(value) == false
        ? .nothing : .hint("--tcplisten ADDRESS:PORT gives a listener; programs cannot connect")
    case "http", "p3", "nn", "config", "keyvalue", "tls":
      return boolean(value) == false ? .nothing : .hint(noComponents)
    default: return nil
    }
  }

  private static func stream(_ option: OptionDefinition, _ value: String?) -> Meaning? {
    boolean(value).map { $0 ? .nothing : .option(option, "null") } ?? notBoolean(value)
  }

  // MARK: Single options

  private static let notYet: Message = "not available yet"
  private static let noCoreDumps: Message = "there are no core dumps; every trap has a backtrace"
  private static let noComponents: Message = "components are not supported, only modules with WASI preview 1"
  private static let metering: Message = "--fuel N limits the instructions, --fuel-usage prints how many ran"
  private static let usage: Message = "--fuel-usage prints the use of fuel, --memory-usage that of memory"

  private static func memory(_ size: String) -> Message {
    "--max-memory \(size) limits memories, tables and objects of all modules together"
  }

  private static let reservations: Message =
    "nothing sets how memories are reserved; --max-memory SIZE limits their size"
  private static let allProcessors: Message = "all CPUs compile; a shell's 'taskset -c 0 needletail …' uses one"
  private static let profiles: Message =
    "--jit --profile perfmap or --profile jitdump writes symbol information for perf"
  private static let packages: Message = "there are no packages: MODULE is a file, and --preload NAME=FILE adds another"
  private static let jit: Message = "--jit compiles to machine code"
  private static let network: Message = "--tcplisten ADDRESS:PORT gives a listener; programs cannot connect"
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
      text.includes("=")
        ? .option(WASIOptions.environment, text)
        : .hint("--env NAME=VALUE gives a variable, --invoke NAME calls an exported function")
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
    // In milliseconds.
    "time-limit": { .option(EngineOptions.timeout, $0 + "ms") }, "gas-limit": { .option(EngineOptions.fuel, $0) },
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
    "g": { _ in .hint("there is no debugger; backtraces name functions, and lines of modules in the text format") },
    "gdbstub": { _ in .hint("there is no debugger; backtraces name functions, and lines of modules in the text format")
    },
  ]

  private static let quiet: Message =
    "messages go to standard error, so '2> /dev/null' hides them"
  private static let processes: Message = "programs cannot start processes"
  private static let noNeuralNetworks: Message = "wasi-nn is not available, only WASI preview 1 and wasi-threads"

  /// `--wasi-modules LIST` of wasmtime until version 13: the parts of WASI that programs get, or with a minus sign do not get.
  @Sendable private static func wasiModules(_ text: String) -> Meaning {
    for word in text.split(separator: ",").map(String.init) {
      switch word {
      case "default", "wasi-common", "experimental-wasi-threads": continue
      case "-default", "-wasi-common", "-experimental-wasi-threads":
        return .hint("nothing turns it off: a module that imports WASI gets it")
      case _ where word.hasPrefix("-"): continue
      case "experimental-wasi-nn": return .hint(noNeuralNetworks)
      default: return .hint(noComponents)
      }
    }
    return .nothing
  }

  /// A time as wasmtime reads it: a number without a unit is in seconds.
  @Sendable private static func timeout(_ text: String) -> Meaning {
    .option(EngineOptions.timeout, text.allSatisfy(\.isNumber) ? text + "s" : text)
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
    guard let (host, guest) = halves(rest) else { return .hint("--dir HOST::GUEST[:ro] gives a directory") }
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
