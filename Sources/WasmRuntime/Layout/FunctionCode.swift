import Synchronization

/// The record of a function: its entry points, and the facts that a call needs. All instances of its module share it, in all threads.
///
/// Running code reads the entry points at any time, without a lock. Each can change while it runs; a frame that is in older code stays
/// in it, so code lives as long as its module.
package struct FunctionCode: ~Copyable {
  /// The address of the interpreter's first code word: the word that has the function lowered, its lowered code, or the word that calls
  /// its compiled code. Any thread may write it with ``publish(_:)`` and ``publish(_:replacing:)``.
  @usableFromInline
  let publishedEntry: Atomic<UInt>
  /// The address at which compiled code enters the function; 0 if the engine compiles nothing. At first the engine's
  /// ``NativeExecutionEngine/firstEntry``, which the first call replaces, unless it changed. An engine's compiling threads write it, one at
  /// a time, with release order, when all of the code at the address can run.
  package let nativeEntry: Atomic<UInt>
  /// The address of the stub through which Swift enters the compiled code; 0 if there is none. Written after ``nativeEntry``, by the same
  /// threads; it does not become 0 again.
  @usableFromInline
  let nativeEnter: Atomic<UInt>
  /// The number of slots of the parameters, and of the results.
  package let parameterSlots: UInt32
  package let resultSlots: UInt32
  /// The index among the functions that its module defines.
  package let index: UInt32
  /// The functions of the module; nil for a host function.
  package let owner: Unmanaged<ModuleFunctions>?

  package init(
    entry: UnsafeRawPointer, nativeEntry: UInt = 0, parameterSlots: UInt32, resultSlots: UInt32, index: UInt32,
    owner: Unmanaged<ModuleFunctions>?
  ) {
    publishedEntry = Atomic(UInt(bitPattern: entry))
    self.nativeEntry = Atomic(nativeEntry)
    nativeEnter = Atomic(0)
    self.parameterSlots = parameterSlots
    self.resultSlots = resultSlots
    self.index = index
    self.owner = owner
  }

  /// The interpreter's first code word. A reader sees all words that were written before it was published.
  @inlinable
  package var entry: UnsafeRawPointer {
    UnsafeRawPointer(bitPattern: publishedEntry.load(ordering: .acquiring)).unsafelyUnwrapped
  }

  /// Publishes code for the interpreter, whatever the entry is now.
  func publish(_ entry: UnsafeRawPointer) {
    publishedEntry.store(UInt(bitPattern: entry), ordering: .releasing)
  }

  /// Publishes code for the interpreter, unless another thread has replaced the expected entry.
  ///
  /// - Returns: the entry afterwards.
  func publish(_ entry: UnsafeRawPointer, replacing expected: UnsafeRawPointer) -> UnsafeRawPointer {
    let (isExchanged, current) = publishedEntry.compareExchange(
      expected: UInt(bitPattern: expected), desired: UInt(bitPattern: entry), ordering: .acquiringAndReleasing)
    return isExchanged ? entry : UnsafeRawPointer(bitPattern: current).unsafelyUnwrapped
  }

  /// Publishes the stub through which Swift enters compiled code.
  func publish(nativeEnter address: UInt) { nativeEnter.store(address, ordering: .releasing) }

  /// The stub through which Swift enters compiled code. Must be read before ``nativeEntry``.
  @inlinable
  package var enter: UInt { nativeEnter.load(ordering: .acquiring) }

  /// Whether Swift can enter compiled code of the function.
  @inlinable
  package var isCompiled: Bool { enter != 0 }

  /// The offset of ``nativeEntry``. Swift has no key paths into noncopyable types; ``hasExpectedLayout`` checks it.
  static let nativeEntryOffset = MemoryLayout<UInt>.stride

  /// Whether ``nativeEntryOffset`` is right, and ``publishedEntry`` is first, where the interpreter reads it.
  static var hasExpectedLayout: Bool {
    let pattern: UInt = 0x5AFE_C0DE
    let code = UnsafeMutablePointer<FunctionCode>.allocate(capacity: 1)
    defer {
      code.deinitialize(count: 1)
      code.deallocate()
    }
    code.initialize(
      to: FunctionCode(
        entry: UnsafeRawPointer(code), parameterSlots: 0, resultSlots: 0, index: 0, owner: nil))
    code.pointee.publishedEntry.store(~pattern, ordering: .relaxed)
    code.pointee.nativeEntry.store(pattern, ordering: .relaxed)
    return UnsafeRawPointer(code).load(as: UInt.self) == ~pattern
      && UnsafeRawPointer(code).load(fromByteOffset: nativeEntryOffset, as: UInt.self) == pattern
  }

  /// The slot of the frame's header, after the parameters and results, which share the start of the frame.
  package var headerSlot: Int { Int(max(parameterSlots, resultSlots)) }
}
