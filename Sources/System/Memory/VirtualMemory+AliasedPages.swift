#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

#if os(Linux)
  // Not in the C library's module, since it is not part of POSIX.
  @_silgen_name("memfd_create")
  private func memfd_create(_ name: UnsafePointer<CChar>, _ flags: UInt32) -> Int32
#endif

extension VirtualMemory {
  /// Pages that are mapped twice: readable and executable at one address, readable and writable at another. Separate
  /// writable pages precede the executable ones.
  package struct AliasedPages: @unchecked Sendable {
    package let front: UnsafeMutableRawPointer
    package let frontByteCount: Int
    package let writable: UnsafeMutableRawPointer
    package let byteCount: Int

    package var executable: UnsafeMutableRawPointer { front + frontByteCount }

    /// Sizes are multiples of the page size. Pages that are never written take no memory. Nil if the system has no address space, or
    /// forbids it.
    package init?(front frontByteCount: Int, byteCount: Int) {
      #if os(Linux)
        let closesOnExecution: UInt32 = 1
        let descriptor = memfd_create("needletail", closesOnExecution)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard ftruncate(descriptor, byteCount) == 0, let front = VirtualMemory.reserve(frontByteCount + byteCount)
        else {
          return nil
        }
        let executable = mmap(
          front + frontByteCount, byteCount, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, descriptor, 0)
        let writable = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0)
        guard VirtualMemory.commit(front, frontByteCount), executable != MAP_FAILED, let writable,
          writable != MAP_FAILED
        else {
          if let writable, writable != MAP_FAILED { VirtualMemory.release(writable, byteCount) }
          VirtualMemory.release(front, frontByteCount + byteCount)
          return nil
        }
        self.front = front
        self.frontByteCount = frontByteCount
        self.writable = writable
        self.byteCount = byteCount
      #else
        return nil
      #endif
    }

    package func release() {
      VirtualMemory.release(front, frontByteCount + byteCount)
      VirtualMemory.release(writable, byteCount)
    }
  }
}
