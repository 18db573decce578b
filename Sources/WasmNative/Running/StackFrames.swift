import WasmCompiler
import WasmRuntime

// What the collector sees of the machine stack.
//
// The frames of an activation are between its entry stub's frame, which ``StoreContext/activation`` leads to, and the frame of the exit
// stub by which it was left, which ``StoreContext/suspension`` leads to. The innermost activation may be running: then its values may be
// in registers, too, and its frames end at the collector's own. Activations that were left keep nothing in registers, and may be on the
// stack of a thread that waits.

extension NativeEngine {
  package func readFrames(of store: StoreState, _ body: (UnsafeBufferPointer<Slot>) -> Void) {
    let context = store.context
    let reader = StackReader(stubs)
    defer { reader.deallocate() }
    var activation = UnsafeRawPointer(context.pointee.activation)
    var suspension = store.nextCompiled(context.pointee.suspension)
    if let running = activation, isRunning(running, suspension, in: store) {
      withSavedRegisters { top in
        reader.read(from: UInt(bitPattern: top), to: EntryFrame.base(running), body)
      }
      activation = EntryFrame.outer(running)
    }
    while let left = activation {
      guard let frame = suspension.compiledFrame else { preconditionFailure("an activation that was not left") }
      reader.read(from: UInt(bitPattern: frame), to: EntryFrame.base(left), body)
      activation = EntryFrame.outer(left)
      suspension = store.nextCompiled(store.outer(suspension))
    }
  }

  /// Whether the innermost activation has not been left: then there is one more than have been.
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
      stubs.savingRegisters, to: (@convention(c) (Callback, UnsafeRawPointer) -> Void).self)
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        stub({ body, top in body.assumingMemoryBound(to: Body.self).pointee(top) }, UnsafeRawPointer(pointer))
      }
    }
  }
}

extension StoreState {
  /// The first of the records from this one on that is of compiled code.
  fileprivate func nextCompiled(_ suspension: Suspension) -> Suspension {
    var suspension = suspension
    while suspension != .none, !suspension.isCompiled { suspension = outer(suspension) }
    return suspension
  }
}

/// Reads words of a machine stack, among them such as no Swift code may read: what is between the variables of functions that a sanitizer
/// watches. So a stub copies them.
private struct StackReader {
  private typealias Copy = @convention(c) (UnsafeMutablePointer<Slot>, UInt, Int) -> Void

  private let copy: Copy
  private let buffer: UnsafeMutableBufferPointer<Slot>

  init(_ stubs: CommonStubs) {
    copy = unsafeBitCast(stubs.copyingWords, to: Copy.self)
    buffer = .allocate(capacity: 512)
  }

  func deallocate() { buffer.deallocate() }

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
