#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The attributes of an open file.
extension FileDescriptor {
  package func metadata() throws(SystemError) -> FileMetadata {
    var status = stat()
    _ = try retrying { fstat(number, &status) }
    return FileMetadata(status)
  }

  package func setByteCount(_ byteCount: Int64) throws(SystemError) {
    _ = try retrying { ftruncate(number, off_t(byteCount)) }
  }

  /// Sets the permission bits (`0o777`); higher bits are kept.
  package func setPermissions(_ permissions: UInt16) throws(SystemError) {
    _ = try retrying { fchmod(number, mode_t(permissions & 0o777)) }
  }

  package func setTimes(access: FileTimeChange, modification: FileTimeChange) throws(SystemError) {
    let result = withTimes(access, modification) { futimens(number, $0) }
    guard result == 0 else { throw .last }
  }

  /// Waits until the file is on the disk; with `dataOnly`, some of its metadata may not be.
  package func synchronize(dataOnly: Bool) throws(SystemError) {
    #if canImport(Darwin)
      _ = try retrying { fsync(number) }
    #else
      _ = try retrying { dataOnly ? fdatasync(number) : fsync(number) }
    #endif
  }

  /// Reserves room on the disk; the file grows if the range ends after it.
  ///
  /// - Parameter byteCount: more than 0.
  package func allocate(at offset: Int64, byteCount: Int64) throws(SystemError) {
    #if canImport(Darwin)
      // There is no `posix_fallocate`. Its only observable effect is the growth of the file.
      let (end, overflows) = offset.addingReportingOverflow(byteCount)
      guard !overflows else { throw .fbig }
      if try metadata().byteCount < end { try setByteCount(end) }
    #else
      while true {
        let code = posix_fallocate(number, off_t(offset), off_t(byteCount))
        if code == 0 { return }
        guard code == EINTR else { throw SystemError(code: code) }
      }
    #endif
  }

  /// How a range of a file will be used. (`posix_fadvise`.)
  package enum Advice: Sendable { case normal, sequential, random, willNeed, dontNeed, noReuse }

  /// Does nothing if the system does not support it.
  package func advise(at offset: Int64, byteCount: Int64, _ advice: Advice) throws(SystemError) {
    #if !canImport(Darwin)
      let host =
        switch advice {
        case .normal: POSIX_FADV_NORMAL
        case .sequential: POSIX_FADV_SEQUENTIAL
        case .random: POSIX_FADV_RANDOM
        case .willNeed: POSIX_FADV_WILLNEED
        case .dontNeed: POSIX_FADV_DONTNEED
        case .noReuse: POSIX_FADV_NOREUSE
        }
      let code = posix_fadvise(number, off_t(offset), off_t(byteCount), host)
      guard code == 0 else { throw SystemError(code: code) }
    #endif
  }

  /// The flags with which the file is open (`F_GETFL`).
  package func flags() throws(SystemError) -> OpenFlags { OpenFlags(rawValue: try retrying { fcntl(number, F_GETFL) }) }

  package func setFlags(_ flags: OpenFlags) throws(SystemError) {
    _ = try retrying { fcntl(number, F_SETFL, flags.rawValue) }
  }
}

func withTimes(
  _ access: FileTimeChange, _ modification: FileTimeChange, _ body: (UnsafePointer<timespec>) -> Int32
) -> Int32 {
  withUnsafeBytes(of: (access.time, modification.time)) { body($0.baseAddress!.assumingMemoryBound(to: timespec.self)) }
}
