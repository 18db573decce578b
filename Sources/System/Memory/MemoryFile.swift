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

  /// Creates a file of zeros; pages that are never written take no memory. Nil if the system refuses it.
  ///
  /// - Parameter byteCount: the size, a multiple of the page size.
  package init?(byteCount: Int) {
    #if os(Linux)
      // MFD_CLOEXEC and MFD_ALLOW_SEALING.
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
