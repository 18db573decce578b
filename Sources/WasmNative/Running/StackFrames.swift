import WasmCompiler
import WasmRuntime

// The parts of the machine stack that the collector scans.
//
// The frames of an activation are between its entry stub's frame, to which ``StoreContext/activation`` leads, and the frame of the exit
// stub by which it was suspended, to which ``StoreContext/suspension`` leads. The innermost activation may be running: then its frames end
// at the stub by which it called a function that allocates. In each frame, the words are read that its call needs afterwards (see
// ``LiveLocations``), or all of them if those are not known. Suspended activations have no values in registers, and may be on the stack of
// a waiting thread.

extension NativeEngine {
  package func readFrames(of store: StoreState, _ body: (UnsafeBufferPointer<Slot>) -> Void) {
    let context = store.context
    let reader = StackReader(stubs)
    defer { reader.deallocate() }
    var activation = UnsafeRawPointer(context.pointee.activation)
    var suspension = store.nextCompiled(context.pointee.suspension)
    if let running = activation, isRunning(running, suspension, in: store) {
      let bits = context.pointee.allocatingFrame
      if let frame = UnsafeMutablePointer<UInt>(bitPattern: bits & ~1) {
        reader.read(from: frame, to: EntryFrame.base(running), savesRegisters: bits & 1 == 0, body)
      } else {
        // Another function was called: nothing is known of the frames above.
        withSavedRegisters { top in
          reader.read(from: UInt(bitPattern: top), to: EntryFrame.base(running), body)
        }
      }
      activation = EntryFrame.outer(running)
    }
    while let left = activation {
      guard let frame = suspension.compiledFrame else { preconditionFailure("an activation that was not left") }
      reader.read(from: frame, to: EntryFrame.base(left), savesRegisters: false, body)
      activation = EntryFrame.outer(left)
      suspension = store.nextCompiled(store.outer(suspension))
    }
  }

  /// Whether the innermost activation is not suspended: then there is one more activation than suspensions.
  private func isRunning(_ innermost: UnsafeRawPointer, _ suspension: Suspension, in store: StoreState) -> Bool {
    var activation: UnsafeRawPointer? = innermost
    var suspension = suspension
    while let entered = activation, suspension != .none {
      activation = EntryFrame.outer(entered)
      suspension = store.nextCompiled(store.outer(suspension))
    }
    return activation != nil
  }

  private func withSavedRegisters(_ body: (UnsafePointer<Slot>) -> Void) {
    typealias Body = (UnsafePointer<Slot>) -> Void
    typealias Callback = @convention(c) (UnsafeRawPointer, UnsafePointer<Slot>) -> Void
    let stub = unsafeBitCast(
      stubs[.savingRegisters], to: (@convention(c) (Callback, UnsafeRawPointer) -> Void).self)
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        stub({ body, top in body.assumingMemoryBound(to: Body.self).pointee(top) }, UnsafeRawPointer(pointer))
      }
    }
  }
}

extension StoreState {
  /// The first suspension of compiled code, from this one on.
  fileprivate func nextCompiled(_ suspension: Suspension) -> Suspension {
    var suspension = suspension
    while suspension != .none, !suspension.isCompiled { suspension = outer(suspension) }
    return suspension
  }
}

/// Reads words of a machine stack, including words that Swift code may not read: a sanitizer protects those between the variables of
/// functions. So a stub copies them.
private struct StackReader {
  private typealias Copy = @convention(c) (UnsafeMutablePointer<Slot>, UInt, Int) -> Void

  private let copy: Copy
  private let buffer: UnsafeMutableBufferPointer<Slot>

  init(_ stubs: CommonStubs) {
    copy = unsafeBitCast(stubs[.copyingWords], to: Copy.self)
    buffer = .allocate(capacity: 512)
  }

  func deallocate() { buffer.deallocate() }

  /// Reads the words that the callers of a stub need.
  ///
  /// - Parameters:
  ///   - frame: the stub's frame.
  ///   - end: the frame of the activation's entry stub.
  ///   - savesRegisters: whether the stub's frame has the caller's registers; otherwise no register has a value that is needed.
  func read(
    from frame: UnsafeMutablePointer<UInt>, to end: UInt, savesRegisters: Bool,
    _ body: (UnsafeBufferPointer<Slot>) -> Void
  ) {
    var place = frame
    var isInnermost = savesRegisters
    while UInt(bitPattern: place) < end {
      guard let caller = CompiledFrame(callerOf: &place) else { break }
      let framePointer = place[0]
      precondition(framePointer > UInt(bitPattern: place) && framePointer <= end, "frames below their activation")
      let start = framePointer - caller.frameByteCount
      if let live = caller.liveLocations {
        if isInnermost {
          AllocatingFrame.forEach(of: live.registers, in: place) {
            read(from: UInt(bitPattern: $0), to: UInt(bitPattern: $0 + 1), body)
          }
        }
        readSlots(live.slots, from: start, to: framePointer, body)
      } else {
        let start = isInnermost ? AllocatingFrame.start(place) : place
        read(from: UInt(bitPattern: start), to: framePointer, body)
      }
      isInnermost = false
      place = UnsafeMutablePointer(bitPattern: framePointer)!
    }
    // The last caller is the entry stub. Otherwise there are frames of another kind.
    if UInt(bitPattern: place) < end, place[0] != end { read(from: UInt(bitPattern: place), to: end, body) }
  }

  /// Reads the slots of a set.
  private func readSlots(
    _ slots: UnsafeBufferPointer<UInt64>, from start: UInt, to end: UInt, _ body: (UnsafeBufferPointer<Slot>) -> Void
  ) {
    for (index, word) in slots.enumerated() {
      var rest = word
      while rest != 0 {
        let address = start + UInt(8 * (64 * index + rest.trailingZeroBitCount))
        precondition(address < end, "a slot outside of its frame")
        read(from: address, to: address + 8, body)
        rest &= rest - 1
      }
    }
  }

  /// Reads all words between two addresses.
  func read(from start: UInt, to end: UInt, _ body: (UnsafeBufferPointer<Slot>) -> Void) {
    precondition(start <= end && (end - start) % 8 == 0, "frames below their activation")
    var address = start
    while address < end {
      let count = min(Int(end - address) / MemoryLayout<Slot>.stride, buffer.count)
      copy(buffer.baseAddress!, address, count)
      body(UnsafeBufferPointer(rebasing: buffer[..<count]))
      address += UInt(count * MemoryLayout<Slot>.stride)
    }
  }
}
