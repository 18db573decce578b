/// Makes calls at given times, on one thread of the process. The thread is created when the first alarm is set, and sleeps while there is
/// nothing to do.
///
/// It is a thread of the system, since tasks that compute can hold all threads of Swift's cooperative pool.
///
/// (`@unchecked Sendable`: the lock protects all mutable state.)
package final class DeadlineTimer: @unchecked Sendable {
  package static let shared = DeadlineTimer()

  private let lock = NativeLock()
  private let condition = NativeCondition()
  /// The alarms that are set: a binary heap, with the earliest one first. (Knuth, The Art of Computer Programming 3, 5.2.3.)
  private var heap: [Alarm] = []
  private var hasThread = false
  /// The time until which the thread sleeps.
  private var wakeTime = UInt64.max

  /// Makes a call at a time that can be changed.
  package final class Alarm: @unchecked Sendable {
    private let timer: DeadlineTimer
    fileprivate let action: @Sendable () -> Void
    // Protected by the timer's lock.
    fileprivate var time: UInt64 = 0
    /// The position in the heap; nil if it is not set.
    fileprivate var position: Int?

    /// - Parameter action: called on the timer's thread, while no alarm can be set or cancelled. Must be short.
    package init(_ timer: DeadlineTimer = .shared, _ action: @escaping @Sendable () -> Void) {
      self.timer = timer
      self.action = action
    }

    /// Sets the alarm; until it is cancelled or has rung, the timer keeps it. O(log number of alarms).
    ///
    /// - Parameter time: of ``MonotonicClock``, in nanoseconds. If it has passed, the call is made soon.
    /// - Returns: false if the system cannot create the timer's thread.
    package func set(at time: UInt64) -> Bool { timer.lock.withLock { timer.set(self, at: time) } }

    /// Cancels the alarm. Afterwards no call is made, and none is under way. O(log number of alarms).
    package func cancel() { timer.lock.withLock { timer.remove(self) } }
  }

  package init() {}

  // MARK: The thread

  private func set(_ alarm: Alarm, at time: UInt64) -> Bool {
    remove(alarm)
    if !hasThread {
      guard let thread = NativeThread(stackByteCount: 256 << 10, { [self] in run() }) else { return false }
      thread.detach()
      hasThread = true
    }
    alarm.time = time
    heap.append(alarm)
    siftUp(heap.count - 1)
    if time < wakeTime { condition.signal() }
    return true
  }

  private func run() {
    lock.lock()
    while true {
      let now = MonotonicClock.nanoseconds
      while let first = heap.first, first.time <= now {
        remove(first)
        first.action()
      }
      wakeTime = heap.first?.time ?? .max
      if wakeTime == .max { condition.wait(lock) } else { condition.wait(lock, until: wakeTime) }
    }
  }

  // MARK: The heap

  private func remove(_ alarm: Alarm) {
    guard let position = alarm.position else { return }
    alarm.position = nil
    let last = heap.removeLast()
    guard last !== alarm else { return }
    place(last, position)
    siftDown(position)
    siftUp(position)
  }

  private func place(_ alarm: Alarm, _ position: Int) {
    heap[position] = alarm
    alarm.position = position
  }

  private func siftUp(_ start: Int) {
    var position = start
    let alarm = heap[position]
    while position > 0, alarm.time < heap[(position - 1) / 2].time {
      place(heap[(position - 1) / 2], position)
      position = (position - 1) / 2
    }
    place(alarm, position)
  }

  private func siftDown(_ start: Int) {
    var position = start
    let alarm = heap[position]
    while true {
      var child = 2 * position + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
      guard heap[child].time < alarm.time else { break }
      place(heap[child], position)
      position = child
    }
    place(alarm, position)
  }
}
