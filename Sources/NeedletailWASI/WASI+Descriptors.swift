extension WASI {
  /// The file that a descriptor stands for, if it has these rights.
  ///
  /// - Throws: `EBADF`; `EISDIR` for a directory; `ENOTCAPABLE`.
  @inline(__always)
  func file(_ number: UInt32, _ rights: Rights) throws(Errno) -> any File {
    let descriptor = try descriptors[number]
    guard case .file(let file) = descriptor.object else { throw .isdir }
    guard descriptor.rights.isSuperset(of: rights) else { throw missingRights(rights, number) }
    return file
  }

  /// The same for what changes the file without writing to it, which the kernel alone would not refuse.
  func changeableFile(_ number: UInt32, _ rights: Rights) throws(Errno) -> any File {
    let file = try file(number, rights)
    guard try descriptors[number].access == .readWrite else { throw .rofs }
    return file
  }

  /// A file or a directory.
  func object(_ number: UInt32, _ rights: Rights) throws(Errno) -> any FileSystemObject {
    let descriptor = try descriptors[number]
    guard descriptor.rights.isSuperset(of: rights) else { throw missingRights(rights, number) }
    return descriptor.object.object
  }

  /// The directory that a descriptor stands for, and what may be done in it.
  ///
  /// - Throws: `EBADF`; `ENOTDIR` for a file; `ENOTCAPABLE`.
  func directory(
    _ number: UInt32, _ rights: Rights
  ) throws(Errno) -> (directory: any Directory, descriptor: Descriptor) {
    let descriptor = try descriptors[number]
    guard case .directory(let directory) = descriptor.object else { throw .notdir }
    guard descriptor.rights.isSuperset(of: rights) else { throw missingRights(rights, number) }
    return (directory, descriptor)
  }

  /// The directory, to change something in it. - Throws: as ``directory(_:_:)``, and `EROFS`.
  func changeableDirectory(_ number: UInt32, _ rights: Rights) throws(Errno) -> any Directory {
    let (directory, descriptor) = try directory(number, rights)
    guard descriptor.access == .readWrite else { throw .rofs }
    return directory
  }

  @inline(never)
  func missingRights(_ rights: Rights, _ number: UInt32) -> Errno {
    configuration.log?("descriptor \(number): denied, it lacks a right (\(Errno.notcapable.symbol))")
    return .notcapable
  }
}
