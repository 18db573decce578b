import WebAssembly

/// A subject of `needletail help` that is not a command.
struct HelpTopic {
  var name: String
  /// Other words that mean it.
  var synonyms: [String] = []
  var text: String

  static let names = all.map(\.name)

  /// The help for a topic, or for an option with or without its dashes; nil if there is none.
  static func text(_ word: String, _ commands: [CommandDefinition]) -> String? {
    if let topic = all.first(where: { $0.name == word || $0.synonyms.contains(word) }) { return topic.text }
    let text = optionText(word, commands)
    if let group = SettingGroup.group(word), group.option != nil { return (text ?? "") + "\n" + group.list }
    return text ?? ForeignOptions.help(word)
  }

  /// The help for an option, with or without its dashes, of each command that has it; nil if none has.
  static func optionText(_ word: String, _ commands: [CommandDefinition]) -> String? {
    let name = String(word.drop { $0 == "-" })
    var text = ""
    for command in commands {
      let options = command.options.filter { option in
        option != .help && (option.name == name || word == option.letter.map { "-\($0)" })
      }
      if !options.isEmpty { text += "\(HelpText.usage(command))\n\(HelpText.options(options))" }
    }
    return text.isEmpty ? nil : text
  }

  private static let all = [
    HelpTopic(name: "features", synonyms: ["proposals", "feature"], text: features),
    HelpTopic(name: "limits", synonyms: ["limit", "memory", "stack", "resources"], text: limits),
    HelpTopic(name: "policy", synonyms: ["policies", "permission"], text: policy),
    HelpTopic(name: "fuel", synonyms: ["gas", "metering"], text: fuel),
    HelpTopic(
      name: "wasi",
      synonyms: ["WASI", "sandbox", "directory", "directories", "folders", "permissions", "grants", "network"],
      text: wasi),
    HelpTopic(name: "engines", synonyms: ["compiler", "interpreter", "tiers"], text: engines),
    HelpTopic(
      name: "exit-status", synonyms: ["exit", "status", "exit-code", "exit-codes", "exit-statuses"], text: exitStatus),
    HelpTopic(name: "environment", synonyms: ["variables", "env-variables"], text: environment),
    HelpTopic(
      name: "other-runtimes",
      synonyms: ["wasmtime", "wasmer", "wazero", "wasmedge", "WasmEdge", "iwasm", "wamr", "migration"],
      text: otherRuntimes),
  ]

  // MARK: Texts

  /// The table of proposals that `--features` turns on and off.
  private static var features: String {
    func list(_ features: Features, without base: Features = []) -> String {
      Features.names.filter { features.contains($0.feature) && !base.contains($0.feature) }.map(\.name)
        .joined(separator: ", ")
    }
    return """
      usage: needletail [run] --features LIST MODULE

      \(HelpText.wrap("""
        LIST has names of proposals and sets, separated by commas. A set replaces what comes before it; a name adds a \
        proposal; a minus sign removes one, as in --features gc,-simd. In the manner of wasmtime, -W gc,simd=n means the same.
        """))

      sets:
      \(HelpText.columns([
        ("wasm1", "Version 1.0 of the standard: \(list(.wasm1))"),
        ("wasm3", "Version 3.0: wasm1, \(list(.wasm3, without: .wasm1))"),
        ("standard", "The default: wasm3, \(list(.standard, without: .wasm3))"),
        ("all", "All proposals: standard, \(list(.all, without: .standard))"),
      ]))
      proposals:
      \(HelpText.columns(Features.names.map { ($0.name, $0.summary) }))
      """
  }

  private static var limits: String {
    """
    \(HelpText.wrap("""
      By default, nested calls may take 8 MiB, garbage-collected objects 2 GiB, machine code 1 GiB, and all tables may have \
      20,000,000 elements together. Time, fuel and memories have no limit.
      """))

    \(HelpText.wrap("""
      Beyond a limit, memory.grow and table.grow return -1; a module that needs more to begin is refused with status 1; time, \
      fuel, nested calls and objects trap (status 134). \(sizes) Documentation/Limits.md has a table.
      """))

    options:
    \(HelpText.options([
      EngineOptions.maximumMemory, EngineOptions.maximumHeap, EngineOptions.maximumStackSize,
      EngineOptions.timeout, EngineOptions.fuel,
    ] + LimitOptions.all))
    names of --module-limits:
    \(HelpText.columns(LimitOptions.moduleKeys.map { ($0.name, $0.meaning) }))
    """
  }

  /// How sizes are written.
  static let sizes =
    "A SIZE is a number of bytes, or has a unit (KiB, MiB, GiB or TiB): 65536, 64KiB, 1.5GiB. KB, MB, GB and TB, and K, M, G and T, mean the same."

