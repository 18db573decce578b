import NeedletailSystem

extension POSIXFile {
  /// Opens a file of the host for a standard stream. The path comes from the embedder.
  static func open(path: String, writing: Bool) throws(Errno) -> POSIXFile {
    let access: FileDescriptor.OpenFlags = writing ? [.writeOnly, .create, .truncate] : .readOnly
    let descriptor = try onHost { () throws(SystemError) in
      try FileDescriptor.open(path, access.union([.closeOnExecution, .noTerminal]))
    }
    let file = POSIXFile(owning: descriptor, type: try FileStatus.ofDescriptor(descriptor).type)
    guard file.type != .directory else { throw .isdir }
    return file
  }
}
