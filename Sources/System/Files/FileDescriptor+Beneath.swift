#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

#if os(Linux)
  extension FileDescriptor {
    /// The same on all architectures that Swift runs on.
    private static let openat2Number = 437

    /// `struct open_how` of `linux/openat2.h`.
    private struct OpenHow {
      var flags: UInt64
      var mode: UInt64
      var resolve: UInt64
    }

    private static let resolveNoMagicLinks: UInt64 = 0x02
    private static let resolveBeneath: UInt64 = 0x08

    /// Opens `path` below the directory with `RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS`: the kernel refuses to leave the directory. Calls
    /// that a signal interrupts are not repeated.
    ///
    /// - Throws: `EXDEV`: the path leads outside; `EAGAIN`: the kernel could not tell because of a concurrent rename.
    package func openBeneath(
      _ path: UnsafePointer<CChar>, _ flags: OpenFlags, permissions: UInt16
    ) throws(SystemError) -> FileDescriptor {
      let how = OpenHow(
        flags: UInt64(UInt32(bitPattern: flags.rawValue)), mode: UInt64(permissions),
        resolve: Self.resolveBeneath | Self.resolveNoMagicLinks)
      let result = withUnsafePointer(to: how) {
        systemCall(
          Self.openat2Number, Int(number), Int(bitPattern: path), Int(bitPattern: $0), MemoryLayout<OpenHow>.size)
      }
      guard result >= 0 else { throw .last }
      return FileDescriptor(Int32(truncatingIfNeeded: result))
    }
  }
#endif
