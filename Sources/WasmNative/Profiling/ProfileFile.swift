import WasmCompiler
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file for a profiler to which data is appended, and the process and time queries for it.
final class ProfileFile: Sendable {
  private let descriptor: Int32

  /// Creates a file for this process, replacing any other.
  ///
  /// - Returns: nil if it cannot be created.
  init?(_ path: String) {
    // A file of an earlier process with the same number is removed; a link from someone else is not followed.
    unlink(path)
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// Appends bytes. Errors are ignored: a truncated profile is still useful.
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

  /// Maps the file's first page executable, permanently, so that `perf record` sees it.
  func mark() -> Bool {
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    return mmap(nil, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, descriptor, 0) != MAP_FAILED
  }

  static var processID: UInt32 { UInt32(getpid()) }

  /// The time in nanoseconds, by the clock of `perf record -k mono`.
  static var time: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
