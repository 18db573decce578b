import Needletail
import NeedletailSystem

extension WASI {
  func definePolling(_ functions: HostFunctions) throws {
    try functions.define("poll_oneoff") {
      [self, snapshot = functions.snapshot]
      (
        memory: GuestMemory, subscriptions: UInt32, events: UInt32, count: UInt32, result: UInt32
      ) throws(Errno) in
      guard count > 0 else { throw .inval }
      guard Int(count) <= configuration.limits.subscriptions else {
        throw deny(.inval, nil, "more than \(configuration.limits.subscriptions) subscriptions at once not granted")
      }
      // All pointers are checked before the wait. The count is limited, so the multiplications do not overflow.
      let stride = Subscription.size(snapshot)
      _ = try memory.bytes(at: subscriptions, count: count * stride)
      _ = try memory.bytes(at: events, count: count * Event.size)
      _ = try memory.bytes(at: result, count: 4)
      var poll = Poll()
      for index in 0..<count {
        let structure = try memory.element(index, of: subscriptions, stride: stride)
        try add(Subscription(structure, snapshot), to: &poll)
      }
      let occurred = try wait(for: &poll)
      for (index, event) in occurred.enumerated() {
        event.store(try memory.element(UInt32(index), of: events, stride: Event.size))
      }
      try memory.store(UInt32(occurred.count), at: result)
    }
  }

  /// Adds a subscription to the events that have occurred, or to those to wait for.
  private func add(_ subscription: Subscription, to poll: inout Poll) throws(Errno) {
    var event = Event(userData: subscription.userData, type: subscription.kind.eventType)
    do throws(Errno) {
      switch subscription.kind {
      case .clock(let identifier, let timeout, let isAbsolute):
        poll.timers.append((try delay(identifier, timeout, isAbsolute), event))
      case .read(let number):
        try add(try pollable(number, .fdRead), writing: false, event, to: &poll)
      case .write(let number):
        try add(try pollable(number, .fdWrite), writing: true, event, to: &poll)
      case .unknown:
        throw .inval
      }
    } catch {
      if case .unknown = subscription.kind { throw error }
      event.error = error
      poll.occurred.append(event)
    }
  }

  private func pollable(_ number: UInt32, _ right: Rights) throws(Errno) -> any File {
    let descriptor = try descriptors[number]
    guard case .file(let file) = descriptor.object else { throw .isdir }
    // A listening socket becomes readable when a connection is pending.
    let isListener = right == .fdRead && descriptor.rights.contains(.sockAccept)
    guard descriptor.rights.contains(.pollFdReadwrite), isListener || descriptor.rights.contains(right) else {
      throw missingRights([right, .pollFdReadwrite], descriptor, number)
    }
    return file
  }

  private func add(_ file: any File, writing: Bool, _ event: Event, to poll: inout Poll) throws(Errno) {
    switch file.readiness {
    case .descriptor(let descriptor):
      poll.host.add(FileDescriptor(descriptor), for: writing ? .writing : .reading)
      if sharing != nil, let file = file as? POSIXFile { poll.files.append(file) }
      poll.waiting.append(event)
    case .always:
      var event = event
      event.byteCount = 1
      if !writing, file.type == .regularFile {
        let position = try file.seek(by: 0, from: .current)
        let size = try file.status().size
        event.byteCount = size > position ? size - position : 0
      }
      poll.occurred.append(event)
    }
  }

  /// Nanoseconds until a timer expires.
  private func delay(_ clock: ClockIdentifier?, _ timeout: UInt64, _ isAbsolute: Bool) throws(Errno) -> UInt64 {
    guard let clock else { throw .inval }
    // Processor time does not pass while waiting.
    guard clock == .realtime || clock == .monotonic else { throw .notsup }
    guard isAbsolute else { return timeout }
    let now = try self.clock.time(clock)
    return timeout > now ? timeout - now : 0
  }

  private func wait(for poll: inout Poll) throws(Errno) -> [Event] {
    let shortest = poll.timers.min { $0.delay < $1.delay }?.delay
    var passed: UInt64 = 0
    if !poll.occurred.isEmpty {
      try poll.waitForDescriptors(timeout: 0, self)
    } else if let shortest {
      passed = try wait(for: &poll, timeout: shortest)
    } else {
      try poll.waitForDescriptors(timeout: nil, self)
    }
    for timer in poll.timers where timer.delay <= passed { poll.occurred.append(timer.event) }
    return poll.occurred
  }

