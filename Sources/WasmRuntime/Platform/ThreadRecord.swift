#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Synchronization

#if !canImport(Darwin)
  // Glibc's module leaves it out, since it is no part of POSIX.
  @_silgen_name("pthread_getattr_np")
  private func pthread_getattr_np(_ thread: pthread_t, _ attributes: UnsafeMutablePointer<pthread_attr_t>) -> Int32
#endif

/// What is known of a thread that runs Wasm: where its stack ends. Made when it first does, and freed when it ends.
package struct ThreadRecord {
  /// Never the same for two threads, unlike addresses.
  package let identifier: UInt64
  /// The lowest address of the stack that the thread is on: its own, or that of a store.
  package var stackEnd: UInt
  /// A stack on which signals are handled, of which the record is the owner; nil if there is none, or somebody else's.
  private var signalStack: UnsafeMutableRawPointer?

  private static let signalStackByteCount = 64 << 10
  private static let count = Atomic<UInt64>(0)

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { record in
      #if canImport(Darwin)
        ThreadRecord.release(record)
      #else
        if let record { ThreadRecord.release(record) }
      #endif
    }
    return key
  }()

  /// The running thread's.
  package static var current: UnsafeMutablePointer<ThreadRecord> {
    if let record = pthread_getspecific(key) { return record.assumingMemoryBound(to: ThreadRecord.self) }
    return makeCurrent()
  }

  @inline(never)
  private static func makeCurrent() -> UnsafeMutablePointer<ThreadRecord> {
    let record = UnsafeMutablePointer<ThreadRecord>.allocate(capacity: 1)
    let number = count.add(1, ordering: .relaxed).newValue
    record.initialize(to: ThreadRecord(identifier: number, stackEnd: findStackEnd()))
    pthread_setspecific(key, record)
    return record
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

  /// Where the system does not say: so near that only what is used already and a little more is relied on.
  private static var unknownStackEnd: UInt { NativeStack.currentAddress() - (NativeStack.reserveByteCount * 2) }

  /// Sees to it that signals of the running thread can be handled when its stack is used up.
  ///
  /// - Returns: false if there is no memory for that.
  package mutating func prepareSignalStack() -> Bool {
    if signalStack != nil { return true }
    var present = stack_t()
    sigaltstack(nil, &present)
    // Somebody else's, as of Swift's own handler of crashes, will do if it is large enough.
    if present.ss_flags & Int32(SS_DISABLE) == 0, Int(present.ss_size) >= Self.signalStackByteCount / 4 { return true }
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
    return true
  }
}
