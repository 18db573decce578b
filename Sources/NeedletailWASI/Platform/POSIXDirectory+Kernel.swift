import NeedletailSystem
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
      guard let opened = try? FileDescriptor.currentDirectory.openBeneath(".", .lookup, permissions: 0) else {
        return false
      }
      opened.closeIgnoringErrors()
      return true
    }
  #endif

  /// Opens a NUL-terminated path in the kernel; returns nil if the path must be walked.
  private func openBeneath(
    _ path: [UInt8], _ flags: FileDescriptor.OpenFlags, creates: Bool = false
  ) throws(Errno) -> FileDescriptor? {
    #if os(Linux)
      guard resolution != .walk, Self.kernelResolves.load(ordering: .relaxed) else { return nil }
      let result = try withTerminated(path) { path throws(SystemError) in
        openBeneath(path, flags, permissions: creates ? 0o666 : 0)
      }
      switch result {
      case .success(let opened): return opened
      // The path leads outside.
      case .failure(.xdev): throw .perm
      // A magic link of /proc, which the walk reads as the path that it shows, or too many links, which the walk counts too.
      case .failure(.loop): return nil
      // Something was renamed or mounted during every attempt.
      case .failure(.again): return nil
      case .failure(let error) where error == .nosys || error == .perm:
        // The kernel lacks the call, or a filter refuses it with either code. Otherwise the error concerns the file.
        guard !Self.probe() else { throw Errno(error) }
        Self.kernelResolves.store(false, ordering: .relaxed)
        return nil
      case .failure(let error): throw Errno(error)
      }
    #else
      return nil
    #endif
  }

  #if os(Linux)
    /// Retries a few times while the kernel reports that the tree is changing.
    private func openBeneath(
      _ path: UnsafePointer<CChar>, _ flags: FileDescriptor.OpenFlags, permissions: UInt16
    ) -> Result<FileDescriptor, SystemError> {
      var attempts = 0
      while true {
        do throws(SystemError) {
          return .success(try descriptor.openBeneath(path, flags, permissions: permissions))
        } catch {
          if error == .intr { continue }
          attempts += 1
          guard error == .again, attempts < 8 else { return .failure(error) }
        }
      }
    }
  #endif

  /// Resolves and opens a path in one system call if the kernel supports it.
  public func open(_ path: GuestPath, following: Bool, _ request: OpenRequest) throws(Errno) -> OpenedObject {
    let (flags, isGuarded) = request.guardedFlags
    guard
      let opened = try openBeneath(
        path.terminated, following ? flags : flags.union(.noFollow), creates: request.flags.contains(.create))
    else { return try openByWalking(path, following: following, request) }
    return try wrap(opened, request, isGuarded: isGuarded)
  }

  /// Resolves a path and returns the status of what it names, with one system call for the path if the kernel supports it.
  public func status(of path: GuestPath, following: Bool) throws(Errno) -> FileStatus {
    if !following, path.isSingleName {
      return try status(of: FileName(unchecked: path.terminated[..<path.count]))
    }
    var flags: FileDescriptor.OpenFlags = [.pathOnly, .closeOnExecution]
    if !following { flags.insert(.noFollow) }
    guard let opened = try openBeneath(path.terminated, flags) else {
      return try statusByWalking(path, following: following)
    }
    defer { opened.closeIgnoringErrors() }
    return try .ofDescriptor(opened)
  }

  /// Resolves all components but the last, in one system call if the kernel supports it.
  public func resolve(_ path: GuestPath, _ following: LinkFollowing) throws(Errno) -> ResolvedPath {
    guard following != .always, let (directory, name) = path.splitLast() else {
      return try PathWalk.resolve(path, in: self, following)
    }
    guard !directory.isEmpty else { return ResolvedPath(directory: self, name: name, mustBeDirectory: false) }
    guard let opened = try openBeneath(directory, [.pathOnly, .directory, .closeOnExecution]) else {
      return try PathWalk.resolve(path, in: self, following)
    }
    return ResolvedPath(
      directory: POSIXDirectory(owning: opened, resolution: resolution), name: name, mustBeDirectory: false)
  }
}
