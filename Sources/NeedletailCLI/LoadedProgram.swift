import Needletail
import NeedletailWASI
import WebAssembly

/// A module that the program can import from.
struct PreloadedFile {
  /// The module's name in imports.
  var name: String
  var file: ModuleFile
  /// The option that named it, as it was typed.
  var option: String
}

/// A module to run, with everything that it can import.
struct LoadedProgram {
  /// The entry function of programs, and the initializer of modules without one. (WASI, "Application ABI".)
  static let entryName = "_start"
  private static let initializerName = "_initialize"
  /// The default function, which is the program of a module without `_start`. (As in wasmtime; ITK-Wasm's modules are so.)
  private static let defaultName = ""

  /// Whether a module is a program, which takes arguments.
  static func isProgram(_ module: WebAssembly.Module) -> Bool {
    module.exports.contains { $0.kind == .function && ($0.name == entryName || $0.name == defaultName) }
  }

  private let module: Needletail.Module
  private let fileName: String
  private let store: Store
  /// The fuel that the store began with; nil if the engine counts none.
  private let fuel: UInt64?
  private let linker: Linker
  /// Runs a program that imports `thread-spawn`.
  private let threads: ThreadedProgram?
  /// The functions of WASI, if the program imports any.
  private let wasi: WASI?
  private let beforeStart: () -> Void
  /// The modules that it can import from, in the order in which they are instantiated.
  private let preloads: [Preload]

  private struct Preload {
    /// The module's name in imports.
    var name: String
    /// The file, for messages.
    var fileName: String
    /// The option that named it, as it was typed.
    var option: String
    var module: Needletail.Module

    /// The beginning of messages about it.
    var place: String { "\(option): \(fileName)" }
    /// The option with its value.
    var assignment: String { "\(option) \(name)=\(fileName)" }
  }

  /// Loads the module and the preloaded ones. None of their code runs yet.
  ///
  /// - Parameters:
  ///   - threadCount: how many threads it may start; nil for the default.
  ///   - fuel: what the store has; nil if the engine counts none.
  ///   - deadline: when the program is stopped; nil if its time is not limited.
  ///   - policy: what the modules may ask for; nil for everything.
  ///   - options: the options of `configuration` as they were typed.
  ///   - beforeStart: called before the first instruction of any of the modules runs, perhaps more than once.
  ///   - onEnd: called when a program with threads ends, on any of its threads; ends the process.
  /// - Throws: `UsageError` for an option without effect; `CommandError` if a module is malformed or invalid, or cannot be linked; `Trap` if the
  ///   deadline passes.
  init(
    _ file: ModuleFile, engine: Engine, limits: Store.Limits, threadCount: Int?, fuel: UInt64?,
    deadline: ContinuousClock.Instant?, policy: Policy?, preloads: [PreloadedFile],
    wasi configuration: WASI.Configuration, options: WASIOptions.Spellings, beforeStart: @escaping () -> Void,
    onEnd: @escaping @Sendable (ThreadedProgram.Outcome, _ lostOutput: Errno?) -> Void
  ) throws {
    module = try file.load(engine, deadline: deadline)
    fileName = file.displayName
    if let policy { try PolicyOption.check(module, policy, fileName) }
    self.beforeStart = beforeStart
    store = try Store(engine, limits: limits)
    self.fuel = fuel
    if let fuel { store.fuel = fuel }
    if let deadline { store.deadline = deadline }
    linker = Linker(engine)
    if ThreadedProgram.isThreaded(module, besides: preloads.map(\.name)) {
      // Which thread would use how much is not determined.
      guard fuel == nil else {
        let names = options.fuel.isEmpty ? ["limits.fuel of the policy"] : options.fuel
        let origin: Message = "\(names.joined(separator: " and ")) \(names.count == 1 ? "does" : "do")"
        throw CommandError(
          "\(fileName): \(origin) not work for a program with threads",
          hints: ["--timeout TIME limits its time"])
      }
      if let preload = preloads.first {
        throw CommandError("\(fileName): \(preload.option) does not work for a program with threads")
      }
      let wasi = try Self.wasi(configuration, options)
      self.wasi = wasi
      // `lostOutput` may be read on any thread.
      nonisolated(unsafe) let output = wasi
      threads = try Self.threads(module, fileName, limits, threadCount, deadline, wasi) { [module] outcome in
        module.storeHotCode()
        onEnd(outcome, output.lostOutput)
      }
      self.preloads = []
      return
    }
    threads = nil
    self.preloads = try preloads.map { preload in
      let module = try CommandError.naming(preload.option) { try preload.file.load(engine, deadline: deadline) }
      return Preload(name: preload.name, fileName: preload.file.displayName, option: preload.option, module: module)
    }
    if let policy {
      for preload in self.preloads { try PolicyOption.check(preload.module, policy, preload.place) }
    }
    try Self.checkUses(of: self.preloads, by: module, fileName)
    let modules = self.preloads.map(\.module) + [module]
    let snapshots = Snapshot.allCases.filter { snapshot in
      modules.contains { module in module.structure.imports.contains { $0.module == snapshot.rawValue } }
    }
    if snapshots.isEmpty, let option = options.needingWASI.first {
      throw UsageError("\(option) has no effect: '\(fileName)' does not import WASI", command: RunCommand.name)
    }
    wasi = snapshots.isEmpty ? nil : try Self.wasi(configuration, options)
    try wasi?.link(into: linker, as: snapshots)
    try checkNames(of: self.preloads)
  }

