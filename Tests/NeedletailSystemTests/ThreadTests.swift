import Synchronization
import Testing

@testable import NeedletailSystem

/// Threads, locks and thread records.
@Suite struct ThreadTests {
  /// Numbers of threads.
  private final class Numbers: Sendable {
    let all = Mutex<[UInt64]>([])
  }

  private final class State: Sendable {
    let isDone = Atomic(false)
  }

  @Test("Each thread has a record with a number and a stack of its own")
  func records() {
    let numbers = Numbers()
    let threads = (0..<8).compactMap { _ in
      NativeThread(stackByteCount: 1 << 20) {
        let record = ThreadRecord.current
        #expect(record == ThreadRecord.current)
        let address = NativeStack.currentAddress()
        #expect(address > record.pointee.stackEnd && address - record.pointee.stackEnd <= 1 << 20)
        numbers.all.withLock { $0.append(record.pointee.identifier) }
      }
    }
    for thread in threads { thread.join() }
    #expect(threads.count == 8 && Set(numbers.all.withLock { $0 }).count == 8)
  }

  @Test("Work runs on as many threads as asked for, the caller's among them", arguments: [0, 1, 4])
  func concurrently(count: Int) {
    let numbers = Numbers()
    NativeThread.runConcurrently(threadCount: count) {
      numbers.all.withLock { $0.append(ThreadRecord.current.pointee.identifier) }
    }
    let own = ThreadRecord.current.pointee.identifier
    let all = numbers.all.withLock { $0 }
    #expect(all.count == max(1, count) && all.contains(own))
  }

  @Test("A wait for a condition ends when it is signalled, and at its deadline")
  func conditions() {
    let (lock, condition) = (NativeLock(), NativeCondition())
    let state = State()
    let thread = NativeThread {
      lock.withLock {
        while !state.isDone.load(ordering: .relaxed) { condition.wait(lock) }
      }
    }
    #expect(thread != nil)
    lock.withLock {
      state.isDone.store(true, ordering: .relaxed)
      condition.broadcast()
    }
    thread?.join()
    let start = MonotonicClock.nanoseconds
    lock.withLock {
      while MonotonicClock.nanoseconds < start + 3_000_000 { condition.wait(lock, until: start + 3_000_000) }
    }
    #expect(MonotonicClock.nanoseconds - start >= 3_000_000)
  }
}
