import Differential
import Foundation
import ModuleGenerator
import Needletail

/// Tests one seed after the other.
struct FuzzSearch {
  private let options: FuzzOptions
  private var sets: [EngineSet] = []
  private var moduleCount: UInt64 = 0
  private var functionCount: UInt64 = 0
  private var differenceCount: UInt64 = 0
  private var endings: [String: Int] = [:]
  private let start = Date()

  /// Engines keep the types of all modules that they have loaded, so they are replaced regularly.
  private static let modulesPerEngine: UInt64 = 2_000
  /// The limit on processor time per module; exceeding it ends the process.
  private static let secondsPerModule = 60

  init(_ options: FuzzOptions) { self.options = options }

  /// Returns whether no difference was found.
  mutating func run() throws -> Bool {
    let state = try options.statePath.map { path in
      guard FileManager.default.createFile(atPath: path, contents: nil),
        let handle = FileHandle(forWritingAtPath: path)
      else { throw FuzzError("cannot write \(path)") }
      return handle
    }
    for folder in [options.savePath, options.exportPath].compactMap(\.self) {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    var reported = start
    var seed = options.first
    while moduleCount < options.count, Date().timeIntervalSince(start) < 60 * options.minutes {
      if moduleCount % Self.modulesPerEngine == 0 {
        sets = (0..<EngineSet.variantCount).map { EngineSet(variant: $0) }
      }
      if let state {
        try state.seek(toOffset: 0)
        state.write(Data("\(seed)\n".utf8))
      }
      ProcessorTime.limit(seconds: Self.secondsPerModule)
      try tryModule(seed)
      seed &+= 1
      if Date().timeIntervalSince(reported) >= 60 {
        reported = Date()
        report(next: seed)
      }
    }
    report(next: seed)
    return differenceCount == 0
  }

  private mutating func tryModule(_ seed: UInt64) throws {
    var generation = ModuleGenerator.Options()
    generation.hasOnlyNumbersInTypes = options.exportPath != nil
    let module = ModuleGenerator.module(seed: seed, options: generation)
    moduleCount += 1
    functionCount += UInt64(module.functions.count)
    if let folder = options.exportPath {
      let execution = try Execution(module.bytes, seed: seed, engine: sets[0].members[0].engine)
      try Data(module.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(seed).wasm"))
      try ExpectedOutcome(execution).json.write(to: URL(fileURLWithPath: "\(folder)/\(seed).json"))
      count(execution)
      return
    }
    let variant = options.variant ?? Self.variant(seed, module)
    let difference: String
    do {
      let comparison = try sets[variant].run(module.bytes, seed: seed)
      count(comparison.expected)
      guard let found = comparison.difference else { return }
      difference = found
    } catch {
      // Each module is valid.
      difference = "cannot be loaded: \(error)"
    }
    differenceCount += 1
    say("seed \(seed): \(difference)")
    if let folder = options.savePath {
      try Data(module.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(seed).wasm"))
    }
  }

  /// Most seeds use the default variant; modules that create many objects use those with frequent collections.
  private static func variant(_ seed: UInt64, _ module: ModuleGenerator.GeneratedModule) -> Int {
    let collecting = EngineSet.collectingVariants
    var variant = 0
    if seed % 4 == 3 {
      variant = 1 + Int(seed / 4 % UInt64(EngineSet.variantCount - 1))
    } else if module.hasShapes, seed % 4 != 0 {
      variant = collecting[seed / 4 % 8 == 0 ? 1 : 0]
    }
    // Long arrays with a collection at every allocation take minutes.
    return variant == collecting[1] && module.longestArray > 1_000 ? collecting[0] : variant
  }

  private mutating func count(_ execution: Execution) {
    for call in execution.calls {
      switch call.outcome {
      case .results: endings["results", default: 0] += 1
      case .trap(let reason, _): endings[reason, default: 0] += 1
      case .exception: endings["exception", default: 0] += 1
      case .error: endings["host error", default: 0] += 1
      case .unfinished: endings["unfinished", default: 0] += 1
      }
    }
  }

  private func report(next: UInt64) {
    let seconds = Date().timeIntervalSince(start)
    let rate = Double(functionCount) / seconds
    say(
      "\(moduleCount) modules, \(functionCount) functions, \(Int(rate)) a second, \(differenceCount) differences; next seed \(next)"
    )
    guard Double(moduleCount) >= Double(options.count) || seconds >= 60 * options.minutes else { return }
    let calls = endings.values.reduce(0, +)
    for (ending, count) in endings.sorted(by: { $0.value > $1.value }) {
      say("  \(count * 1000 / max(calls, 1)) of 1000 calls: \(ending)")
    }
  }
}
