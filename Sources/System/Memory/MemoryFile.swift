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

/// A file without a name whose pages are in memory. Only Linux has them.
package struct MemoryFile: ~Copyable {
  private let descriptor: Int32
  package let byteCount: Int

  /// Creates a file of zeros; pages that are never written take no memory. Nil if the system refuses it, or the process's limit on the
  /// size of files is smaller: a larger file would end the process by a signal.
  ///
  /// - Parameter byteCount: the size, a multiple of the page size.
  package init?(byteCount: Int) {
    #if os(Linux)
      // MFD_CLOEXEC and MFD_ALLOW_SEALING.
      guard byteCount <= CurrentProcess.fileSizeLimit ?? .max else { return nil }
      let descriptor = memfd_create("needletail", 1 | 2)
      guard descriptor >= 0 else { return nil }
      guard ftruncate(descriptor, byteCount) == 0 else {
        close(descriptor)
        return nil
      }
      self.descriptor = descriptor
      self.byteCount = byteCount
    #else
      return nil
    #endif
  }

  deinit { close(descriptor) }

  /// Writes bytes, unless the system has no memory for them. (A store to a mapping would end the process then.)
  ///
  /// - Parameter offset: where; the bytes are within the file.
  /// - Returns: whether all were written.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    #if os(Linux)
      var written = 0
      while written < bytes.count {
        let count = pwrite(descriptor, bytes.baseAddress! + written, bytes.count - written, offset + written)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
      }
      return true
    #else
      return false
    #endif
  }

  /// Maps the whole file at an address that the system chooses, or at a fixed address.
  ///
  /// - Parameters:
  ///   - address: where to replace the present mappings; nil if the system chooses.
  ///   - isShared: whether writes change the file.
  /// - Returns: the address; nil if the system refuses.
  package func map(
    at address: UnsafeMutableRawPointer? = nil, _ protection: Protection, isShared: Bool
  ) -> UnsafeMutableRawPointer? {
    #if os(Linux)
      let sharing = isShared ? MAP_SHARED : MAP_PRIVATE
      let place = address == nil ? 0 : MAP_FIXED
      let result = mmap(
        address, byteCount, protection.flags, sharing | place | MAP_NORESERVE, descriptor, 0)
      return result == MAP_FAILED ? nil : result
    #else
      return nil
    #endif
  }

  package enum Protection {
    case writable, executable

    fileprivate var flags: Int32 { self == .writable ? PROT_READ | PROT_WRITE : PROT_READ | PROT_EXEC }
  }

  /// Makes the contents and the size final. No shared mapping may be writable.
  ///
  /// - Returns: false if the system does not support it.
  package func seal() -> Bool {
    #if os(Linux)
      // F_ADD_SEALS with F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_WRITE.
      return fcntl(descriptor, 1033, 1 | 2 | 4 | 8) == 0
    #else
      return false
    #endif
  }
}
