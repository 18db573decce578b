import Synchronization

/// An integer that the processor reads and modifies in one step, sequentially consistent with all other such steps.
///
/// Addresses are aligned and inside a memory. `Atomic` has the layout of its value, so binding one to the memory gives the machine
/// instruction for each operation (on x86-64 `xchg`, `lock xadd`, `lock cmpxchg`, and loops of the latter).
protocol AtomicInteger: FixedWidthInteger, UnsignedInteger, BitwiseCopyable {
  static func atomicLoad(_ place: UnsafeMutableRawPointer) -> Self
  static func atomicStore(_ value: Self, _ place: UnsafeMutableRawPointer)
  /// Returns the previous value, as do the following functions.
  static func atomicAdd(_ value: Self, _ place: UnsafeMutableRawPointer) -> Self
  static func atomicSubtract(_ value: Self, _ place: UnsafeMutableRawPointer) -> Self
  static func atomicAnd(_ value: Self, _ place: UnsafeMutableRawPointer) -> Self
  static func atomicOr(_ value: Self, _ place: UnsafeMutableRawPointer) -> Self
  static func atomicXor(_ value: Self, _ place: UnsafeMutableRawPointer) -> Self
  static func atomicExchange(_ value: Self, _ place: UnsafeMutableRawPointer) -> Self
  static func atomicCompareExchange(_ expected: Self, _ value: Self, _ place: UnsafeMutableRawPointer) -> Self
}

// `Atomic` has arithmetic for each width separately, not generically, so the conformances are written out.

