import Differential
import Foundation
import ModuleGenerator
import Needletail
import Testing
import WasmText

@Suite("All engines produce the same results")
struct DifferentialTests {
  /// `needletail-fuzz` runs as many modules as time permits.
  @Test("For random modules", arguments: 0..<EngineSet.variantCount)
  func randomModules(variant: Int) throws {
    let engines = EngineSet(variant: variant)
    var callCount = 0
    var resultCount = 0
    // A collection at every allocation is slow.
    for seed in UInt64(1)...(EngineSet.collectingVariants.contains(variant) ? 6 : 12) {
      let comparison = try engines.run(ModuleGenerator.module(seed: seed).bytes, seed: seed)
      #expect(comparison.difference == nil, "seed \(seed)")
      callCount += comparison.expected.calls.count
      for call in comparison.expected.calls { if case .results = call.outcome { resultCount += 1 } }
    }
    // A generator whose modules always trap would test nothing.
    #expect(resultCount * 4 > callCount)
  }

  /// A truncated index refers to a different entry of a different type, so that lost upper bits are detected.
  @Test("For index spaces with very many entries", arguments: IndexSpace.allCases)
  func crowdedModules(space: IndexSpace) throws {
    var options = ModuleGenerator.Options()
    options.crowd = space
    let module = ModuleGenerator.module(seed: 2, options: options)
    #expect(try EngineSet().run(module.bytes, seed: 2).difference == nil)
  }

  /// Modules in `Findings` on which engines differed or the process crashed, minimized.
  @Test("For earlier findings", arguments: findings)
  func finding(name: String) throws {
    let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    for variant in 0..<EngineSet.variantCount {
      let engines = EngineSet(variant: variant)
      let bytes = try assemble(text)
      for seed in UInt64(0)..<4 {
        #expect(try engines.run(bytes, seed: seed).difference == nil, "variant \(variant)")
      }
    }
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Findings")
  private static let findings = {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.filter { $0.hasSuffix(".wat") }.sorted() ?? []
  }()

  @Test("Shortened recipes also generate valid modules")
  func smallerRecipes() throws {
    let engine = Engine()
    for seed in UInt64(1)...4 {
      let recipe = ModuleGenerator.recipe(seed: seed)
      #expect(ModuleGenerator.module(recipe).bytes == ModuleGenerator.module(seed: seed).bytes)
      for divisor in [2, 3, 10, 1000] {
        let bodies = recipe.bodies.map { Array($0.prefix($0.count / divisor)) }
        let smaller = ModuleGenerator.module(ModuleGenerator.Recipe(module: recipe.module, bodies: bodies))
        _ = try Module(engine, bytes: smaller.bytes)
      }
      let none = ModuleGenerator.module(ModuleGenerator.Recipe(module: [], bodies: []))
      _ = try Module(engine, bytes: none.bytes)
    }
  }

  @Test("The minimizer keeps only what the failure needs")
  func minimizing() {
    // "Fails" if the third body contains a 7 after a number above 1000.
    var minimizer = Minimizer(
      ModuleGenerator.Recipe(module: [5, 6], bodies: [[1, 2, 3], [], [9, 2000, 3, 7, 8]])
    ) { recipe in
      guard recipe.bodies.count == 3, let large = recipe.bodies[2].firstIndex(where: { $0 > 1000 }) else {
        return false
      }
      return recipe.bodies[2][large...].contains(7)
    }
    let smallest = minimizer.run()
    #expect(smallest.module.isEmpty && smallest.bodies[0].isEmpty && smallest.bodies[2].count == 2)
    #expect(smallest.bodies[2][0] < 1020 && smallest.bodies[2][1] == 7)
  }
}