  private static var policy: String {
    """
    \(HelpText.wrap("""
      A policy is a JSON file that says what modules may ask for. 'needletail run --policy FILE MODULE' refuses modules that ask \
      for more, before any of their code runs; 'needletail inspect --write-policy FILE MODULE' writes the smallest one. What \
      is left out restricts nothing. In names, * matches any text. Documentation/Policy.md has more.
      """))

    members:
    \(HelpText.columns([
      ("imports", "The imports that are allowed, as in {\"env\": [\"log\", \"get_*\"]}"),
      ("deniedImports", "Imports that are refused in any case"),
      ("exports", "The exports that are allowed, as in [\"memory\", \"run\"]"),
      ("deniedExports", "Exports that are refused in any case"),
      ("hostCalls", "false refuses imported functions, and what can hold functions"),
      ("memory", "An object: read, write, grow, import, export; false refuses such code, imports and exports"),
      ("threads", "false refuses shared memories and thread-spawn"),
      ("features", "The proposals that are allowed, as in [\"simd\"]: see 'needletail help features'"),
      ("limits", "An object: total, memory, heap (\"64MiB\"), tableElements, fuel (numbers), time (\"2s\")"),
    ]))
    options:
    \(HelpText.options([PolicyOption.definition]))
    """
  }

  private static var fuel: String {
    """
    \(HelpText.wrap("""
      Fuel limits how much code runs, exactly and the same on every engine. A program that has too little for the code \
      that would run next traps with 'out of fuel'. Machine code counts fuel only if it was compiled for it. \
      Documentation/Fuel.md has the costs.
      """))

    options:
    \(HelpText.options([EngineOptions.fuel, EngineOptions.fuelUsage]))
    options of 'needletail compile':
    \(HelpText.options([EngineOptions.metered]))
    """
  }

  private static var wasi: String {
    """
    \(HelpText.wrap("""
      A program can use standard input, output and error, clocks and random numbers, and what these options give it; \
      nothing else of this computer. Programs use WASI preview 1; components cannot be run.
      """))

    options:
    \(HelpText.options(WASIOptions.all))
    """
  }

  private static var engines: String {
    """
    \(HelpText.wrap("""
      The default engine interprets a program at first, and compiles what runs often. --jit compiles everything before \
      it runs; --aot does so with more optimizations. The cache keeps machine code for the next run.
      """))

    options:
    \(HelpText.options(EngineOptions.execution + [EngineOptions.aheadOfTime] + CacheOptions.all))
    """
  }

  private static var exitStatus: String {
    "exit status:\n" + HelpText.columns(ExitCode.meanings.map { ($0.status, $0.meaning) })
  }

  private static var otherRuntimes: String {
    """
    \(HelpText.wrap("""
      Options of wasmtime, wasmer, wazero, WasmEdge and iwasm with the same meaning work; 'needletail help OPTION', as in \
      'needletail help --volume', explains one, and 'needletail run -W help' lists the settings of -W (likewise -S, -O, -C \
      and -D). Documentation/CommandLine.md has tables.
      """))

    options of other runtimes, and what they mean:
    \(HelpText.columns([
      ("-W simd=n,gc", "--features -simd,gc"),
      ("-W fuel=N, --gas-limit N", "--fuel N"),
      ("-W timeout=TIME", "--timeout TIME, as --wasm-timeout"),
      ("-W max-memory-size=SIZE", "--max-memory SIZE"),
      ("-W max-instances=N", "--max-instances N, and likewise max-memories, max-tables, max-table-elements"),
      ("-W max-wasm-stack=SIZE", "--max-stack-size SIZE, as --stack-size"),
      ("-S inherit-stdin=n", "--stdin null"),
      ("-S tcplisten=ADDRESS", "--tcplisten ADDRESS"),
      ("-C cache=n", "--no-cache, as --disable-cache"),
      ("--volume HOST:GUEST", "--dir HOST::GUEST, as -v, -mount=… and --mapdir GUEST:HOST"),
      ("-e NAME=VALUE", "--env NAME=VALUE"),
      ("-i NAME", "--invoke NAME"),
      ("-interpreter", "--engine interpreter"),
    ]))
    """
  }

  private static var environment: String {
    """
    \(HelpText.wrap("""
      A program has the variables that --env gives it, and no others. Needletail itself reads these; an empty one counts \
      as unset:
      """))

    \(HelpText.columns([
      ("NEEDLETAIL_CACHE_DIR", "The directory of the cache: see 'needletail help cache'"),
      ("XDG_CACHE_HOME", "The directory of all caches, if it is an absolute path; the default is ~/.cache"),
      ("HOME", "The home directory"),
      ("NO_COLOR", "Messages have no colours"),
    ]))
    """
  }
}