  /// - Throws: `UsageError` if a preloaded module has the name of WASI, and exports what WASI defines, or nothing that is imported.
  private func checkNames(of preloads: [Preload]) throws(UsageError) {
    for preload in preloads where Snapshot(rawValue: preload.name) != nil && linker.defines(preload.name, "proc_exit") {
      let option = preload.assignment
      let exports = preload.module.structure.exports.map(\.name)
      if let both = exports.first(where: { linker.defines(preload.name, $0) }) {
        throw UsageError("\(option): it exports '\(both)', which WASI defines", command: RunCommand.name)
      }
      let imports = (preloads.map(\.module) + [module]).flatMap { $0.structure.imports }
      guard !imports.contains(where: { $0.module == preload.name && exports.contains($0.name) }) else { continue }
      throw UsageError(
        "\(option) has no effect: '\(fileName)' imports only functions of WASI from '\(preload.name)'",
        command: RunCommand.name)
    }
  }

  /// - Throws: `UsageError` if no module imports from a preloaded one, and none of its code runs by itself.
  private static func checkUses(
    of preloads: [Preload], by module: Needletail.Module, _ fileName: String
  ) throws(UsageError) {
    for (index, preload) in preloads.enumerated() {
      let importers = preloads[(index + 1)...].map(\.module) + [module]
      let names = Set(importers.flatMap { $0.structure.imports.map(\.module) })
      let runs =
        preload.module.structure.startFunction != nil
        || preload.module.structure.exports.contains { $0.name == initializerName }
      guard !names.contains(preload.name), !runs else { continue }
      let hint: Message? =
        if let name = Suggestion.best(for: preload.name, among: names.sorted()) {
          "did you mean \(preload.option) \(name)=\(preload.fileName)?"
        } else if preloads[..<index].contains(where: {
          $0.module.structure.imports.contains { $0.module == preload.name }
        }) {
          "a module can only import from modules that were preloaded before it"
        } else {
          names.isEmpty ? nil : "it imports from \(Invocation.list(names.sorted().map { "'\($0)'" }))"
        }
      throw UsageError(
        "\(preload.assignment) has no effect: '\(fileName)' does not import from '\(preload.name)'",
        command: RunCommand.name, hints: hint.map { [$0] } ?? [])
    }
  }

