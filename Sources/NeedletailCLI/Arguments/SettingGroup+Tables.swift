import WebAssembly

/// The settings of wasmtime 49, and some of earlier versions.
extension SettingGroup {
  static let all = [wasm, wasi, optimize, codegen, debug, record]

  /// The group whose settings an option of this program takes; nil for any other option.
  static func group(of option: OptionDefinition) -> SettingGroup? {
    switch option {
    case EngineOptions.optimize: optimize
    case CacheOptions.codegen: codegen
    default: nil
    }
  }

  // MARK: -W

  /// The proposals of `-W`.
  static let proposals = Features.names.map(\.name).map { name in
    Setting(
      names: [name],
      form: .flag(
        on: .option(EngineOptions.features, name), off: .option(EngineOptions.features, "-\(name)")),
      text: "--features \(name) or -\(name)")
  }

  /// What `all-proposals=n` leaves: wasmtime cannot turn these off.
  private static let fewestProposals = "wasm1,sign-extension,saturating-float-to-int"

  private static let wasm = SettingGroup(
    letter: "W", name: "wasm", option: nil,
    hint:
      "proposals are turned on and off by --features, limits are set by --max-memory, --max-stack-size, --fuel and --timeout",
    settings: proposals + [
      Setting(
        names: [EngineOptions.allProposals],
        form: .flag(
          on: .option(EngineOptions.features, "all"), off: .option(EngineOptions.features, fewestProposals)),
        text: "--features all, or \(fewestProposals); other settings of proposals come after it"),
      .option("fuel", "N", EngineOptions.fuel),
      Setting(
        names: ["timeout"], form: .value("TIME", ForeignOptions.timeout),
        text: "--timeout TIME; a number without a unit is in seconds"),
      .option("max-memory-size", "SIZE", EngineOptions.maximumMemory),
      .option("max-wasm-stack", "SIZE", EngineOptions.maximumStackSize),
      .option("max-table-elements", "N", LimitOptions.maximumTableElements),
      .option("max-instances", "N", LimitOptions.maximumInstances),
      .option("max-memories", "N", LimitOptions.maximumMemories),
      .option("max-tables", "N", LimitOptions.maximumTables),
      .flag("trap-on-grow-failure", LimitOptions.trapsOnGrowFailure),
      .flag("nan-canonicalization", EngineOptions.deterministic),
      .flag("relaxed-simd-deterministic", EngineOptions.deterministic),
      .ignored("epoch-interruption", "no effect: loops and calls always look for the deadline"),
      .ignored("unknown-exports-allow", "no effect: modules may export anything"),
      .ignored("branch-hinting", "no effect: hints change no result"),
      .ignored("concurrency-support", "no effect"),
      .always("shared-memory", "--features -threads turns shared memories off"),
      .always("gc-support", "--features -gc turns the proposal off"),
      .never("component-model", ForeignOptions.noComponents),
      Setting(
        names: ["component-model-*"], form: .flag(on: .hint(ForeignOptions.noComponents), off: .nothing),
        text: "only n: \(ForeignOptions.noComponents.text)"),
      .never("stack-switching", ForeignOptions.notYet), .never("shared-everything-threads", ForeignOptions.notYet),
      .never("wmemcheck", ForeignOptions.notYet),
      .hint("--timeout TIME limits the time", "epoch-deadline"),
      .hint(
        "--preload NAME=FILE gives a module to import from; every import has to be there", "unknown-imports-trap",
        "unknown-imports-default"),
      .hint("--max-stack-size SIZE limits the memory of nested calls", "async-stack-size", "async-stack-zeroing"),
    ])

  // MARK: -S

  private static let wasi = SettingGroup(
    letter: "S", name: "wasi", option: nil,
    hint: "the options --dir, --env, --stdin, --stdout, --stderr and --tcplisten say what a program can use",
    settings: [
      .always("cli", ForeignOptions.wasiIsAlwaysThere), .always("common", ForeignOptions.wasiIsAlwaysThere),
      .always("threads", ForeignOptions.wasiIsAlwaysThere), .always("preview0", ForeignOptions.wasiIsAlwaysThere),
      stream("inherit-stdin", WASIOptions.standardInput), stream("inherit-stdout", WASIOptions.standardOutput),
      stream("inherit-stderr", WASIOptions.standardError),
      .option("tcplisten", "ADDRESS:PORT", WASIOptions.listener),
      .never("inherit-env", "--env NAME gives one variable of this process"),
      .never("inherit-network", ForeignOptions.network), .never("tcp", ForeignOptions.network),
      .never("udp", ForeignOptions.network), .never("allow-ip-name-lookup", ForeignOptions.network),
      .never("listenfd", ForeignOptions.network), .never("network-error-code", ForeignOptions.noComponents),
      .never("preview2", ForeignOptions.noComponents), .never("p3", ForeignOptions.noComponents),
      .never("http", ForeignOptions.noComponents), .never("config", ForeignOptions.noComponents),
      .never("keyvalue", ForeignOptions.noComponents), .never("tls", ForeignOptions.noComponents),
      .never("cli-exit-with-code", ForeignOptions.noComponents),
      .never("nn", ForeignOptions.noNeuralNetworks),
      .hint("--dir HOST::. gives a directory as the current one", "cwd"),
      .hint(ForeignOptions.noNeuralNetworks, "nn-graph"),
      .hint("--max-memory SIZE and --timeout TIME limit a program", "hostcall-fuel", "max-random-size"),
      .hint(
        ForeignOptions.noComponents, "http-*", "config-var", "keyvalue-*", "max-resources", "max-component-handles",
        "max-http-fields-size"),
    ])

