#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory whose size a guest chooses. If the system has none, Swift's own allocation ends the process; these functions return nil.
package enum SystemMemory {
  /// Allocates `count` values of a trivial type, with all bytes zero.
  ///
  /// - Returns: nil if the system has no memory, or the size in bytes overflows.
  @inlinable
  package static func allocate<T: BitwiseCopyable>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T>? {
    allocate(count, stride: MemoryLayout<T>.stride)?.bindMemory(to: type, capacity: max(count, 1))
  }

  /// Whether the system has this much memory now. Another thread may take it before it is used.
  ///
  /// Uses a mapping, since the optimizer removes a `malloc` whose result is only freed.
  package static func has(_ byteCount: Int) -> Bool {
    guard byteCount >= 0 else { return false }
    let size = max(byteCount, 1)
    guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0), memory != MAP_FAILED
    else {
      return false
    }
    munmap(memory, size)
    return true
  }

  /// Allocates `count` uninitialized values of any type, with all bytes zero.
  ///
  /// - Returns: nil if the system has no memory, or the size in bytes overflows.
  @inlinable
  package static func room<T: ~Copyable>(for type: T.Type, count: Int) -> UnsafeMutablePointer<T>? {
    precondition(MemoryLayout<T>.alignment <= 16, "the system's memory is aligned to 16 bytes")
    return allocate(count, stride: MemoryLayout<T>.stride)?.bindMemory(to: type, capacity: max(count, 1))
  }

  @usableFromInline
  static func allocate(_ count: Int, stride: Int) -> UnsafeMutableRawPointer? {
    count >= 0 ? calloc(max(count, 1), stride) : nil
  }

  package static func deallocate(_ memory: UnsafeMutableRawPointer) { free(memory) }
}
