import Foundation
import Synchronization
import Testing

@testable import WasmRuntime

/// One thread at a time has the claim of a store.
@Suite struct StoreClaimTests {
  /// What several threads do at once.
  private final class Contest: Sendable {
    let claim: StoreClaim
    let inside = Atomic(0)
    let violations = Atomic(0)
    let successes = Atomic(0)
    let refusals = Atomic(0)
    let ready = Atomic(0)

    init(favours: Bool) { claim = StoreClaim(favours: favours) }

    /// Claims and gives up, `count` times.
    func compete(_ count: Int) {
      for _ in 0..<count {
        guard let kind = try? claim.take() else {
          refusals.add(1, ordering: .relaxed)
          continue
        }
        if inside.add(1, ordering: .relaxed).newValue != 1 { violations.add(1, ordering: .relaxed) }
        if let inner = try? claim.take() { claim.giveUp(inner) } else { violations.add(1, ordering: .relaxed) }
        inside.subtract(1, ordering: .relaxed)
        claim.giveUp(kind)
        successes.add(1, ordering: .relaxed)
      }
    }

    /// Waits until `count` threads are here.
    func meet(_ count: Int) {
      ready.add(1, ordering: .sequentiallyConsistent)
      while ready.load(ordering: .sequentiallyConsistent) < count {}
    }
  }

  private static func run(_ threadCount: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<threadCount {
      group.enter()
      Thread.detachNewThread {
        body(number)
        group.leave()
      }
    }
    group.wait()
  }

  @Test(
    "Threads that claim a store for the first time at the same instant get it one at a time", arguments: [true, false])
  func firstClaims(favours: Bool) {
    for _ in 0..<300 {
      let contest = Contest(favours: favours)
      Self.run(2) { _ in
        contest.meet(2)
        contest.compete(20)
      }
      #expect(contest.violations.load(ordering: .relaxed) == 0)
    }
  }

  @Test("Nobody gets a store while the thread that had it first is in it", arguments: [true, false])
  func laterClaims(favours: Bool) {
    for _ in 0..<20 {
      let contest = Contest(favours: favours)
      Self.run(3) { number in
        // The first thread has used the store long before others come.
        if number == 0 { contest.compete(1000) }
        contest.meet(3)
        contest.compete(5000)
      }
      #expect(contest.violations.load(ordering: .relaxed) == 0)
      #expect(contest.successes.load(ordering: .relaxed) >= 1000)
    }
  }

  @Test("A nested claim never gives up the outer one, whatever other threads try meanwhile", arguments: [true, false])
  func nestedClaims(favours: Bool) throws {
    let contest = Contest(favours: favours)
    let ended = Atomic(false)
    Self.run(2) { number in
      if number == 1 {
        contest.meet(2)
        while !ended.load(ordering: .relaxed) { contest.compete(1) }
        return
      }
      guard let outer = try? contest.claim.take() else {
        contest.violations.add(1, ordering: .relaxed)
        return contest.meet(2)
      }
      contest.inside.add(1, ordering: .relaxed)
      contest.meet(2)
      for _ in 0..<200_000 {
        guard let inner = try? contest.claim.take() else { break }
        if !Self.isNested(inner) { contest.violations.add(1, ordering: .relaxed) }
        contest.claim.giveUp(inner)
      }
      contest.inside.subtract(1, ordering: .relaxed)
      contest.claim.giveUp(outer)
      ended.store(true, ordering: .relaxed)
    }
    #expect(contest.violations.load(ordering: .relaxed) == 0)
  }

  @Test("A claim that was refused changes nothing", arguments: [true, false])
  func refusal(favours: Bool) throws {
    let contest = Contest(favours: favours)
    let kind = try contest.claim.take()
    Self.run(2) { _ in contest.compete(10) }
    #expect(contest.refusals.load(ordering: .relaxed) == 20)
    let inner = try contest.claim.take()
    #expect(Self.isNested(inner))
    contest.claim.giveUp(inner)
    Self.run(1) { _ in contest.compete(10) }
    #expect(contest.refusals.load(ordering: .relaxed) == 30)
    contest.claim.giveUp(kind)
    Self.run(1) { _ in contest.compete(10) }
    #expect(contest.successes.load(ordering: .relaxed) == 10)
    let again = try contest.claim.take()
    Self.run(1) { _ in contest.compete(10) }
    #expect(contest.refusals.load(ordering: .relaxed) == 40)
    contest.claim.giveUp(again)
  }

  private static func isNested(_ kind: UInt8) -> Bool { kind == StoreClaim.nested || kind == StoreClaim.countedNested }

  @Test("A task holds a store between its calls, and no other task or thread gets it", arguments: [true, false])
  func tasks(favours: Bool) async throws {
    let claim = StoreClaim(favours: favours)
    let first = try claim.take()
    #expect(throws: StoreInUse.self) { try claim.beginTask(1) }
    claim.giveUp(first)
    let task = CurrentTask.identity
    #expect(task != 0)
    try claim.beginTask(task)
    #expect(throws: StoreInUse.self) { try claim.beginTask(task) }
    #expect(throws: StoreInUse.self) { try claim.beginTask(task + 8) }
    // A host function of the task borrows the store.
    let borrowed = try claim.take()
    #expect(borrowed == StoreClaim.borrowed)
    let inner = try claim.take()
    #expect(inner == StoreClaim.countedNested && claim.nestedCount == 1)
    claim.giveUp(inner)
    claim.giveUp(borrowed)
    claim.resume(nestedCount: 3)
    let nested = try claim.take()
    #expect(nested == StoreClaim.countedNested && claim.nestedCount == 4)
    claim.giveUp(nested)
    #expect(throws: StoreInUse.self) { try claim.beginTask(task) }
    claim.suspend()
    claim.handOver(to: task + 8)
    #expect(throws: StoreInUse.self) { try claim.take() }
    claim.endTask()
    let last = try claim.take()
    #expect(last == StoreClaim.exchanged)
    claim.giveUp(last)
  }
}
