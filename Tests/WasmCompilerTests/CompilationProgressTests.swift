import Testing

@testable import WasmCompiler
@testable import WasmNative

@Suite("Progress of compilation")
struct CompilationProgressTests {
  @Test("Progress is reported after one second, at most ten times per second")
  func pace() {
    let start = ContinuousClock().now
    var progress = CompilationProgress(total: 200, start: start)
    var said: [String] = []
    for tick in 0..<30 {
      let now = start + .milliseconds(50 * tick)
      if let fraction = progress.fraction(done: 5 * tick, now: now) { said.append("\(50 * tick): \(fraction)") }
    }
    #expect(said == ["1000: 0.5", "1100: 0.55", "1200: 0.6", "1300: 0.65", "1400: 0.7"])
    #expect(progress.hasBegun)
  }

  @Test("A short compilation reports no progress")
  func short() {
    let start = ContinuousClock().now
    var progress = CompilationProgress(total: 0, start: start)
    #expect(progress.fraction(done: 0, now: start + .milliseconds(999)) == nil)
    #expect(!progress.hasBegun)
  }
}
