/// Options of wasmtime, and what they are called here.
enum ForeignOptions {
  /// How to say here what an unknown option means in wasmtime; nil if that is not known.
  ///
  /// - Parameters:
  ///   - spelling: the option with its dashes.
  ///   - value: what follows it, which may be its value.
  static func hint(for spelling: String, value: String?) -> Message? {
    let key = value?.split(separator: "=", maxSplits: 1).first.map(String.init)
    switch spelling {
    case "-W", "--wasm":
      return key.flatMap { settings[$0] }
        ?? "proposals are turned on and off by --features, limits set by --max-memory and --max-stack-size"
    case "-S", "--wasi":
      return key.flatMap { settings[$0] }
        ?? "what a program is given is said by --dir, --env, --stdin, --stdout, --stderr and --tcplisten"
    case "-D", "--debug":
      return "'needletail explore' and 'compile --emit' show what the compiler makes; backtraces are always shown"
    default: break
    }
    let name = String(spelling.drop { $0 == "-" })
    if let hint = settings[name] { return hint }
    if name.hasPrefix("enable-") || name.hasPrefix("wasm-") || name.hasPrefix("disable-") {
      return "proposals are turned on and off by --features, such as --features threads,-simd"
    }
    return nil
  }

  private static let noDeadline: Message = "not available yet; a shell's 'timeout 10 needletail …' ends a program"

  private static let settings: [String: Message] = [
    "mapdir": "--dir HOST::GUEST gives a folder another name", "dirs": "--dir HOST gives a folder",
    "fuel": noDeadline, "timeout": noDeadline, "epoch-interruption": noDeadline, "wasm-timeout": noDeadline,
    "max-memory-size": "--max-memory SIZE limits memories, tables and objects together",
    "max-wasm-stack": "--max-stack-size SIZE limits nested calls",
    "max-table-elements": "--max-memory SIZE limits memories, tables and objects together",
    "opt-level": "-O none, basic or aggressive, with --jit", "disable-cache": "--no-cache turns the cache off",
    "compile": "'needletail compile' compiles ahead of time",
    "target": "'needletail compile --target' names the kind of processors",
    "listenfd": "--tcplisten ADDRESS:PORT gives a listener",
    "inherit-env": "--env NAME gives a variable of this process",
    "inherit-network": "--tcplisten ADDRESS:PORT gives a listener; programs cannot connect",
    "threads": "programs that import 'thread-spawn' run with threads; nothing turns that on",
    "component-model": "components are not supported", "gc": "--features gc, which is on",
    "http": "components are not supported",
    "coredump": "not available yet", "coredump-on-trap": "not available yet",
    "trap-on-grow-failure": "not available yet",
    "nan-canonicalization": "--deterministic makes NaNs canonical",
    "relaxed-simd-deterministic": "--deterministic does",
    "cli": "programs get arguments and standard streams; nothing turns that on",
    "preview2": "preview 1 is what there is",
  ]
}
