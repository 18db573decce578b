#if os(Linux)
  /// The numbers of Linux's system calls that the build machine's C library may lack, and that differ between architectures.
  struct LinuxCallNumbers {
    let getdents64, getrandom, accept4: Int
    /// Nil on architectures on which ``ThreadBarrier`` was not tested.
    var membarrier: Int?

    #if arch(x86_64)
      static let present = LinuxCallNumbers(getdents64: 217, getrandom: 318, accept4: 288, membarrier: 324)
    #elseif arch(i386)
      static let present = LinuxCallNumbers(getdents64: 220, getrandom: 355, accept4: 364)
    #elseif arch(arm)
      static let present = LinuxCallNumbers(getdents64: 217, getrandom: 384, accept4: 366)
    #elseif arch(powerpc64) || arch(powerpc64le)
      static let present = LinuxCallNumbers(getdents64: 202, getrandom: 359, accept4: 344)
    #elseif arch(s390x)
      static let present = LinuxCallNumbers(getdents64: 220, getrandom: 349, accept4: 364)
    #elseif arch(arm64) || arch(riscv64)
      static let present = LinuxCallNumbers(getdents64: 61, getrandom: 278, accept4: 242, membarrier: 283)
    #else
      // The numbers of all newer architectures (such as loongarch64).
      static let present = LinuxCallNumbers(getdents64: 61, getrandom: 278, accept4: 242)
    #endif
  }
#endif
