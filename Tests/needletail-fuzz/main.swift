import Foundation

// Compares engines on random modules: `needletail-fuzz --help`.
do {
  let options = try FuzzOptions(Array(CommandLine.arguments.dropFirst()))
  switch options.action {
  case .help: say(FuzzOptions.usage)
  case .search:
    var search = FuzzSearch(options)
    exit(try search.run() ? 0 : 1)
  case .minimize(let seed): try Finding(seed: seed, options).minimize()
  case .foreign(let folder): try ForeignModules(folder: folder).run()
  case .check(let path, let seed): exit(try Finding.fails(recipe: path, seed: seed) ? 1 : 0)
  }
} catch {
  FileHandle.standardError.write(Data("needletail-fuzz: \(error)\n".utf8))
  exit(2)
}

/// Prints a line without buffering: the next module may crash the process.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
