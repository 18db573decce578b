#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One of the programs in `Programs/`.
struct Program {
  let name: String
  let folder: String

  var source: String { "\(folder)/Programs/\(name).c" }
  var module: String { "\(folder)/Programs/built/\(name).wasm" }

  /// The programs of that name, or all but `hello` if no name is given.
  ///
  /// - Throws: `UserError` for a name that no program has.
  static func find(named names: [String], in folder: String) throws(UserError) -> [Program] {
    let all = fileNames(in: "\(folder)/Programs/built").compactMap { file in
      file.hasSuffix(".wasm") ? String(file.dropLast(5)) : nil
    }
    if all.isEmpty { throw UserError("no programs in \(folder)/Programs/built: run \(folder)/build") }
    for name in names where !all.contains(name) {
      throw UserError("no program '\(name)'; there are: \(all.joined(separator: " "))")
    }
    return (names.isEmpty ? all.filter { $0 != "hello" } : names).map { Program(name: $0, folder: folder) }
  }

  /// The program compiled for this machine, built when there is none that is newer than its source.
  ///
  /// - Returns: the path of the executable, or what the compiler says.
  func buildNative(compiler: String) -> Result<String, UserError> {
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
