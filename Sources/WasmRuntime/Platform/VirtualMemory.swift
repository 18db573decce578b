#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

#if os(Linux)
  // The C library's module leaves it out, since it is no part of POSIX.
  @_silgen_name("memfd_create")
  private func memfd_create(_ name: UnsafePointer<CChar>, _ flags: UInt32) -> Int32
#endif

/// Address space from the system: reserved first, made accessible in steps, zero at first touch.
package enum VirtualMemory {
  package static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  package static func roundedUpToPages(_ byteCount: Int) -> Int { (byteCount + pageSize - 1) & ~(pageSize - 1) }

  /// Reserves address space that cannot be accessed yet; nil if the system has none.
  package static func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    #if canImport(Darwin)
      let flags = MAP_PRIVATE | MAP_ANON
    #else
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    #endif
    let address = mmap(nil, byteCount, PROT_NONE, flags, -1, 0)
    return address == MAP_FAILED ? nil : address
  }

  /// Makes reserved pages readable and writable. Address and size are multiples of the page size.
  package static func commit(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    byteCount == 0 || mprotect(address, byteCount, PROT_READ | PROT_WRITE) == 0
  }

  /// Takes the pages that lie inside a range from the system at once, which is faster than a fault for each. For what is going to be
  /// written as a whole; does nothing where the system cannot.
  package static func populate(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    #if os(Linux)
      let start = roundedUpToPages(Int(bitPattern: address))
      let end = (Int(bitPattern: address) + byteCount) & ~(pageSize - 1)
      guard end - start >= populatedByteCount else { return }
      // MADV_POPULATE_WRITE, since Linux 5.14.
      madvise(UnsafeMutableRawPointer(bitPattern: start), end - start, 23)
    #endif
  }

  /// What a call for it is worth.
  private static let populatedByteCount = 64 << 10

  /// Makes pages executable, and readable, but no longer writable. Address and size are multiples of the page size.
  ///
  /// - Returns: false if the system forbids it.
  package static func makeExecutable(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    mprotect(address, byteCount, PROT_READ | PROT_EXEC) == 0
  }

  /// Gives pages back to the system; they are zero, or what they were, when they are read again.
  package static func discard(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    madvise(address, byteCount, MADV_DONTNEED)
  }

  package static func release(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    munmap(address, byteCount)
  }
}

extension VirtualMemory {
  package static var processIdentifier: Int32 { getpid() }

  /// Pages that are mapped twice: readable and executable at one address, readable and writable at another. In front of the
  /// executable ones stand writable pages of their own.
  package struct AliasedPages: @unchecked Sendable {
    package let front: UnsafeMutableRawPointer
    package let frontByteCount: Int
    package let writable: UnsafeMutableRawPointer
    package let byteCount: Int

    package var executable: UnsafeMutableRawPointer { front + frontByteCount }

    /// Sizes are multiples of the page size. Pages that nobody writes take no memory. Nil if the system has no address space, or
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
