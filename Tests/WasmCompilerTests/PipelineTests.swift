import Testing
import WasmText

@testable import WasmCompiler

@Suite("The table of passes")
struct PipelineTests {
  @Test("runs each pass after the passes that it requires", arguments: OptimizationLevel.allCases)
  func order(_ level: OptimizationLevel) {
    var done: Set<PassName> = []
    for pass in Pipeline.passes(at: level) {
      for requirement in pass.requirements {
        let isAtLevel = Pipeline.passes(at: level).contains { $0.name == requirement }
        #expect(done.contains(requirement) || !isAtLevel, "\(pass.name) before \(requirement) at \(level)")
      }
      done.insert(pass.name)
    }
  }

  @Test("has one row for each name")
  func names() {
    #expect(Pipeline.passes.map(\.name) == PassName.allCases)
  }

  @Test("requires only passes that exist at some of the same levels")
  func levels() throws {
    for pass in Pipeline.passes {
      for requirement in pass.requirements {
        let row = try #require(Pipeline.passes.first { $0.name == requirement })
        #expect(!row.levels.isDisjoint(with: pass.levels), "\(pass.name) requires \(requirement)")
      }
    }
  }

  @Test(
    "ends with code at each level, and leaves a graph that can be shown before selection",
    arguments: OptimizationLevel.allCases)
  func results(_ level: OptimizationLevel) throws {
    let passes = Pipeline.passes(at: level)
    #expect(passes.last?.name == .emission)
    let selection = try #require(passes.firstIndex { $0.name == .selection })
    #expect(passes[..<selection].allSatisfy { $0.result != .machineCode })
    #expect(passes[..<selection].contains { $0.result == .graph })
  }

  @Test("is what times of passes are told by", arguments: OptimizationLevel.allCases)
  func times(_ level: OptimizationLevel) throws {
    let image = try image(try assemble("(module (func (export \"f\") (param i32) (result i32) local.get 0 i32.clz))"))
    let timings = PassTimings()
    _ = ModuleCompiler.compile(image, CompilerOptions(level: level), threadCount: 1, timings: timings)
    let names = timings.times.rows.map(\.name)
    #expect(names == Pipeline.passes(at: level).map(\.name.rawValue).filter { names.contains($0) })
    #expect(names.contains("front end") && names.contains("emission"))
  }
}
