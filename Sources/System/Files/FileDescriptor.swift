#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The number of an open file, directory or socket of the process. A copy is the same number; ``close()`` must be
/// called once.
///
/// Calls that a signal interrupts are repeated unless stated otherwise.
@frozen @usableFromInline
package struct FileDescriptor: Hashable, Sendable {
  @usableFromInline package let number: Int32

  @inlinable
  package init(_ number: Int32) { self.number = number }

  package static var standardInput: FileDescriptor { FileDescriptor(STDIN_FILENO) }
  package static var standardOutput: FileDescriptor { FileDescriptor(STDOUT_FILENO) }
  package static var standardError: FileDescriptor { FileDescriptor(STDERR_FILENO) }
  /// Represents the current directory in calls with paths relative to a directory. It is not open.
  package static var currentDirectory: FileDescriptor { FileDescriptor(AT_FDCWD) }

  /// Opens a file or directory.
  ///
  /// - Parameters:
  ///   - path: a path; a relative one is relative to `directory`.
  ///   - permissions: the permissions of a new file, before the process's mask.
  package static func open(
    _ path: UnsafePointer<CChar>, _ flags: OpenFlags, permissions: UInt16 = 0o666,
    in directory: FileDescriptor = .currentDirectory
  ) throws(SystemError) -> FileDescriptor {
    FileDescriptor(try retrying { openat(directory.number, path, flags.rawValue, mode_t(permissions)) })
  }

  /// Closes the descriptor, whose number may be reused at once, even if this fails. It is never repeated: after an interruption
  /// (`EINTR`) the descriptor is closed on Linux and unspecified elsewhere.
  package func close() throws(SystemError) {
    guard closeDescriptor(number) == 0 else { throw .last }
  }

  /// Closes the descriptor. Errors, such as a full remote disk, are ignored.
  package func closeIgnoringErrors() { _ = closeDescriptor(number) }

  package var isTerminal: Bool { isatty(number) == 1 }
}

// Within the type the name `close` means its own method.
private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
