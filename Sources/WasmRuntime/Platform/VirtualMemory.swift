#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
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