  /// Waits until a descriptor is ready or the first timer expires.
  ///
  /// - Returns: the elapsed time in nanoseconds.
  private func wait(for poll: inout Poll, timeout: UInt64) throws(Errno) -> UInt64 {
    // Frozen clocks do not wait: the timer expires at once, unless a descriptor is ready.
    try poll.waitForDescriptors(timeout: 0, self)
    guard poll.occurred.isEmpty else { return 0 }
    if clock.skip(timeout) { return timeout }
    let start = try ClockIdentifier.monotonic.hostTime()
    try poll.waitForDescriptors(timeout: timeout, self)
    let passed = try ClockIdentifier.monotonic.hostTime() - start
    return poll.occurred.isEmpty ? max(passed, timeout) : passed
  }
}

/// What one `poll_oneoff` waits for.
private struct Poll {
  var occurred: [Event] = []
  var timers: [(delay: UInt64, event: Event)] = []
  /// The events of the descriptors in `host`, in the same order.
  var waiting: [Event] = []
  var host = DescriptorPoll()
  /// The files of the descriptors in `host`, if other threads could close them.
  var files: [POSIXFile] = []

  mutating func waitForDescriptors(timeout: UInt64?, _ wasi: WASI) throws(Errno) {
    guard !host.isEmpty || timeout != 0 else { return }
    for file in files { file.beginUse() }
    defer { for file in files { file.endUse() } }
    try wasi.wait(&host, timeout: timeout)
    for (index, waiting) in waiting.enumerated() {
      let result = host.result(index)
      guard result.isReady else { continue }
      var event = waiting
      event.error = result.error.map { Errno($0) } ?? .success
      event.hasHungUp = result.hasHungUp
      // A pipe that is ready for writing has at least this much space.
      event.byteCount = event.type == Subscription.writeType ? 4096 : result.readableCount
      occurred.append(event)
    }
  }
}

/// A guest's `subscription`.
private struct Subscription {
  static let writeType: UInt8 = 2

  enum Kind {
    case clock(ClockIdentifier?, timeout: UInt64, isAbsolute: Bool)
    case read(UInt32)
    case write(UInt32)
    case unknown

    var eventType: UInt8 {
      switch self {
      case .clock, .unknown: 0
      case .read: 1
      case .write: Subscription.writeType
      }
    }
  }

  let userData: UInt64
  let kind: Kind

  static func size(_ snapshot: Snapshot) -> UInt32 { snapshot == .preview1 ? 48 : 56 }

  /// Decodes a `subscription`. In `wasi_unstable` another 8-byte field precedes the clock's ID.
  init(_ structure: UnsafeMutableRawPointer, _ snapshot: Snapshot) {
    userData = structure.load(UInt64.self, offset: 0)
    let clock = snapshot == .preview1 ? 16 : 24
    switch structure.load(UInt8.self, offset: 8) {
    case 0:
      kind = .clock(
        ClockIdentifier(rawValue: structure.load(UInt32.self, offset: clock)),
        timeout: structure.load(UInt64.self, offset: clock + 8),
        isAbsolute: structure.load(UInt16.self, offset: clock + 24) & 1 != 0)
    case 1: kind = .read(structure.load(UInt32.self, offset: 16))
    case 2: kind = .write(structure.load(UInt32.self, offset: 16))
    default: kind = .unknown
    }
  }
}

/// A guest's `event`.
private struct Event {
  static let size: UInt32 = 32

  var userData: UInt64
  var type: UInt8
  var error = Errno.success
  var byteCount: UInt64 = 0
  var hasHungUp = false

  init(userData: UInt64, type: UInt8) {
    self.userData = userData
    self.type = type
  }

  func store(_ structure: UnsafeMutableRawPointer) {
    structure.store(userData, offset: 0)
    structure.store(error.rawValue, offset: 8)
    structure.store(type, offset: 10)
    structure.store(byteCount, offset: 16)
    structure.store(UInt16(hasHungUp ? 1 : 0), offset: 24)
  }
}
