import NeedletailSystem
import Synchronization
import Testing

/// Alarms at given times.
@Suite struct DeadlineTimerTests {
  /// Numbers from several threads.
  private final class Numbers: Sendable {
    private let numbers = Mutex<[Int]>([])
    var all: [Int] { numbers.withLock { $0 } }
    func append(_ number: Int) { numbers.withLock { $0.append(number) } }

    func waitFor(_ count: Int) {
      while all.count < count { DeadlineTimerTests.wait(milliseconds: 1) }
    }
  }

  private static func wait(milliseconds: UInt64) {
    let (lock, condition) = (NativeLock(), NativeCondition())
    let end = MonotonicClock.nanoseconds + milliseconds * 1_000_000
    lock.withLock { while MonotonicClock.nanoseconds < end { condition.wait(lock, until: end) } }
  }

  @Test("Alarms ring in the order of their times, none before its time")
  func order() {
    let timer = DeadlineTimer()
    let numbers = Numbers()
    let start = MonotonicClock.nanoseconds + 20_000_000
    let delays = (0..<100).map { ($0 * 37) % 100 }
    let alarms = delays.map { delay in
      DeadlineTimer.Alarm(timer) {
        numbers.append(MonotonicClock.nanoseconds >= start + UInt64(delay) * 100_000 ? delay : -1)
      }
    }
    for (alarm, delay) in zip(alarms, delays) { #expect(alarm.set(at: start + UInt64(delay) * 100_000)) }
    numbers.waitFor(100)
    #expect(numbers.all == Array(0..<100))
  }

  @Test("A cancelled alarm does not ring, and one that is set again rings once")
  func cancellation() {
    let timer = DeadlineTimer()
    let numbers = Numbers()
    let alarms = (0..<50).map { number in DeadlineTimer.Alarm(timer) { numbers.append(number) } }
    let start = MonotonicClock.nanoseconds
    for (index, alarm) in alarms.enumerated() { #expect(alarm.set(at: start + 3_600_000_000_000 - UInt64(index % 7))) }
    for alarm in alarms.dropFirst(10) { alarm.cancel() }
    for alarm in alarms[..<10].reversed() { #expect(alarm.set(at: start + 10_000_000)) }
    numbers.waitFor(10)
    let last = DeadlineTimer.Alarm(timer) { numbers.append(100) }
    #expect(last.set(at: MonotonicClock.nanoseconds + 5_000_000))
    numbers.waitFor(11)
    #expect(Set(numbers.all) == Set([100] + (0..<10)) && numbers.all.count == 11)
  }

  @Test("An alarm whose time has passed rings at once")
  func passed() {
    let numbers = Numbers()
    let alarm = DeadlineTimer.Alarm { numbers.append(1) }
    #expect(alarm.set(at: 0))
    numbers.waitFor(1)
    alarm.cancel()
    #expect(numbers.all == [1])
  }
}
