import NeedletailSystem

/// A file for a profiler to which data is appended, and the process and time queries for it.
final class ProfileFile: Sendable {
  private let descriptor: FileDescriptor

  /// Creates a file for this process, replacing any other.
  ///
  /// - Returns: nil if it cannot be created.
  init?(_ path: String) {
    // A file of an earlier process with the same number is removed; a link from someone else is not followed.
    do throws(SystemError) { try FileDescriptor.currentDirectory.unlink(path) } catch {}
    let flags: FileDescriptor.OpenFlags = [.readWrite, .create, .exclusive, .noFollow, .closeOnExecution]
    guard let descriptor = try? FileDescriptor.open(path, flags, permissions: 0o644) else { return nil }
    self.descriptor = descriptor
  }

  deinit { descriptor.closeIgnoringErrors() }

  /// Appends bytes. Errors are ignored: a truncated profile is still useful.
  func append(_ bytes: [UInt8]) {
    try? bytes.withUnsafeBytes { try descriptor.writeAll($0) }
  }

  /// Maps the file's first page executable, permanently, so that `perf record` sees it.
  func mark() -> Bool { VirtualMemory.mapExecutable(descriptor, VirtualMemory.pageSize) }

  static var processID: UInt32 { UInt32(CurrentProcess.identifier) }

  /// The time in nanoseconds, by the clock of `perf record -k mono`.
  static var time: UInt64 { MonotonicClock.nanoseconds }
}
