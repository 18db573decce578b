import Needletail

/// Measures the cost of calls between host and guest, of a typed function of two integers, in each direction and on
/// each engine.
@main
struct Calls {
  private static let defaultCount: Int32 = 10_000_000

  private static let module = """
    (module
      (import "host" "add" (func $hostAdd (param i32 i32) (result i32)))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      ;; Calls the host as often as it is told.
      (func (export "outward") (param $count i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (call $hostAdd (local.get $sum) (local.get $count)))
          (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
        (local.get $sum))
      ;; The same loop without the host, to be subtracted.
      (func (export "empty") (param $count i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (local.get $count)))
          (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
        (local.get $sum)))
    """

  static func main() throws {
    let count = CommandLine.arguments.dropFirst().first.flatMap { Int32($0) } ?? defaultCount
    print("\(count) calls of a function (i32, i32) -> i32, nanoseconds for each")
    print("engine          guest calls host  host calls guest")
    for (name, execution) in engines {
      let (outward, inward) = try measure(execution, count: count)
      print(pad(name, to: 16) + pad(format(outward), to: 18) + format(inward))
    }
  }

  private static let engines: [(String, Engine.Configuration.Execution)] =
    [("interpreter", .interpreter)]
    + OptimizationLevel.allCases.map { ("jit \($0)", .jit($0)) }

  /// Nanoseconds per call from guest to host, and from host to guest.
  private static func measure(
    _ execution: Engine.Configuration.Execution, count: Int32
  ) throws -> (outward: Double, inward: Double) {
    var configuration = Engine.Configuration()
    configuration.execution = execution
    let engine = Engine(configuration)
    let store = try Store(engine)
    let linker = Linker(engine)
    try linker.define("host", "add") { (_: Caller, x: Int32, y: Int32) -> Int32 in x &+ y }
    let instance = try linker.instantiate(try Module(engine, text: module), in: store)

    let outward = try instance.function("outward")!.typed(Int32.self, returning: Int32.self)
    let empty = try instance.function("empty")!.typed(Int32.self, returning: Int32.self)
    let expected = try empty(count)
    let loop = try seconds { _ = try empty(count) }
    let calls = try seconds {
      let sum = try outward(count)
      precondition(sum == expected)
    }

    let add = try instance.function("add")!.typed(Int32.self, Int32.self, returning: Int32.self)
    let inward = try seconds {
      var sum: Int32 = 0
      for number in 0..<count { sum = try add(sum, count - number) }
      precondition(sum == expected)
    }
    return ((calls - loop) / Double(count) * 1e9, inward / Double(count) * 1e9)
  }

  /// The shortest of three times.
  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    var best = Duration.seconds(1000)
    for _ in 0..<3 { best = min(best, try clock.measure(body)) }
    return best / .seconds(1)
  }

  private static func format(_ nanoseconds: Double) -> String { String((nanoseconds * 10).rounded() / 10) }
  private static func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
