#if os(Linux)
  import WasmRuntime

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Linux system calls and constants that the build machine's C library may lack.
  enum LinuxSystemCalls {
    /// System call numbers, which differ between architectures.
    private struct Numbers {
      let readDirectory, random, accept: Int
    }

    #if arch(x86_64)
      private static let numbers = Numbers(readDirectory: 217, random: 318, accept: 288)
    #elseif arch(i386)
      private static let numbers = Numbers(readDirectory: 220, random: 355, accept: 364)
    #elseif arch(arm)
      private static let numbers = Numbers(readDirectory: 217, random: 384, accept: 366)
    #elseif arch(powerpc64) || arch(powerpc64le)
      private static let numbers = Numbers(readDirectory: 202, random: 359, accept: 344)
    #elseif arch(s390x)
      private static let numbers = Numbers(readDirectory: 220, random: 349, accept: 364)
    #else
      // The numbers that all newer architectures share (arm64, riscv64, loongarch64).
      private static let numbers = Numbers(readDirectory: 61, random: 278, accept: 242)
    #endif

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

    /// Opens `path` below `directory` with `RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS`: the kernel refuses to leave the
    /// directory. Returns a descriptor, or -1 with `errno` set (`EXDEV`: the path leads outside; `EAGAIN`: a rename
    /// during the lookup kept the kernel from telling).
    static func openBeneath(_ directory: Int32, _ path: UnsafePointer<CChar>, flags: Int32, mode: UInt64) -> Int32 {
      let how = OpenHow(
        flags: UInt64(UInt32(bitPattern: flags)), mode: mode, resolve: resolveBeneath | resolveNoMagicLinks)
      let result = withUnsafePointer(to: how) {
        systemCall(
          openat2Number, Int(directory), Int(bitPattern: path), Int(bitPattern: $0), MemoryLayout<OpenHow>.size)
      }
      return Int32(truncatingIfNeeded: result)
    }

    /// `getdents64`: reads directory entries in the kernel's own format: inode (8 bytes), cookie (8), record length (2), type (1),
    /// name with NUL. Returns the number of bytes, 0 at the end, or -1 with `errno` set.
    static func readDirectory(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
      systemCall(numbers.readDirectory, Int(descriptor), Int(bitPattern: buffer.baseAddress), buffer.count, 0)
    }

    /// `getrandom`: fills the start of `buffer` and returns the number of bytes, or -1 with `errno` set.
    static func random(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
      systemCall(numbers.random, Int(bitPattern: buffer.baseAddress), buffer.count, 0, 0)
    }

    /// `accept4` without an address: a descriptor, or -1 with `errno` set.
    static func accept(_ descriptor: Int32, flags: Int32) -> Int32 {
      Int32(truncatingIfNeeded: systemCall(numbers.accept, Int(descriptor), 0, 0, Int(flags)))
    }
  }
#endif
