#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension POSIXFile {
  /// The standard descriptors of the process.
  static let standardInput = STDIN_FILENO
  static let standardOutput = STDOUT_FILENO
  static let standardError = STDERR_FILENO

  /// Opens a file of the host for a standard stream. The path comes from the embedder.
  static func open(path: String, writing: Bool) throws(Errno) -> POSIXFile {
    let flags = O_CLOEXEC | O_NOCTTY | (writing ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY)
    let descriptor = try retrying { systemOpen(path, flags) }
    let file = POSIXFile(owning: descriptor, type: try FileStatus.ofDescriptor(descriptor).type)
    guard file.type != .directory else { throw .isdir }
    return file
  }
}

private func systemOpen(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 { open(path, flags, 0o666) }