  private static func stream(_ name: String, _ option: OptionDefinition) -> Setting {
    Setting(
      names: [name], form: .flag(on: .nothing, off: .option(option, "null")), text: "\(option.spelling) null, if n")
  }

  // MARK: -O, -C

  private static let optimize = SettingGroup(
    letter: "O", name: "optimize", option: EngineOptions.optimize,
    hint: "-O none, basic or aggressive says how much work the compiler does",
    settings: [
      .option("opt-level", "0|1|2|s", EngineOptions.optimize),
      .hint(
        ForeignOptions.reservations, "memory-reservation", "memory-reservation-for-growth", "memory-guard-size",
        "memory-may-move", "guard-before-linear-memory", "static-memory-maximum-size", "static-memory-guard-size",
        "static-memory-forced", "dynamic-memory-guard-size", "dynamic-memory-reserved-for-growth"),
      .hint("nothing sets how objects are reserved; --max-heap SIZE limits their size", "gc-heap-*"),
      .hint(
        "there is no pooling allocator; --max-memory, --max-instances, --max-memories and --max-tables are limits",
        "pooling-*"),
      .hint(
        "nothing sets this, and no result depends on it: leave it out", "memory-init-cow",
        "memory-guaranteed-dense-image-size",
        "table-lazy-init", "signals-based-traps", "regalloc-algorithm"),
      .hint("--gc-stress collects garbage at every allocation", "gc-zeal-alloc-counter"),
    ])

  private static let codegen = SettingGroup(
    letter: "C", name: "codegen", option: CacheOptions.codegen, hint: ForeignOptions.codegenHint,
    settings: [
      Setting(
        names: ["cache"],
        form: .flag(on: .option(CacheOptions.codegen, "cache=y"), off: .option(CacheOptions.codegen, "cache=n")),
        text: "--no-cache, if n"),
      Setting(
        names: ["compiler"], form: .value("winch|cranelift") { .hint(compilerHint($0)) },
        text: "--jit -O none compiles fastest, --jit -O aggressive to the fastest code; there is one compiler",
        isRefused: true),
      .hint(
        "there is no configuration file; the variable NEEDLETAIL_CACHE_DIR names the directory of the cache",
        "cache-config", "cache-dir"),
      .hint(ForeignOptions.allProcessors, "parallel-compilation"),
      .hint("there is one collector; --max-heap SIZE limits the objects", "collector"),
      .hint(ForeignOptions.codegenHint, "cranelift-*", "inlining"),
      .hint(
        "nothing sets this, and no result depends on it: leave it out", "native-unwind-info",
        "metadata-for-internal-asserts",
        "metadata-for-gc-heap-corruption"),
    ])

  private static func compilerHint(_ name: String) -> Message {
    switch name {
    case "winch": "--jit -O none compiles fastest; there is one compiler"
    case "cranelift": "--jit compiles to machine code; there is one compiler"
    default: ForeignOptions.codegenHint
    }
  }

  // MARK: -D, -R

  private static let debug = SettingGroup(
    letter: "D", name: "debug", option: nil,
    hint: "'needletail explore' and 'compile --emit' show what the compiler makes; backtraces are always shown",
    settings: [
      .always("address-map", "backtraces always name places in the module"),
      .never("debug-info", ForeignOptions.noDebugger), .never("guest-debug", ForeignOptions.noDebugger),
      .never("logging", "--log shows what the program was denied"),
      .never("log-to-files", "messages go to standard error, so '2> FILE' writes them to a file"),
      .hint(ForeignOptions.noDebugger, "debugger", "arg", "inherit-stdin", "inherit-stdout", "inherit-stderr"),
      .hint(ForeignOptions.noCoreDumps, "coredump"),
      .hint("backtraces have the innermost and the outermost frames, 24 lines at most", "max-backtrace"),
      .hint("'needletail compile -g' keeps the debugging information of a module", "symbols"),
    ])

  private static let record = SettingGroup(
    letter: "R", name: "record", option: nil, hint: ForeignOptions.notYet,
    settings: [.hint(ForeignOptions.notYet, "path", "validation-metadata", "event-window-size")])
}

extension SettingGroup.Setting {
  /// An option that takes the same values.
  fileprivate static func option(_ name: String, _ placeholder: String, _ option: OptionDefinition) -> Self {
    Self(
      names: [name], form: .value(placeholder) { .option(option, $0) }, text: "\(option.spelling) \(placeholder)")
  }

  /// An option without value, whose opposite is the default.
  fileprivate static func flag(_ name: String, _ option: OptionDefinition) -> Self {
    Self(names: [name], form: .flag(on: .option(option), off: .nothing), text: "\(option.spelling), if y")
  }

  /// Either value is accepted, since it changes no result here.
  fileprivate static func ignored(_ name: String, _ text: String) -> Self {
    Self(names: [name], form: .flag(on: .nothing, off: .nothing), text: text)
  }

  /// What programs never have: only `n` is accepted.
  fileprivate static func never(_ name: String, _ hint: Message) -> Self {
    Self(names: [name], form: .flag(on: .hint(hint), off: .nothing), text: "only n: \(hint.text)")
  }

  /// What programs always have: only `y` is accepted.
  fileprivate static func always(_ name: String, _ hint: Message) -> Self {
    Self(names: [name], form: .flag(on: .nothing, off: .hint(hint)), text: "only y: \(hint.text)")
  }

  fileprivate static func hint(_ hint: Message, _ names: String...) -> Self {
    Self(names: names, form: .hint, text: hint.text)
  }
}
