import WasmCompiler
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file for a profiler, which grows piece by piece; and what the system says of the process and the time.
final class ProfileFile: Sendable {
  private let descriptor: Int32

  /// Makes a file of this process, in place of what may be there.
  ///
  /// - Returns: nil if it cannot be made.
  init?(_ path: String) {
    // What an earlier process of the number left goes; a link that somebody else put there is not followed.
    unlink(path)
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// Appends bytes. Errors have nobody to be told to: a profile that ends early is still one.
  func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return }
        written += count
      }
    }
  }

  /// Maps the file's first page executable, for good: what `perf record` sees of it.
  func mark() -> Bool {
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    return mmap(nil, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, descriptor, 0) != MAP_FAILED
  }

  static var processID: UInt32 { UInt32(getpid()) }

  /// In nanoseconds, by the clock of `perf record -k mono`.
  static var time: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
