#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A program in `Programs/`, or a module elsewhere.
struct Program {
  let name: String
  let folder: String
  let module: String
  /// The arguments after the module's path.
  var arguments: [String] = []
  /// Options that grant folders and variables.
  var grants: [String] = []
  /// The C file from which it was built, if known.
  let source: String?

  init(name: String, folder: String) {
    self.name = name
    self.folder = folder
    module = "\(folder)/Programs/built/\(name).wasm"
    source = "\(folder)/Programs/\(name).c"
  }

  /// The module that `options` name after `--`.
  init(elsewhere options: Options, folder: String) {
    module = options.module[0]
    name = module.split(separator: "/").last.map(String.init) ?? module
    self.folder = folder
    arguments = Array(options.module.dropFirst())
    grants = options.grants
    source = nil
  }

  /// The programs that `options` select.
  ///
  /// - Throws: `UserError` for an unknown name.
  static func find(_ options: Options, in folder: String) throws(UserError) -> [Program] {
    if !options.module.isEmpty { return [Program(elsewhere: options, folder: folder)] }
    if options.startup { return [Program(name: "hello", folder: folder)] }
    return try find(named: options.names, in: folder)
  }

  /// The programs with these names; without names, all but `hello`.
  ///
  /// - Throws: `UserError` for an unknown name.
  private static func find(named names: [String], in folder: String) throws(UserError) -> [Program] {
    let all = fileNames(in: "\(folder)/Programs/built").compactMap { file in
      file.hasSuffix(".wasm") ? String(file.dropLast(5)) : nil
    }
    if all.isEmpty { throw UserError("no programs in \(folder)/Programs/built: run \(folder)/build") }
    for name in names where !all.contains(name) {
      throw UserError("no program '\(name)'; there are: \(all.joined(separator: " "))")
    }
    return (names.isEmpty ? all.filter { $0 != "hello" } : names).map { Program(name: $0, folder: folder) }
  }

  /// Compiles the program for this machine, unless the executable is newer than the source.
  ///
  /// - Returns: the path of the executable, or the compiler's error.
  func buildNative(compiler: String) -> Result<String, UserError> {
    guard let source else { return .failure(UserError("there is no source to build it from")) }
    let output = "\(folder)/.build/native"
    mkdir("\(folder)/.build", 0o777)
    mkdir(output, 0o777)
    let executable = "\(output)/\(name)"
    if let built = modificationTime(executable), let changed = modificationTime(source), built > changed {
      return .success(executable)
    }
    let command = [compiler, "-std=c17", "-O2", "-ffp-contract=off", "-o", executable, source, "-lm"]
    let run = runProcess(command, timeout: 60)
    guard run.succeeded else {
      let lines = String(decoding: run.errorOutput, as: UTF8.self).split(separator: "\n")
      let error = lines.first { $0.contains("error: ") } ?? lines.first ?? "the compiler failed"
      return .failure(UserError(String(error)))
    }
    return .success(executable)
  }
}
