import Differential
import Foundation
import Needletail

/// Runs the modules in a folder, made by other generators, on all engines, and writes their outcomes.
struct ForeignModules {
  let folder: String

  /// The limit on processor time per module; exceeding it ends the process.
  private static let secondsPerModule = 60

  /// Skips modules that have an outcome file, so that a run can be resumed after a module crashed the process.
  func run() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".wasm") }
    let numbers = names.compactMap { UInt64($0.dropLast(5)) }.sorted()
    let sets = (0..<EngineSet.variantCount).map { EngineSet(variant: $0) }
    for number in numbers where !FileManager.default.fileExists(atPath: "\(folder)/\(number).json") {
      try Data("\(number)".utf8).write(to: URL(fileURLWithPath: "\(folder)/current"))
      ProcessorTime.limit(seconds: Self.secondsPerModule)
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(number).wasm")))
      let outcome = Self.outcome(bytes, number, sets[Self.variant(number)])
      try outcome.json.write(to: URL(fileURLWithPath: "\(folder)/\(number).json"))
    }
  }

  private static func variant(_ number: UInt64) -> Int {
    number % 4 == 3 ? 1 + Int(number / 4 % UInt64(EngineSet.variantCount - 1)) : 0
  }

  private static func outcome(_ bytes: [UInt8], _ seed: UInt64, _ engines: EngineSet) -> ExpectedOutcome {
    do {
      let comparison = try engines.run(bytes, seed: seed, onlyNumbers: true)
      var outcome = ExpectedOutcome(comparison.expected)
      outcome.difference = comparison.difference
      return outcome
    } catch {
      return failure(bytes, seed, engines)
    }
  }

  /// For a module that cannot be loaded. All engines must report the same error.
  private static func failure(_ bytes: [UInt8], _ seed: UInt64, _ engines: EngineSet) -> ExpectedOutcome {
    let failures = engines.members.map { member in
      do {
        _ = try Execution(bytes, seed: seed, engine: member.engine, onlyNumbers: true)
        return "none"
      } catch {
        return "\(error)"
      }
    }
    var outcome = ExpectedOutcome(failure: failures[0])
    if let index = failures.firstIndex(where: { $0 != failures[0] }) {
      outcome.difference = "\(engines.members[index].name): \(failures[0]) became \(failures[index])"
    }
    return outcome
  }
}
