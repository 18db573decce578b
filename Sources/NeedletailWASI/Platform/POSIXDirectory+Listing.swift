#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

#if os(Linux)
  /// Listings read from the kernel. A cookie is the number of entries before it (``ListingPlaces``). A cookie that a
  /// guest made up only starts the listing at another entry.
  extension POSIXDirectory {
    /// Calls `body` for each entry from the cookie on, until it returns false.
    public func readEntries(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(Errno) {
      // A listing from the start sees the current content of the directory.
      if cookie == 0 { listingPlaces = ListingPlaces() }
      if listingPosition.map(UInt64.init) != cookie { try moveListing(to: cookie) }
      try withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 8) { buffer throws(Errno) in
        while let position = listingPosition {
          let count = try retrying { LinuxSystemCalls.readDirectory(descriptor, into: buffer) }
          guard count > 0 else { return }
          let records = UnsafeRawBufferPointer(rebasing: buffer[..<count])
          listingPosition = deliver(records, after: position, from: cookie, body)
        }
      }
    }

    /// Moves the host's position to the last known one that is not after `cookie`.
    private func moveListing(to cookie: UInt64) throws(Errno) {
      let (position, place) = listingPlaces.nearest(to: cookie)
      listingPosition = nil
      guard lseek(descriptor, off_t(truncatingIfNeeded: place), SEEK_SET) >= 0 else { throw .ofLastCall }
      listingPosition = position
    }

    /// Passes on the entries of one buffer filled by `getdents64`.
    ///
    /// - Parameters:
    ///   - position: the number of entries before those in the buffer.
    ///   - cookie: where the guest's listing begins.
    /// - Returns: the number of entries before the kernel's next one; nil if `body` returned false, because the kernel
    ///   is then ahead of the guest.
    private func deliver(
      _ records: UnsafeRawBufferPointer, after position: Int, from cookie: UInt64, _ body: (DirectoryEntry) -> Bool
    ) -> Int? {
      var position = position
      var offset = 0
      while offset < records.count {
        let place = records.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        let length = Int(records.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
        let nameAndPadding = UnsafeRawBufferPointer(rebasing: records[(offset + 19)..<(offset + length)])
        let name = UnsafeRawBufferPointer(rebasing: nameAndPadding.prefix { $0 != 0 })
        listingPlaces.note(place, after: position)
        position += 1
        if UInt64(position) > cookie {
          let isParent = name.elementsEqual("..".utf8)
          let inode = isParent ? ownInode : records.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          let type = FileType(entryType: records[offset + 18]) ?? type(ofEntry: name)
          guard body(DirectoryEntry(next: UInt64(position), inode: inode, type: type, name: name)) else { return nil }
        }
        offset += length
      }
      return position
    }
  }
#else
  /// Listings by `readdir`. A cookie is the number of entries before it, because the host's own positions cannot be
  /// accepted from a guest.
  extension POSIXDirectory {
    /// Calls `body` for each entry from the cookie on, until it returns false.
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
  /// The inode that a listing reports for `..`: the guest must not learn about the directory above.
  private var ownInode: UInt64 { (try? status().inode) ?? 0 }

  /// The type of an entry, by a system call, for listings that do not report it.
  private func type(ofEntry name: UnsafeRawBufferPointer) -> FileType {
    guard !name.elementsEqual("..".utf8) else { return .directory }
    return (try? status(of: FileName(unchecked: Array(name)[...])).type) ?? .unknown
  }
}
