import Needletail
import NeedletailWASI

/// A module to run, with what it can import.
struct LoadedProgram {
  /// The function that a program begins with, and the one that sets up a module without it. (WASI, "Application ABI".)
  static let entryName = "_start"
  private static let initializerName = "_initialize"

  private let module: Module
  private let fileName: String
  private let store: Store
  private let linker: Linker
  /// What runs a program that asks for threads.
  private let threads: ThreadedProgram?

  /// Loads the module and instantiates what it imports.
  ///
  /// - Parameter onEnd: called where a program with threads ends, on any of them; ends the process, and the other threads so.
  /// - Throws: `CommandError` if a module is malformed or invalid, or cannot be linked.
  init(
    _ file: ModuleFile, engine: Engine, limits: Store.Limits, preloads: [(name: String, file: ModuleFile)],
    wasi configuration: WASI.Configuration, onEnd: @escaping @Sendable (ThreadedProgram.Outcome) -> Void
  ) throws {
    module = try file.load(engine)
    fileName = file.displayName
    store = try Store(engine, limits: limits)
    linker = Linker(engine)
    if ThreadedProgram.isThreaded(module, besides: preloads.map(\.name)) {
      guard preloads.isEmpty else {
        throw CommandError("\(fileName): a program with threads cannot import from preloaded modules")
      }
      threads = try Self.threads(module, fileName, linker, limits, configuration, onEnd)
      return
    }
    threads = nil
    let preloaded = try preloads.map { ($0.name, $0.file, try $0.file.load(engine)) }
    let modules = preloaded.map(\.2) + [module]
    let snapshots = Snapshot.allCases.filter { snapshot in
      modules.contains { module in module.structure.imports.contains { $0.module == snapshot.rawValue } }
    }
    if !snapshots.isEmpty { try Self.wasi(configuration).link(into: linker, as: snapshots) }
    for (name, file, module) in preloaded {
      do {
        try linker.define(instance: linker.instantiate(module, in: store), as: name)
      } catch let error as LinkError {
        throw CommandError("\(file.displayName): \(error)")
      }
    }
  }

  private static func threads(
    _ module: Module, _ fileName: String, _ linker: Linker, _ limits: Store.Limits,
    _ configuration: WASI.Configuration, _ onEnd: @escaping @Sendable (ThreadedProgram.Outcome) -> Void
  ) throws -> ThreadedProgram {
    var threadLimits = ThreadedProgram.Limits()
    threadLimits.store = limits
    do {
      return try ThreadedProgram(module, wasi: wasi(configuration), linker: linker, limits: threadLimits, onEnd: onEnd)
    } catch let error as WASI.ConfigurationError {
      throw CommandError("\(fileName): \(error)")
    } catch let error as LimitExceeded {
      throw CommandError("\(fileName): \(error)")
    }
  }

  /// Opens what the program is given, and tells the user of ports that the system chose.
  private static func wasi(_ configuration: WASI.Configuration) throws -> WASI {
    let wasi = try WASI(configuration)
    for (asked, address) in zip(configuration.preopens, wasi.listenerAddresses) where asked.isListenerOfAnyPort {
      Terminal.writeError("needletail: listening at \(address)\n")
    }
    return wasi
  }

  /// Instantiates the program and does something with it, on its first thread.
  ///
  /// - Throws: `CommandError` if imports are missing; what the module's start function and `body` throw.
  func run(_ body: (Instance) throws -> Void) throws -> Int32 {
    do {
      if let threads {
        return try threads.run { instance in
          try body(instance)
          return 0
        }
      }
      try body(linker.instantiate(module, in: store))
      return 0
    } catch let error as LinkError {
      throw CommandError("\(fileName): \(error)", hints: hints(for: error))
    } catch let error as LimitExceeded {
      throw CommandError("\(fileName): \(error)")
    }
  }

  private func hints(for error: LinkError) -> [String] {
    error.message.hasPrefix("unknown import")
      ? ["--preload NAME=FILE gives the program another module to import from"] : []
  }

  /// Runs the function that sets up a module which is no program, if it has one.
  func initialize(_ instance: Instance) throws {
    guard instance.function(Self.entryName) == nil else { return }
    _ = try instance.function(Self.initializerName)?.call([])
  }

  /// Runs the program.
  ///
  /// - Throws: `CommandError` if there is nothing to run; what the program throws.
  func start(_ instance: Instance) throws {
    if let entry = instance.function(Self.entryName) {
      _ = try entry.call([])
      return
    }
    try initialize(instance)
    guard module.structure.startFunction == nil, instance.function(Self.initializerName) == nil else { return }
    let functions = Invocation.exportedFunctions(of: module)
    throw CommandError(
      "\(fileName): there is nothing to run: the module exports no function \(Self.entryName)",
      hints: functions.isEmpty ? [] : ["--invoke calls one of its functions: \(functions.joined(separator: ", "))"])
  }

  /// How much memory was taken, for people.
  var memoryUsage: String { Self.peakMemory + heapUsage }

  /// What of this can be told of a program with threads, whose stores are many.
  static var peakMemory: String {
    "peak resident memory: \(ByteCount.format(ProcessMemory.peakResidentByteCount))\n"
  }

  /// What the garbage-collected heap holds and what it cost; nothing if it was not used.
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
