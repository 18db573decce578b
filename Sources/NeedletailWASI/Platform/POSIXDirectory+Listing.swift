#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

#if os(Linux)
  /// Listings straight from the kernel, whose cookies are the guest's: they stay good while entries come and go, and one
  /// that a guest made up is no more than a strange place to start.
  extension POSIXDirectory {
    public func readEntries(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(Errno) {
      if cookie != listingPosition { try moveListing(to: cookie) }
      try withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 8) { buffer throws(Errno) in
        while true {
          let count = try retrying { LinuxSystemCalls.readDirectory(descriptor, into: buffer) }
          guard count > 0 else { return }
          guard deliver(UnsafeRawBufferPointer(rebasing: buffer[..<count]), body) else {
            // The kernel is further than the guest.
            listingPosition = nil
            return
          }
        }
      }
    }

    private func moveListing(to cookie: UInt64) throws(Errno) {
      guard let position = off_t(exactly: cookie) else { throw .inval }
      guard lseek(descriptor, position, SEEK_SET) >= 0 else { throw .ofLastCall }
      listingPosition = cookie
    }

    /// Hands over the entries of one `getdents64` record buffer; false once `body` wants no more.
    private func deliver(_ records: UnsafeRawBufferPointer, _ body: (DirectoryEntry) -> Bool) -> Bool {
      var offset = 0
      while offset < records.count {
        let next = records.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        let length = Int(records.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
        let nameAndPadding = UnsafeRawBufferPointer(rebasing: records[(offset + 19)..<(offset + length)])
        let name = UnsafeRawBufferPointer(rebasing: nameAndPadding.prefix { $0 != 0 })
        let isParent = name.elementsEqual("..".utf8)
        let inode = isParent ? ownInode : records.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let type = FileType(entryType: records[offset + 18]) ?? type(ofEntry: name)
        guard body(DirectoryEntry(next: next, inode: inode, type: type, name: name)) else { return false }
        listingPosition = next
        offset += length
      }
      return true
    }
  }
#else
  /// Listings by `readdir`, where a cookie is the number of entries before it: the host's own positions cannot be taken
  /// from a guest.
  extension POSIXDirectory {
    public func readEntries(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(Errno) {
      let listed = try retrying { systemOpenDirectory(descriptor) }
      guard let stream = fdopendir(listed) else {
        let error = Errno.ofLastCall
        _ = systemClose(listed)
        throw error
      }
      defer { closedir(stream) }
      var position: UInt64 = 0
      while true {
        errno = 0
        guard let entry = readdir(stream) else {
          guard errno == 0 else { throw .ofLastCall }
          return
        }
        position += 1
        guard position > cookie else { continue }
        let count = Int(entry.pointee.d_namlen)
        let goesOn = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          let name = UnsafeRawBufferPointer(rebasing: bytes[..<count])
          let inode = name.elementsEqual("..".utf8) ? ownInode : UInt64(entry.pointee.d_ino)
          let type = FileType(entryType: entry.pointee.d_type) ?? type(ofEntry: name)
          return body(DirectoryEntry(next: position, inode: inode, type: type, name: name))
        }
        guard goesOn else { return }
      }
    }
  }

  private func systemOpenDirectory(_ descriptor: Int32) -> Int32 {
    openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }
#endif

extension POSIXDirectory {
  /// What a listing gives for `..`: the directory above is not the guest's to know.
  private var ownInode: UInt64 { (try? status().inode) ?? 0 }

  /// Asks for the type of an entry where the listing does not tell.
  private func type(ofEntry name: UnsafeRawBufferPointer) -> FileType {
    guard !name.elementsEqual("..".utf8) else { return .directory }
    return (try? status(of: FileName(unchecked: Array(name)[...])).type) ?? .unknown
  }
}
