import Foundation
import Fuzzing

/// Fuzzes a target with libFuzzer. In builds without libFuzzer, runs single inputs.
@main
struct FuzzProgram {
  static let usage = """
    needletail-libfuzzer --target=NAME [OPTIONS OF LIBFUZZER] [FOLDER…]
        Fuzzes a target, with inputs from folders; what is found goes into the first one. Only in builds for fuzzing.
    needletail-libfuzzer --target=NAME FILE…
        Runs single inputs.
    needletail-libfuzzer --target=NAME --show FILE
        Prints what an input means: the text of a module, or the calls.
    needletail-libfuzzer --target=NAME --seeds=FOLDER
        Writes inputs to start from, made of the standard's test suite.
    needletail-libfuzzer --dictionary=FILE
        Writes the words of the text format, for libFuzzer's option -dict.
    needletail-libfuzzer --targets
        Lists the targets.
    Scripts/fuzz builds, makes seeds, and runs targets.
    """

  static func main() throws {
    var options: [String: String] = [:]
    var files: [String] = []
    for argument in CommandLine.arguments.dropFirst() {
      guard argument.hasPrefix("--") else {
        files.append(argument)
        continue
      }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
      options[parts[0]] = parts.count == 2 ? parts[1] : ""
    }
    if options["targets"] != nil {
      for target in FuzzTargetName.allCases { print(target.rawValue, target.type.maximumInputSize) }
      return
    }
    if let path = options["dictionary"] { return try Data(TextDictionary.contents.utf8).write(to: URL(filePath: path)) }
    guard let target = options["target"].flatMap(FuzzTargetName.init) else {
      FileHandle.standardError.write(Data((usage + "\n").utf8))
      exit(2)
    }
    if let folder = options["seeds"] { return try writeSeeds(of: target, to: folder) }
    if options["show"] != nil {
      for file in files { print(target.type.show(try read(file)) ?? "nothing that can be shown") }
      return
    }
    #if FUZZING
      AllocationVerification.enable()
      exit(LibFuzzer.run(target))
    #else
      try runInputs(files, of: target)
    #endif
  }

  private static func writeSeeds(of target: FuzzTargetName, to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let seeds = try target.type.seeds(SeedSource(maximumSize: target.type.maximumInputSize))
    for (index, seed) in seeds.enumerated() {
      try Data(seed).write(to: URL(filePath: folder).appending(path: "\(index)"))
    }
  }

  private static func runInputs(_ files: [String], of target: FuzzTargetName) throws {
    var target = target.type.init()
    for file in files {
      do {
        _ = try target.run(read(file))
      } catch let finding as Finding {
        FileHandle.standardError.write(Data("\(file): \(finding)\n".utf8))
        exit(1)
      }
    }
  }

  private static func read(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }
}