  /// Instantiates the preloaded modules, and initializes those that are reactors. (WASI, "Application ABI".)
  ///
  /// - Throws: `CommandError` if one cannot be linked; errors of its start function or `_initialize`.
  private func instantiatePreloads() throws {
    for preload in preloads {
      do {
        let instance = try linker.instantiate(preload.module, in: store) {
          if preload.module.structure.startFunction != nil { beforeStart() }
        }
        try linker.define(instance: instance, as: preload.name)
        if let initializer = instance.function(Self.initializerName) {
          beforeStart()
          _ = try initializer.call([])
        }
      } catch let error as LinkError {
        throw CommandError("\(preload.place): \(lines: error)")
      } catch let error as LimitExceeded {
        throw CommandError("\(preload.place): \(error)")
      }
    }
  }

  private static func threads(
    _ module: Needletail.Module, _ fileName: String, _ limits: Store.Limits, _ threadCount: Int?,
    _ deadline: ContinuousClock.Instant?, _ wasi: WASI, _ onEnd: @escaping @Sendable (ThreadedProgram.Outcome) -> Void
  ) throws -> ThreadedProgram {
    var threadLimits = ThreadedProgram.Limits()
    threadLimits.store = limits
    if let threadCount { threadLimits.threads = threadCount }
    threadLimits.deadline = deadline
    do {
      return try ThreadedProgram(module, wasi: wasi, limits: threadLimits, onEnd: onEnd)
    } catch let error as WASI.ConfigurationError {
      throw CommandError("\(fileName): \(error)")
    } catch let error as LimitExceeded {
      throw CommandError("\(fileName): \(error)")
    }
  }

  /// Opens folders and listeners, and tells the user the ports that the system chose.
  ///
  /// - Throws: `CommandError` with the option that named what cannot be opened.
  private static func wasi(_ configuration: WASI.Configuration, _ options: WASIOptions.Spellings) throws -> WASI {
    let wasi: WASI
    do {
      wasi = try WASI(configuration)
    } catch let error as WASI.ConfigurationError {
      guard let index = error.preopenIndex else { throw error }
      throw CommandError("\(options.preopens[index]): \(error)")
    }
    for (asked, address) in zip(configuration.preopens, wasi.listenerAddresses) where asked.isListenerOfAnyPort {
      Terminal.note("listening at \(address)")
    }
    return wasi
  }

  /// Instantiates the program and calls `body` with it, on its first thread.
  ///
  /// - Throws: `CommandError` if imports are missing; errors of the modules' start functions and of `body`.
  func run(_ body: (Instance) throws -> Void) throws -> Int32 {
    do {
      if let threads {
        beforeStart()
        return try threads.run { instance in
          try body(instance)
          return 0
        }
      }
      try instantiatePreloads()
      try body(linker.instantiate(module, in: store, beforeStart: beforeStart))
      return 0
    } catch let error as LinkError {
      throw CommandError("\(fileName): \(lines: error)", hints: hints(for: error))
    } catch let error as LimitExceeded {
      let isOfCompiledCode = error.message.hasPrefix("no address space for a memory of compiled code")
      throw CommandError(
        "\(fileName): \(error)",
        hints: isOfCompiledCode ? ["--engine interpreter reserves less", "'ulimit -v unlimited' lifts the limit"] : [])
    }
  }

  /// Keeps the machine code of all modules for the next run: see ``Module/storeHotCode()``.
  func storeHotCode() { for module in preloads.map(\.module) + [module] { module.storeHotCode() } }

  private func hints(for error: LinkError) -> [Message] {
    guard error.message.hasPrefix("unknown import"), !error.message.includes("did you mean") else { return [] }
    if let hint = ForeignEnvironment.hint(for: module.lazyImports) { return [hint] }
    let lacking = missingExports
    return lacking.isEmpty ? ["--preload NAME=FILE gives the program another module to import from"] : lacking
  }

  /// The first imports that name a preloaded module without such an export.
  private var missingExports: [Message] {
    var messages: [Message] = []
    for entry in module.structure.imports where messages.count < 3 {
      guard let preload = preloads.first(where: { $0.name == entry.module }),
        !preload.module.structure.exports.contains(where: { $0.name == entry.name })
      else { continue }
      messages.append("\"\(entry.module)\" (\(preload.fileName)) exports no \"\(entry.name)\"")
    }
    return messages
  }

