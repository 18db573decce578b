import Differential
import Foundation
import ModuleGenerator
import Needletail
import WasmBinary
import WasmText

/// A seed whose module behaves differently on some engine or crashes the process.
struct Finding {
  let seed: UInt64
  private let folder: String

  init(seed: UInt64, _ options: FuzzOptions) {
    self.seed = seed
    folder = options.savePath ?? "."
  }

  /// Writes the smallest module that still fails.
  func minimize() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let recipe = ModuleGenerator.recipe(seed: seed)
    guard fails(recipe) else { throw FuzzError("engines do the same with seed \(seed)") }
    var attempts = 0
    var minimizer = Minimizer(recipe) { candidate in
      attempts += 1
      if attempts % 100 == 0 { say("\(attempts) attempts") }
      guard fails(candidate) else { return false }
      // Write each step, so that an interrupted run leaves a result.
      try? write(candidate)
      return true
    }
    let smallest = minimizer.run()
    say("\(path).wat, after \(attempts) attempts")
    // Last, because it may crash the process.
    say(try Self.difference(smallest, seed) ?? "no difference in this process")
  }

  private var path: String { "\(folder)/\(seed).min" }

  private func write(_ recipe: ModuleGenerator.Recipe) throws {
    let module = ModuleGenerator.module(recipe)
    try Data(module.bytes).write(to: URL(fileURLWithPath: path + ".wasm"))
    try Data(WatPrinter.print(Decoder.decode(module.bytes)).utf8).write(to: URL(fileURLWithPath: path + ".wat"))
  }

  /// Checks in a child process, because the module may crash it.
  private func fails(_ recipe: ModuleGenerator.Recipe) -> Bool {
    do {
      let path = "\(folder)/\(seed).recipe"
      try JSONEncoder().encode([recipe.module] + recipe.bodies).write(to: URL(fileURLWithPath: path))
      defer { unlink(path) }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = ["--check", path, "\(seed)"]
      // Symbolizing a backtrace takes seconds.
      process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationReason == .uncaughtSignal || process.terminationStatus == 1
    } catch {
      return false
    }
  }

  /// Whether engines differ on the module of the recipe in a file.
  static func fails(recipe path: String, seed: UInt64) throws -> Bool {
    ProcessorTime.limit(seconds: 30)
    let lists = try JSONDecoder().decode([[UInt32]].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    guard let module = lists.first else { throw FuzzError("\(path) is empty") }
    return try difference(ModuleGenerator.Recipe(module: module, bodies: Array(lists.dropFirst())), seed) != nil
  }

  private static func difference(_ recipe: ModuleGenerator.Recipe, _ seed: UInt64) throws -> String? {
    let module = ModuleGenerator.module(recipe)
    for variant in 0..<EngineSet.variantCount {
      if let difference = try EngineSet(variant: variant).run(module.bytes, seed: seed).difference { return difference }
    }
    return nil
  }
}
