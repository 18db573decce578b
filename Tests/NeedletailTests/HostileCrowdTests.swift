import Foundation
import Needletail
import NeedletailSystem
import Synchronization
import Testing

/// Many hostile programs in one process, eight at a time, beside a program that answers.
@Suite struct HostileCrowdTests {
  /// With `NEEDLETAIL_HOSTILE_COUNT=N`, N programs run, and the test prints how late they ended.
  private static let requestedCount = ProcessInfo.processInfo.environment["NEEDLETAIL_HOSTILE_COUNT"].flatMap {
    Int($0)
  }
  private static let threadCount = 8
  private static let timeout = Duration.milliseconds(50)

  private struct Results {
    var startedCount = 0
    var failures: [String] = []
    /// How long after its deadline each hostile program ended.
    var lateness: [Duration] = []
    /// How long the good program took for each answer.
    var latency: [Duration] = []
  }

  @Test("Hostile programs end at their deadlines, and a program beside them answers meanwhile")
  func crowd() throws {
    let engines = TestedEngine.all.map { tested in tested.make { $0.isInterruptible = true } }
    let count = Self.requestedCount ?? 100
    let results = Mutex(Results())
    let isEnding = Atomic(false)

    let hostile = (0..<Self.threadCount).map { _ in
      NativeThread {
        while true {
          let number = results.withLock { results in
            results.startedCount += 1
            return results.startedCount - 1
          }
          guard number < count else { return }
          // Each engine gets each program, in turn.
          let program = HostileProgram.all[number % HostileProgram.all.count]
          let engine = engines[(number + number / HostileProgram.all.count) % engines.count]
          let result = Result { try Self.run(program, engine, number) }
          results.withLock { results in
            switch result {
            case .success(let lateness): results.lateness.append(lateness)
            case .failure(let error):
              results.failures.append("\(program.testDescription), \(engine.configuration.execution): \(error)")
            }
          }
        }
      }
    }
    let good = NativeThread {
      var number: Int32 = 0
      repeat {
        let start = ContinuousClock.now
        let result = Result { try Self.answer(engines[Int(number) % engines.count]) }
        let latency = ContinuousClock.now - start
        results.withLock { results in
          results.latency.append(latency)
          if case .failure(let error) = result { results.failures.append("the good program: \(error)") }
        }
        number += 1
        NativeThread.sleep(for: .milliseconds(1))
      } while !isEnding.load(ordering: .relaxed)
    }
    for thread in hostile { thread?.join() }
    isEnding.store(true, ordering: .relaxed)
    good?.join()

    results.withLock { results in
      #expect(results.failures == [])
      #expect(results.lateness.count == count && results.latency.count > 1)
      if Self.requestedCount != nil {
        print("\(count) hostile programs; ms after the deadline: \(Self.summary(of: results.lateness))")
        print("\(results.latency.count) answers; ms for each: \(Self.summary(of: results.latency))")
      }
    }
  }

  private struct Failure: Error { var message: String }

  /// Runs a hostile program until its deadline.
  ///
  /// - Returns: how late it ended.
  private static func run(_ program: HostileProgram, _ engine: Engine, _ number: Int) throws -> Duration {
    // The export makes it a module of its own.
    let instance = try engine.instantiate(
      "\(program.fields) (global (export \"number\") i32 (i32.const \(number)))", HostileProgram.link)
    let run = try #require(instance.function("run"))
    let deadline = ContinuousClock.now + timeout
    do {
      try run.call(deadline: deadline)
    } catch let trap as Trap where trap.code == .deadlineExceeded {
      return ContinuousClock.now - deadline
    }
    throw Failure(message: "ended before the deadline")
  }

  /// Computes a sum in a new store, with a deadline that is far away.
  private static func answer(_ engine: Engine) throws {
    let instance = try engine.instantiate(
      """
      (func (export "sum") (param i32) (result i32) (local i32)
        (loop $l
          (local.set 1 (i32.add (local.get 1) (local.get 0)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1))
      """)
    let sum = try #require(instance.function("sum")).call([.i32(100)], timeout: .seconds(3600))
    guard sum.first?.i32 == 5050 else { throw Failure(message: "wrong sum: \(sum)") }
  }

  private static func summary(of times: [Duration]) -> String {
    let milliseconds = times.map { $0 / .milliseconds(1) }.sorted()
    func at(_ fraction: Double) -> String {
      String(format: "%.1f", milliseconds[Int(fraction * Double(milliseconds.count - 1))])
    }
    return "median \(at(0.5)), 99 % within \(at(0.99)), most \(at(1))"
  }
}