extension UInt8: AtomicInteger {
  @inline(__always)
  private static func bound(_ place: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt8>> {
    place.assumingMemoryBound(to: Atomic<UInt8>.self)
  }

  @inline(__always)
  static func atomicLoad(_ place: UnsafeMutableRawPointer) -> UInt8 {
    bound(place).pointee.load(ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicStore(_ value: UInt8, _ place: UnsafeMutableRawPointer) {
    bound(place).pointee.store(value, ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicAdd(_ value: UInt8, _ place: UnsafeMutableRawPointer) -> UInt8 {
    bound(place).pointee.wrappingAdd(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicSubtract(_ value: UInt8, _ place: UnsafeMutableRawPointer) -> UInt8 {
    bound(place).pointee.wrappingSubtract(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicAnd(_ value: UInt8, _ place: UnsafeMutableRawPointer) -> UInt8 {
    bound(place).pointee.bitwiseAnd(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicOr(_ value: UInt8, _ place: UnsafeMutableRawPointer) -> UInt8 {
    bound(place).pointee.bitwiseOr(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicXor(_ value: UInt8, _ place: UnsafeMutableRawPointer) -> UInt8 {
    bound(place).pointee.bitwiseXor(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicExchange(_ value: UInt8, _ place: UnsafeMutableRawPointer) -> UInt8 {
    bound(place).pointee.exchange(value, ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicCompareExchange(
    _ expected: UInt8, _ value: UInt8, _ place: UnsafeMutableRawPointer
  ) -> UInt8 {
    bound(place).pointee.compareExchange(
      expected: expected, desired: value, ordering: .sequentiallyConsistent
    ).original
  }
}

extension UInt16: AtomicInteger {
  @inline(__always)
  private static func bound(_ place: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt16>> {
    place.assumingMemoryBound(to: Atomic<UInt16>.self)
  }

  @inline(__always)
  static func atomicLoad(_ place: UnsafeMutableRawPointer) -> UInt16 {
    bound(place).pointee.load(ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicStore(_ value: UInt16, _ place: UnsafeMutableRawPointer) {
    bound(place).pointee.store(value, ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicAdd(_ value: UInt16, _ place: UnsafeMutableRawPointer) -> UInt16 {
    bound(place).pointee.wrappingAdd(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicSubtract(_ value: UInt16, _ place: UnsafeMutableRawPointer) -> UInt16 {
    bound(place).pointee.wrappingSubtract(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicAnd(_ value: UInt16, _ place: UnsafeMutableRawPointer) -> UInt16 {
    bound(place).pointee.bitwiseAnd(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicOr(_ value: UInt16, _ place: UnsafeMutableRawPointer) -> UInt16 {
    bound(place).pointee.bitwiseOr(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicXor(_ value: UInt16, _ place: UnsafeMutableRawPointer) -> UInt16 {
    bound(place).pointee.bitwiseXor(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicExchange(_ value: UInt16, _ place: UnsafeMutableRawPointer) -> UInt16 {
    bound(place).pointee.exchange(value, ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicCompareExchange(
    _ expected: UInt16, _ value: UInt16, _ place: UnsafeMutableRawPointer
  ) -> UInt16 {
    bound(place).pointee.compareExchange(
      expected: expected, desired: value, ordering: .sequentiallyConsistent
    ).original
  }
}

extension UInt32: AtomicInteger {
  @inline(__always)
  private static func bound(_ place: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt32>> {
    place.assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  @inline(__always)
  static func atomicLoad(_ place: UnsafeMutableRawPointer) -> UInt32 {
    bound(place).pointee.load(ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicStore(_ value: UInt32, _ place: UnsafeMutableRawPointer) {
    bound(place).pointee.store(value, ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicAdd(_ value: UInt32, _ place: UnsafeMutableRawPointer) -> UInt32 {
    bound(place).pointee.wrappingAdd(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicSubtract(_ value: UInt32, _ place: UnsafeMutableRawPointer) -> UInt32 {
    bound(place).pointee.wrappingSubtract(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicAnd(_ value: UInt32, _ place: UnsafeMutableRawPointer) -> UInt32 {
    bound(place).pointee.bitwiseAnd(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicOr(_ value: UInt32, _ place: UnsafeMutableRawPointer) -> UInt32 {
    bound(place).pointee.bitwiseOr(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicXor(_ value: UInt32, _ place: UnsafeMutableRawPointer) -> UInt32 {
    bound(place).pointee.bitwiseXor(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicExchange(_ value: UInt32, _ place: UnsafeMutableRawPointer) -> UInt32 {
    bound(place).pointee.exchange(value, ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicCompareExchange(
    _ expected: UInt32, _ value: UInt32, _ place: UnsafeMutableRawPointer
  ) -> UInt32 {
    bound(place).pointee.compareExchange(
      expected: expected, desired: value, ordering: .sequentiallyConsistent
    ).original
  }
}

extension UInt64: AtomicInteger {
  @inline(__always)
  private static func bound(_ place: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt64>> {
    place.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  @inline(__always)
  static func atomicLoad(_ place: UnsafeMutableRawPointer) -> UInt64 {
    bound(place).pointee.load(ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicStore(_ value: UInt64, _ place: UnsafeMutableRawPointer) {
    bound(place).pointee.store(value, ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicAdd(_ value: UInt64, _ place: UnsafeMutableRawPointer) -> UInt64 {
    bound(place).pointee.wrappingAdd(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicSubtract(_ value: UInt64, _ place: UnsafeMutableRawPointer) -> UInt64 {
    bound(place).pointee.wrappingSubtract(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicAnd(_ value: UInt64, _ place: UnsafeMutableRawPointer) -> UInt64 {
    bound(place).pointee.bitwiseAnd(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicOr(_ value: UInt64, _ place: UnsafeMutableRawPointer) -> UInt64 {
    bound(place).pointee.bitwiseOr(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicXor(_ value: UInt64, _ place: UnsafeMutableRawPointer) -> UInt64 {
    bound(place).pointee.bitwiseXor(value, ordering: .sequentiallyConsistent).oldValue
  }
  @inline(__always)
  static func atomicExchange(_ value: UInt64, _ place: UnsafeMutableRawPointer) -> UInt64 {
    bound(place).pointee.exchange(value, ordering: .sequentiallyConsistent)
  }
  @inline(__always)
  static func atomicCompareExchange(
    _ expected: UInt64, _ value: UInt64, _ place: UnsafeMutableRawPointer
  ) -> UInt64 {
    bound(place).pointee.compareExchange(
      expected: expected, desired: value, ordering: .sequentiallyConsistent
    ).original
  }
}
