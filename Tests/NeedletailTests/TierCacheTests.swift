import Foundation
import Needletail
import Testing
import WasmNative

/// The code of functions that ran often, kept for the next process.
@Suite("The cache of tiers")
struct TierCacheTests {
  private static let atOnce = TierOptions(calls: 2, iterations: 2, compilesAtOnce: true)

  private static func engine(_ cache: TemporaryCache, _ tiers: TierOptions = atOnce) -> Engine {
    cache.engine {
      $0.execution = .auto
      $0.tiers = tiers
      $0.features = .all
    }
  }

  /// Functions of several shapes that call each other, trap, and throw.
  private static let text = """
    (module $m
      (memory 1)
      (tag $e (param i64 f64))
      (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func $load (param i32) (result i32) (i32.load (local.get 0)))
      (func $throw (param i64) (throw $e (local.get 0) (f64.const 0.5)))
      (func $catch (param $n i64) (result i64 f64)
        (block $h (result i64 f64)
          (try_table (catch $e $h) (call $throw (local.get $n)))
          (i64.const 0) (f64.const 0)))
      (func (export "sum") (param $n i32) (result i32) (local $s i32)
        (loop $l
          (local.set $s (call $add (local.get $s) (local.get $n)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $s))
      (func (export "load") (param i32) (result i32) (call $load (local.get 0)))
      (func (export "catch") (param i64) (result i64 f64) (call $catch (local.get 0)))
      (func (export "throw") (param i64) (call $throw (local.get 0))))
    """

  private static func load(_ cache: TemporaryCache, _ tiers: TierOptions = atOnce) throws -> (Module, Instance) {
    let engine = engine(cache, tiers)
    let module = try Module(engine, text: text)
    return (module, try Linker(engine).instantiate(module, in: Store(engine)))
  }

  private static func outcome(_ instance: Instance, _ name: String, _ arguments: Value...) throws -> String {
    do {
      return "\(try #require(instance.function(name)).call(arguments))"
    } catch let trap as Trap {
      return "\(trap.message) \(trap.backtrace.map { "\($0)" })"
    } catch let exception as Exception {
      return "\(exception.message) \(exception.backtrace.map { "\($0)" })"
    }
  }

  /// What all functions do, each called so often that it is compiled.
  private static func outcomes(_ instance: Instance) throws -> [String] {
    try (0..<5).flatMap { _ in
      try [
        outcome(instance, "sum", .i32(10)), outcome(instance, "load", .i32(70_000)), outcome(instance, "load", .i32(8)),
        outcome(instance, "catch", .i64(7)), outcome(instance, "throw", .i64(3)),
      ]
    }
  }

  @Test("The next process starts with the compiled functions")
  func keeping() throws {
    let temporary = TemporaryCache()
    let (expected, count) = try {
      let (module, instance) = try Self.load(temporary)
      return (try Self.outcomes(instance), module.tierCounts.functions)
    }()
    #expect(count > 4)
    #expect(temporary.files.count == 1)
    for _ in 0..<2 {
      let (module, instance) = try Self.load(temporary)
      #expect(module.tierCounts == (count, 0))
      #expect(try Self.outcomes(instance) == expected)
      #expect(module.tierCounts == (count, 0))
    }
    #expect(temporary.files.count == 1)
    #expect(temporary.log == [])
  }

  @Test("Functions are added to kept code over several processes")
  func additions() throws {
    let temporary = TemporaryCache()
    let calls: [(String, Value)] = [("sum", .i32(10)), ("load", .i32(8)), ("catch", .i64(1))]
    var count = 0
    for index in calls.indices {
      let (module, instance) = try Self.load(temporary)
      #expect(module.tierCounts == (count, 0))
      // Kept code and new code, and what is still interpreted, call each other.
      for (name, argument) in calls[...index] {
        for _ in 0..<4 { _ = try Self.outcome(instance, name, argument) }
      }
      #expect(module.tierCounts.functions > count)
      count = module.tierCounts.functions
      module.storeHotCode()
    }
    let (_, instance) = try Self.load(temporary)
    let fresh = try Self.load(TemporaryCache()).1
    #expect(try Self.outcomes(instance) == Self.outcomes(fresh))
  }

  @Test("Code is stored when it is asked for, and only if there is more of it")
  func storing() throws {
    let temporary = TemporaryCache()
    let (module, instance) = try Self.load(temporary)
    module.storeHotCode()
    #expect(temporary.files == [])
    for _ in 0..<3 { _ = try Self.outcome(instance, "sum", .i32(10)) }
    module.storeHotCode()
    let entry = try temporary.onlyEntry
    let date = try entry.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
    module.storeHotCode()
    #expect(try entry.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate == date)
  }

  @Test("Functions that waited for their compilation are compiled at the next start")
  func profile() throws {
    let temporary = TemporaryCache()
    do { _ = try Self.outcomes(Self.load(temporary).1) }
    // As if the process had ended before it compiled anything.
    let entry = try temporary.onlyEntry
    let count = try Self.load(temporary).0.tierCounts.functions
    try FileManager.default.removeItem(at: entry)
    let later = TierOptions(calls: 2, iterations: .max, compilesAtOnce: false)
    for attempt in 0..<count {
      let (module, instance) = try Self.load(temporary, later)
      let kept = module.tierCounts.functions
      if attempt == 0 { _ = try Self.outcomes(instance) }
      // Among all other tests the threads that compile may wait long for a processor.
      for _ in 0..<600_000 where module.tierCounts.functions == kept { Thread.sleep(forTimeInterval: 0.001) }
      module.storeHotCode()
      if module.tierCounts.functions >= count { return }
    }
    Issue.record("functions that were wanted were not compiled")
  }

  @Test("A damaged entry is removed, and everything starts in the interpreter")
  func damage() throws {
    let temporary = TemporaryCache()
    let expected = try Self.outcomes(Self.load(temporary).1)[0]
    let entry = try temporary.onlyEntry
    let whole = try Data(contentsOf: entry)
    for place in [60, 200, 400, whole.count - 20] {
      var altered = whole
      altered[place] ^= 1
      try altered.write(to: entry)
      let (module, instance) = try Self.load(temporary, TierOptions(calls: .max))
      #expect(module.tierCounts == (0, 0), "\(place)")
      #expect(try Self.outcome(instance, "sum", .i32(10)) == expected)
      #expect(temporary.files == [], "\(place)")
    }
  }

  @Test("Code of tiers is neither an artifact nor an entry of another engine")
  func kinds() throws {
    let temporary = TemporaryCache()
    let count = try {
      let (module, instance) = try Self.load(temporary)
      _ = try Self.outcomes(instance)
      return module.tierCounts.functions
    }()
    let entry = try temporary.onlyEntry
    #expect(throws: ArtifactError.notAnArtifact) { try Artifact(path: entry.path) }
    let jit = temporary.engine { $0.features = .all }
    _ = try Module(jit, text: Self.text)
    #expect(temporary.files.count == 2)
    #expect(try Self.load(temporary).0.tierCounts == (count, 0))
  }

  @Test("Many engines and threads use one entry")
  func threads() throws {
    let temporary = TemporaryCache()
    let expected = try Self.outcomes(Self.load(TemporaryCache()).1)
    DispatchQueue.concurrentPerform(iterations: 16) { number in
      do {
        let (module, instance) = try Self.load(
          temporary, TierOptions(calls: 2, iterations: 2, compilesAtOnce: number % 2 == 0))
        #expect(try Self.outcomes(instance) == expected)
        module.storeHotCode()
      } catch {
        Issue.record(error)
      }
    }
  }
}