  /// Runs `_initialize`, if the module exports it and is not a program.
  func initialize(_ instance: Instance) throws {
    guard instance.function(Self.entryName) == nil else { return }
    _ = try instance.function(Self.initializerName)?.call([])
  }

  /// A call of one of its functions.
  ///
  /// - Throws: `CommandError` if there is no such function.
  func invocation(of function: String, in instance: Instance, _ arguments: [String]) throws(CommandError) -> Invocation
  {
    try Invocation(instance, fileName: fileName, function, arguments)
  }

  /// Runs the program.
  ///
  /// - Parameter arguments: what was given after a module that takes no arguments, for messages.
  /// - Throws: `CommandError` if there is nothing to run; errors of the program.
  func start(_ instance: Instance, _ arguments: [String]) throws {
    if let entry = instance.function(Self.entryName) {
      try call(entry, Self.entryName)
      return
    }
    try initialize(instance)
    if let entry = instance.function(Self.defaultName) {
      try call(entry, Self.defaultName)
      return
    }
    let isReactor = instance.function(Self.initializerName) != nil
    guard isReactor || module.structure.startFunction == nil else { return }
    let functions = Invocation.exportedFunctions(of: module).filter { $0 != Self.initializerName }
    let reason =
      isReactor
      ? "the module is a reactor: a library of functions, with \(Self.initializerName) in place of \(Self.entryName)"
      : "the module exports no function \(Self.entryName)"
    throw CommandError(
      "\(fileName): there is nothing to run: \(reason)",
      hints: [
        arguments.first.flatMap { name in
          functions.contains(name) ? "did you mean --invoke \(name)? It comes before the module" : nil
        }
          ?? (functions.isEmpty
            ? Invocation.exports(of: module) : "--invoke calls one of its functions: \(Invocation.list(functions))")
      ])
  }

  /// Calls an exported function without parameters and results.
  ///
  /// - Throws: `CommandError` if it is another; errors of the function.
  func call(_ name: String, in instance: Instance) throws {
    if let function = instance.function(name) { try call(function, name) }
  }

  private func call(_ entry: Function, _ name: String) throws {
    guard entry.type.parameters.isEmpty, entry.type.results.isEmpty else {
      let exported: Message = name.isEmpty ? "exported function with the empty name" : "exported function '\(name)'"
      throw CommandError(
        "\(fileName): cannot run the \(exported): expected a function without parameters and results, found \(entry.type)"
      )
    }
    _ = try entry.call([])
  }

  /// The error because of which output was lost, if any; see `WASI.lostOutput`.
  var lostOutput: Errno? { wasi?.lostOutput }

  /// Lines for people about the memory that was taken.
  var memoryUsage: String { Self.peakMemory + heapUsage }

  /// The line about the fuel that was used.
  ///
  /// - Parameter isExhausted: whether there was too little for the code that would have run next.
  func fuelUsage(isExhausted: Bool) -> String {
    let remark = isExhausted ? " (all of it: a rest that is too small for the next code counts as used)" : ""
    return "fuel: \((fuel ?? 0) - store.fuel) used\(remark)\n"
  }

  /// The line that is known also for a program with threads, which has many stores.
  static var peakMemory: String {
    "peak resident memory: \(ByteCount.format(ProcessMemory.peakResidentByteCount))\n"
  }

  /// Lines about the garbage-collected heap and its collections; none if it was not used.
  private var heapUsage: String {
    let heap = store.heapStatistics
    guard heap.allocatedByteCount > 0 else { return "" }
    return """
      heap: \(ByteCount.format(heap.usedByteCount)) of objects in \(ByteCount.format(heap.occupiedByteCount)), \
      \(ByteCount.format(heap.allocatedByteCount)) allocated in all
      collections: \(heap.collectionCount), \(milliseconds(heap.totalPause)) in all, \
      the longest \(milliseconds(heap.longestPause)); the last found \(ByteCount.format(heap.liveByteCount)) alive

      """
  }

  private func milliseconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return "\(Double(seconds * 1_000_000 + attoseconds / 1_000_000_000_000) / 1000) ms"
  }
}
