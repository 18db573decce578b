extension WASI {
  /// The file of a descriptor that has these rights.
  ///
  /// - Throws: `EBADF`; `EISDIR` for a directory; `ENOTCAPABLE`.
  @inline(__always)
  func file(_ number: UInt32, _ rights: Rights) throws(Errno) -> any File {
    let descriptor = try descriptors[number]
    guard case .file(let file) = descriptor.object else { throw .isdir }
    guard descriptor.rights.isSuperset(of: rights) else { throw missingRights(rights, descriptor, number) }
    return file
  }

  /// As ``file(_:_:)``, for operations that change the file other than by writing. The kernel alone does not refuse all
  /// of them on a read-only file.
  ///
  /// - Throws: as ``file(_:_:)``, and `EROFS`.
  func changeableFile(_ number: UInt32, _ rights: Rights) throws(Errno) -> any File {
    let file = try file(number, rights)
    try requireWriteAccess(number)
    return file
  }

  /// The file or directory of a descriptor that has these rights.
  ///
  /// - Throws: `EBADF`; `ENOTCAPABLE`.
  func object(_ number: UInt32, _ rights: Rights) throws(Errno) -> any FileSystemObject {
    let descriptor = try descriptors[number]
    guard descriptor.rights.isSuperset(of: rights) else { throw missingRights(rights, descriptor, number) }
    return descriptor.object.object
  }

  /// The directory of a descriptor that has these rights, and the descriptor's table entry.
  ///
  /// - Throws: `EBADF`; `ENOTDIR` for a file; `ENOTCAPABLE`.
  func directory(
    _ number: UInt32, _ rights: Rights
  ) throws(Errno) -> (directory: any Directory, descriptor: Descriptor) {
    let descriptor = try descriptors[number]
    guard case .directory(let directory) = descriptor.object else { throw .notdir }
    guard descriptor.rights.isSuperset(of: rights) else { throw missingRights(rights, descriptor, number) }
    return (directory, descriptor)
  }

  /// As ``directory(_:_:)``, for operations that change the directory.
  ///
  /// - Throws: as ``directory(_:_:)``, and `EROFS`.
  func changeableDirectory(_ number: UInt32, _ rights: Rights) throws(Errno) -> any Directory {
    let (directory, descriptor) = try directory(number, rights)
    guard descriptor.access == .readWrite else { throw readOnly(number) }
    return directory
  }

  func requireWriteAccess(_ number: UInt32) throws(Errno) {
    guard try descriptors[number].access == .readWrite else { throw readOnly(number) }
  }

  /// The error for a change to something that was granted read-only.
  func readOnly(_ number: UInt32) -> Errno { deny(.rofs, number, "write access not granted") }

  @inline(never)
  func missingRights(_ rights: Rights, _ descriptor: Descriptor, _ number: UInt32) -> Errno {
    missingRights(rights.subtracting(descriptor.rights), number)
  }

  func missingRights(_ rights: Rights, _ number: UInt32) -> Errno {
    let names = rights.names
    return deny(
      .notcapable, number, "right\(names.count == 1 ? "" : "s") \(names.joined(separator: ", ")) not granted")
  }

  /// - Throws: `EMFILE` if the descriptor table is full. The denial is recorded for `number`.
  func requireRoom(_ number: UInt32) throws(Errno) {
    guard let refusal = descriptors.refusal else { return }
    throw deny(.mfile, number, "\(refusal)")
  }
}
