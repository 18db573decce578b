#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Synchronization

/// Resolves whole paths in the kernel: one system call, where a walk takes one per component, with the same result.
/// Paths that the kernel cannot resolve are walked.
extension POSIXDirectory {
  /// Whether this process can use `openat2`. False once the kernel or a system call filter has refused it.
  private static let kernelResolves = Atomic<Bool>(true)

  /// Whether this machine's kernel resolves paths; for tests.
  static var isKernelResolutionAvailable: Bool {
    #if os(Linux)
      return probe()
    #else
      return false
    #endif
  }

  #if os(Linux)
    private static func probe() -> Bool {
      let opened = LinuxSystemCalls.openBeneath(AT_FDCWD, ".", flags: POSIXConstants.directoryFlags, mode: 0)
      guard opened >= 0 else { return false }
      _ = systemClose(opened)
      return true
    }
  #endif

  /// Opens a NUL-terminated path in the kernel; returns nil if the path must be walked.
  private func openBeneath(_ path: [UInt8], flags: Int32, creates: Bool = false) throws(Errno) -> Int32? {
    #if os(Linux)
      guard resolution != .walk, Self.kernelResolves.load(ordering: .relaxed) else { return nil }
      let (opened, code) = try withTerminated(path) { path throws(Errno) in
        openBeneath(path, flags: flags, mode: creates ? 0o666 : 0)
      }
      if opened >= 0 { return opened }
      switch code {
      // The path leads outside.
      case EXDEV: throw .perm
      // A magic link of /proc, which the walk reads as the path that it shows, or too many links, which the walk counts too.
      case ELOOP: return nil
      // Something was renamed or mounted during every attempt.
      case EAGAIN: return nil
      case ENOSYS, EPERM:
        // The kernel lacks the call, or a filter refuses it with either code. Otherwise the error concerns the file.
        guard !Self.probe() else { throw Errno(host: code) }
        Self.kernelResolves.store(false, ordering: .relaxed)
        return nil
      default: throw Errno(host: code)
      }
    #else
      return nil
    #endif
  }

  #if os(Linux)
    /// Retries a few times while the kernel reports that the tree is changing.
    private func openBeneath(
      _ path: UnsafePointer<CChar>, flags: Int32, mode: UInt64
    ) -> (descriptor: Int32, code: Int32) {
      var attempts = 0
      while true {
        let opened = LinuxSystemCalls.openBeneath(descriptor, path, flags: flags, mode: mode)
        if opened >= 0 { return (opened, 0) }
        let code = errno
        if code == EINTR { continue }
        attempts += 1
        guard code == EAGAIN, attempts < 8 else { return (-1, code) }
      }
    }
  #endif

  /// Resolves and opens a path in one system call if the kernel supports it.
  public func open(_ path: GuestPath, following: Bool, _ request: OpenRequest) throws(Errno) -> OpenedObject {
    guard
      let opened = try openBeneath(
        path.terminated, flags: request.hostFlags | (following ? 0 : O_NOFOLLOW),
        creates: request.flags.contains(.create))
    else { return try openByWalking(path, following: following, request) }
    return try wrap(opened)
  }

  /// Resolves a path and returns the status of what it names, with one system call for the path if the kernel supports it.
  public func status(of path: GuestPath, following: Bool) throws(Errno) -> FileStatus {
    if !following, path.isSingleName {
      return try status(of: FileName(unchecked: path.terminated[..<path.count]))
    }
    let flags = POSIXConstants.pathOnly | O_CLOEXEC | (following ? 0 : O_NOFOLLOW)
    guard let opened = try openBeneath(path.terminated, flags: flags) else {
      return try statusByWalking(path, following: following)
    }
    defer { _ = systemClose(opened) }
    return try .ofDescriptor(opened)
  }

  /// Resolves all components but the last, in one system call if the kernel supports it.
  public func resolve(_ path: GuestPath, _ following: LinkFollowing) throws(Errno) -> ResolvedPath {
    guard following != .always, let (directory, name) = path.splitLast() else {
      return try PathWalk.resolve(path, in: self, following)
    }
    guard !directory.isEmpty else { return ResolvedPath(directory: self, name: name, mustBeDirectory: false) }
    guard let opened = try openBeneath(directory, flags: POSIXConstants.pathOnly | O_DIRECTORY | O_CLOEXEC) else {
      return try PathWalk.resolve(path, in: self, following)
    }
    return ResolvedPath(
      directory: POSIXDirectory(owning: opened, resolution: resolution), name: name, mustBeDirectory: false)
  }
}
