import WebAssembly

/// What functions of WASI let a program do, for people.
enum WASICapability {
  /// The beginnings of names, and what such functions give access to. (WASI preview 1, "Modules".)
  private static let prefixes: [(prefix: String, capability: String)] = [
    ("args_", "arguments"), ("environ_", "environment variables"), ("path_", "files"), ("fd_prestat_", "files"),
    ("fd_readdir", "files"), ("fd_", "standard streams and open files"), ("clock_", "clocks"),
    ("random_", "random numbers"), ("poll_", "waiting"), ("sock_", "sockets"), ("proc_", "ending the process"),
    ("sched_", "yielding"), ("thread-spawn", "threads"),
  ]
  private static let modules = ["wasi_snapshot_preview1", "wasi_unstable", "wasi"]

  /// What the imports of a module give access to, each once, in a fixed order.
  static func capabilities(of imports: some Sequence<Module.Import>) -> [String] {
    var found: Set<String> = []
    for item in imports where modules.contains(item.module) {
      if let row = prefixes.first(where: { item.name.hasPrefix($0.prefix) }) { found.insert(row.capability) }
    }
    var seen: Set<String> = []
    return prefixes.map(\.capability).filter { found.contains($0) && seen.insert($0).inserted }
  }
}
