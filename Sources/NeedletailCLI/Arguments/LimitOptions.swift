import Needletail
import Synchronization
import WasmBinary
import WebAssembly

/// Options that limit the resources of a run, and how messages name them.
enum LimitOptions {
  static let maximumLinearMemory = OptionDefinition.value(
    "max-linear-memory", OptionDefinition.size,
    "Limit the linear memories of all modules together; there is no limit by default")
  static let maximumTableElements = OptionDefinition.value(
    "max-table-elements", "N", "Limit the elements of all tables together; the default is 20000000")
  static let maximumInstances = OptionDefinition.value(
    "max-instances", "N", "Limit the number of module instances; the default is 100000")
  static let maximumMemories = OptionDefinition.value(
    "max-memories", "N", "Limit the number of linear memories; the default is 10000")
  static let maximumTables = OptionDefinition.value(
    "max-tables", "N", "Limit the number of tables; the default is 10000")
  static let maximumCodeSize = OptionDefinition.value(
    "max-code-size", OptionDefinition.size,
    "Limit the machine code of all modules; the default is 1 GiB. Beyond it, --jit refuses a module, and the default engine interprets"
  )

  static let maximumCompilationTime = OptionDefinition.value(
    "max-compile-time", "TIME",
    "Limit the time of compiling a module, of all threads together. Beyond it, --jit refuses the module, and the default engine interprets"
  )
  static let maximumDescriptors = OptionDefinition.value(
    "max-descriptors", "N", "Limit the program's open descriptors; the default is 1024")
  static let maximumThreads = OptionDefinition.value(
    "max-threads", "N", "Limit the program's threads, besides the first; the default is 256")
  static let trapsOnGrowFailure = OptionDefinition.flag(
    "trap-on-grow-failure", "Trap if memory.grow or table.grow fails, in place of returning -1")
  static let module = OptionDefinition.value(
    "module-limits", "LIST", isRepeatable: true,
    "Limit the parts of a module, as in functions=1000,module-size=10MiB; 'needletail help limits' lists them")

  /// All that are not older than this family.
  static let all = [
    maximumLinearMemory, maximumTableElements, maximumInstances, maximumMemories, maximumTables, maximumCodeSize,
    maximumCompilationTime, maximumDescriptors, maximumThreads, trapsOnGrowFailure, module,
  ]

  /// The option that sets each property of the library.
  private static let options: [String: OptionDefinition] = [
    "Store.Limits.totalByteCount": EngineOptions.maximumMemory,
    "Store.Limits.memoryByteCount": maximumLinearMemory,
    "Store.Limits.tableElementCount": maximumTableElements,
    "Store.Limits.heapByteCount": EngineOptions.maximumHeap,
    "Store.Limits.instanceCount": maximumInstances,
    "Store.Limits.memoryCount": maximumMemories,
    "Store.Limits.tableCount": maximumTables,
    "Engine.Configuration.maximumStackSize": EngineOptions.maximumStackSize,
    "Engine.Configuration.limits.codeByteCount": maximumCodeSize,
    "Engine.Configuration.maximumCompilationTime": maximumCompilationTime,
    "WASI.Configuration.limits.descriptors": maximumDescriptors,
    "ThreadedProgram.Limits.threads": maximumThreads,
  ]

  /// The options as the user typed them, by property.
  private static let typed = Mutex<[String: String]>([:])
  /// ``module`` as the user typed it.
  private static let typedModule = Mutex(module.spelling)

  /// Remembers how the options were typed: who wrote `-W max-memory-size=1MB` reads that in messages.
  static func remember(_ arguments: ArgumentParser) {
    let spellings = options.compactMapValues { arguments.has($0) ? arguments.spelling($0) : nil }
    typed.withLock { $0 = spellings }
    typedModule.withLock { $0 = arguments.spelling(module) }
  }

  /// The names of properties replaced by those of options.
  static func naming(_ text: String) -> String {
    guard text.contains(".") else { return text }
    let typed = typed.withLock { $0 }
    let named = options.reduce(text) { $0.substituting($1.key, by: typed[$1.key] ?? $1.value.spelling) }
    let typedModule = typedModule.withLock { $0 }
    return ModuleLimits.rows.reduce(named) {
      $0.substituting(ModuleLimits.setting($1.property), by: "\(typedModule) \($1.key)")
    }
  }

