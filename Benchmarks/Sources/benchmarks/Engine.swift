/// A way to run a program.
struct Engine {
  /// The name in the tables.
  let name: String
  /// The command for a program.
  let command: Command

  enum Command {
    /// The words before the module's path.
    case runtime([String])
    /// The C compiler that compiles the program for this machine.
    case native(compiler: String)
  }

  /// The known runtimes, in the order of the tables' columns. Each one finds its executable, and receives the options
  /// after its name in `--engine`.
  private static let known: [(name: String, find: @Sendable (Search) -> Result<Command, UserError>)] = [
    ("needletail", { $0.needletail() }),
    ("wasmkit", { $0.executable("wasmkit", ["run"]) }),
    ("node", { $0.node() }),
    ("wasmtime", { $0.wasmtime() }),
    ("native", { $0.native() }),
  ]

  /// Finds the runtimes that `options` name, or all installed ones.
  ///
  /// - Returns: the runtimes found, and a sentence about each one not found.
  /// - Throws: `UserError` if a named runtime is unknown or not installed.
  static func find(_ options: Options, in folder: String) throws(UserError) -> (found: [Engine], absent: [String]) {
    var found: [Engine] = []
    var absent: [String] = []
    for wanted in options.engines.isEmpty ? known.map(\.name) : options.engines {
      let words = wanted.split(separator: " ").map(String.init)
      guard let entry = known.first(where: { $0.name == words.first }) else {
        throw UserError("unknown engine '\(wanted)'; there are: \(known.map(\.name).joined(separator: ", "))")
      }
      let search = Search(folder: folder, path: options.needletail, options: Array(words.dropFirst()))
      switch entry.find(search) {
      case .success(let command): found.append(Engine(name: wanted, command: command))
      case .failure(let error) where options.engines.isEmpty: absent.append(error.message)
      case .failure(let error): throw error
      }
    }
    return (found, absent)
  }

  /// The command line that runs `program`.
  func commandLine(for program: Program) -> Result<[String], UserError> {
    switch command {
    case .runtime(let words): .success(words + program.grants + [program.module] + program.arguments)
    case .native(let compiler): program.buildNative(compiler: compiler).map { [$0] }
    }
  }
}

/// Finds the executable of each runtime.
private struct Search {
  let folder: String
  let path: String?
  let options: [String]

  func needletail() -> Result<Engine.Command, UserError> {
    let root = folder.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let path = path ?? "\(root)/.build/release/needletail"
    guard isExecutable(path) else {
      return .failure(UserError("needletail: no executable at \(path) (swift build -c release --product needletail)"))
    }
    return .success(.runtime([path, "run"] + options))
  }

  func executable(_ name: String, _ words: [String]) -> Result<Engine.Command, UserError> {
    guard let path = findExecutable(name) else { return .failure(UserError("\(name): not found")) }
    return .success(.runtime([path] + words + options))
  }

  func node() -> Result<Engine.Command, UserError> {
    executable("node", ["--no-warnings"]).map { command in
      guard case .runtime(let words) = command else { return command }
      return .runtime(words + ["\(folder)/run.mjs"])
    }
  }

  /// The executable, or else the PyPI package.
  func wasmtime() -> Result<Engine.Command, UserError> {
    if let path = findExecutable("wasmtime") { return .success(.runtime([path, "run"] + options)) }
    guard let python = findExecutable("python3"),
      runProcess([python, "-c", "import wasmtime"], timeout: 60).succeeded
    else { return .failure(UserError("wasmtime: not found, as an executable or for python3")) }
    return .success(.runtime([python, "\(folder)/run_wasmtime.py"] + options))
  }

  /// A C compiler with the headers of a C library.
  func native() -> Result<Engine.Command, UserError> {
    guard let compiler = findExecutable("clang") else { return .failure(UserError("native: clang not found")) }
    return Program(name: "hello", folder: folder).buildNative(compiler: compiler)
      .map { _ in .native(compiler: compiler) }
      .mapError { UserError("native: clang cannot build a program here: \($0.message)") }
  }
}
