#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Synchronization

#if !canImport(Darwin)
  // Not in Glibc's module, since it is not part of POSIX.
  @_silgen_name("pthread_getattr_np")
  private func pthread_getattr_np(_ thread: pthread_t, _ attributes: UnsafeMutablePointer<pthread_attr_t>) -> Int32
#endif

/// The record of a thread, with its number and the end of its stack. It is created at its first use by the thread, and freed when the
/// thread ends.
package struct ThreadRecord {
  /// Unique for each thread, unlike addresses.
  package let identifier: UInt64
  /// The lowest address of the stack that the thread is on: its own, or one that it was moved to.
  package var stackEnd: UInt
  /// The signal stack that the record owns; nil if there is none, or it belongs to other code.
  private var signalStack: UnsafeMutableRawPointer?
  /// Whether ``prepareSignalStack()`` has succeeded.
  private var hasSignalStack = false

  private static let signalStackByteCount = 64 << 10
  private static let count = Atomic<UInt64>(0)

  /// The key of the threads' records, plus 1; 0 until it is created. (A lazily created constant costs a call of `swift_once`.)
  private static let key = Atomic<UInt>(0)

  /// The record of the current thread.
  package static var current: UnsafeMutablePointer<ThreadRecord> {
    let key = key.load(ordering: .acquiring)
    if key != 0, let record = pthread_getspecific(pthread_key_t(truncatingIfNeeded: key - 1)) {
      return record.assumingMemoryBound(to: ThreadRecord.self)
    }
    return makeCurrent()
  }

  @inline(never)
  private static func makeCurrent() -> UnsafeMutablePointer<ThreadRecord> {
    let record = UnsafeMutablePointer<ThreadRecord>.allocate(capacity: 1)
    let number = count.add(1, ordering: .relaxed).newValue
    record.initialize(to: ThreadRecord(identifier: number, stackEnd: findStackEnd()))
    pthread_setspecific(makeKey(), record)
    return record
  }

  /// The key, which the first thread creates.
  private static func makeKey() -> pthread_key_t {
    let present = key.load(ordering: .acquiring)
    if present != 0 { return pthread_key_t(truncatingIfNeeded: present - 1) }
    var made = pthread_key_t()
    let code = pthread_key_create(&made) { record in
      #if canImport(Darwin)
        ThreadRecord.release(record)
      #else
        if let record { ThreadRecord.release(record) }
      #endif
    }
    precondition(code == 0, "the system has no key for thread-specific data")
    let (isFirst, other) = key.compareExchange(expected: 0, desired: UInt(made) + 1, ordering: .acquiringAndReleasing)
    if isFirst { return made }
    pthread_key_delete(made)
    return pthread_key_t(truncatingIfNeeded: other - 1)
  }

  private static func release(_ address: UnsafeMutableRawPointer) {
    let record = address.assumingMemoryBound(to: ThreadRecord.self)
    if let stack = record.pointee.signalStack {
      var none = stack_t()
      none.ss_flags = Int32(SS_DISABLE)
      sigaltstack(&none, nil)
      VirtualMemory.release(stack, signalStackByteCount)
    }
    record.deallocate()
  }

  private static func findStackEnd() -> UInt {
    #if canImport(Darwin)
      let thread = pthread_self()
      return UInt(bitPattern: pthread_get_stackaddr_np(thread)) - UInt(pthread_get_stacksize_np(thread))
    #else
      var attributes = pthread_attr_t()
      guard pthread_getattr_np(pthread_self(), &attributes) == 0 else { return unknownStackEnd }
      defer { pthread_attr_destroy(&attributes) }
      var address: UnsafeMutableRawPointer?
      var byteCount = 0
      guard pthread_attr_getstack(&attributes, &address, &byteCount) == 0 else { return unknownStackEnd }
      return UInt(bitPattern: address)
    #endif
  }

  /// The assumed end if the system does not report it, for the smallest common thread stack (Darwin's secondary threads).
  private static var unknownStackEnd: UInt { NativeStack.currentAddress() - (512 << 10) }

  /// The same as ``prepareSignalStack()``, but trusts an earlier success: no system call then.
  ///
  /// - Returns: false if there is no memory for a signal stack.
  @discardableResult
  package mutating func ensureSignalStack() -> Bool { hasSignalStack || prepareSignalStack() }

  /// Makes sure that the current thread can handle the signals of faults, also when its stack is exhausted.
  ///
  /// - Returns: false if there is no memory for a signal stack.
  package mutating func prepareSignalStack() -> Bool {
    if signalStack != nil { return true }
    FaultSignals.unblock()
    var present = stack_t()
    sigaltstack(nil, &present)
    // An existing signal stack, such as that of Swift's crash handler, is used if it is large enough.
    if present.ss_flags & Int32(SS_DISABLE) == 0, Int(present.ss_size) >= Self.signalStackByteCount / 4 {
      hasSignalStack = true
      return true
    }
    guard let stack = VirtualMemory.reserve(Self.signalStackByteCount),
      VirtualMemory.commit(stack, Self.signalStackByteCount)
    else { return false }
    var description = stack_t()
    description.ss_sp = stack
    description.ss_size = numericCast(Self.signalStackByteCount)
    guard sigaltstack(&description, nil) == 0 else {
      VirtualMemory.release(stack, Self.signalStackByteCount)
      return false
    }
    signalStack = stack
    hasSignalStack = true
    return true
  }
}