  /// The limits of the stores.
  ///
  /// - Throws: `UsageError` for an invalid value, and for a limit that cannot be reached.
  static func limits(_ arguments: ArgumentParser) throws(UsageError) -> Store.Limits {
    remember(arguments)
    var limits = Store.Limits()
    if let size = try arguments.byteCount(EngineOptions.maximumMemory) { limits.totalByteCount = size }
    if let size = try arguments.byteCount(EngineOptions.maximumHeap) { limits.heapByteCount = size }
    if let size = try arguments.byteCount(maximumLinearMemory) { limits.memoryByteCount = size }
    if let count = try arguments.number(maximumTableElements, in: 0...UInt64(Int64.max)) {
      limits.tableElementCount = count
    }
    if let count = try arguments.number(maximumInstances, in: 0...Int.max) { limits.instanceCount = count }
    if let count = try arguments.number(maximumMemories, in: 0...Int.max) { limits.memoryCount = count }
    if let count = try arguments.number(maximumTables, in: 0...Int.max) { limits.tableCount = count }
    limits.trapsOnGrowFailure = arguments.has(trapsOnGrowFailure)
    for (option, size) in [
      (EngineOptions.maximumHeap, limits.heapByteCount), (maximumLinearMemory, limits.memoryByteCount),
    ] where arguments.has(option) && size > limits.totalByteCount {
      throw UsageError(
        "\(arguments.assignment(option)) has no effect: expected at most \(arguments.assignment(EngineOptions.maximumMemory))",
        command: arguments.command.name)
    }
    return limits
  }

  /// Sets the limits of the engine.
  ///
  /// - Throws: `UsageError` for an invalid value.
  static func configure(_ configuration: inout Engine.Configuration, _ arguments: ArgumentParser) throws(UsageError) {
    if let size = try arguments.byteCount(maximumCodeSize) { configuration.limits.codeByteCount = size }
    configuration.maximumCompilationTime = try arguments.duration(maximumCompilationTime)
    configuration.moduleLimits = try moduleLimits(arguments)
  }

  /// The limits of modules.
  ///
  /// - Throws: `UsageError` for an unknown name, and for an invalid value.
  static func moduleLimits(_ arguments: ArgumentParser) throws(UsageError) -> ModuleLimits {
    remember(arguments)
    var limits = ModuleLimits()
    for entry in arguments.entries(module) {
      let spelling = entry.spelling
      for word in entry.value.split(separator: ",", omittingEmptySubsequences: false) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let row = ModuleLimits.rows.first(where: { $0.key == parts[0] }) else {
          guard !parts[0].isEmpty else {
            throw UsageError(
              "invalid \(spelling): expected NAME=N with commas between them, found '\(entry.shownValue)'",
              command: arguments.command.name)
          }
          throw arguments.invalidWord("\(spelling)", ModuleLimits.rows.map(\.key), found: parts[0])
        }
        let text = parts.count > 1 ? parts[1] : ""
        guard !text.isEmpty else {
          throw arguments.missingValue(of: "\(spelling) \(row.key)", row.isSize ? OptionDefinition.size : "N")
        }
        let largest = ModuleLimits()[keyPath: row.path]
        guard let value = row.read(text) else {
          let expected = row.isSize ? "a size, such as 65536 or 64KiB" : "a number from 0 to \(largest)"
          let form = row.isSize ? nil : ValueHints.number(text)
          throw UsageError(
            "invalid \(spelling) \(row.key): expected \(expected), found '\(text)'", command: arguments.command.name,
            hints: form.map { ["write \(row.key)=\($0)"] } ?? [])
        }
        guard value <= largest else {
          let shown = row.isSize ? ByteCount.format(largest) : "\(largest)"
          throw UsageError(
            "invalid \(spelling) \(row.key): expected at most \(shown), found '\(text)'",
            command: arguments.command.name)
        }
        limits[keyPath: row.path] = value
      }
    }
    return limits
  }

  /// The names of ``module``, with their defaults.
  static var moduleKeys: [(name: String, meaning: String)] {
    ModuleLimits.rows.map { row in
      let value = ModuleLimits()[keyPath: row.path]
      return (row.key, "\(row.summary); the default is \(row.isSize ? ByteCount.format(UInt64(value)) : "\(value)")")
    }
  }
}

extension ModuleLimits.Row {
  /// The amount in a text, the largest one if it is too large; nil if the text is malformed.
  fileprivate func read(_ text: String) -> Int? {
    if isSize {
      switch ByteCount.read(text) {
      case .byteCount(let count): return Int(clamping: count)
      case .tooLarge: return .max
      case .malformed: return nil
      }
    }
    let digits = WholeNumber.withoutSeparators(text) ?? ""
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return WholeNumber.parse(text) ?? .max
  }

  /// The property's name as the command line has it: `function-body-size`.
  var key: String {
    property.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
  }
}
