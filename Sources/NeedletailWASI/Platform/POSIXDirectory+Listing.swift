import NeedletailSystem

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
          let records = try onHost { () throws(SystemError) in try DirectoryRecords(descriptor, into: buffer) }
          guard !records.isEmpty else { return }
          listingPosition = deliver(records, after: position, from: cookie, body)
        }
      }
    }

    /// Moves the host's position to the last known one that is not after `cookie`.
    private func moveListing(to cookie: UInt64) throws(Errno) {
      let (position, place) = listingPlaces.nearest(to: cookie)
      listingPosition = nil
      _ = try onHost { () throws(SystemError) in
        try descriptor.seek(by: Int64(truncatingIfNeeded: place), from: .start)
      }
      listingPosition = position
    }

    /// Passes on the entries of one buffer that the kernel filled.
    ///
    /// - Parameters:
    ///   - position: the number of entries before those in the buffer.
    ///   - cookie: where the guest's listing begins.
    /// - Returns: the number of entries before the kernel's next one; nil if `body` returned false, because the kernel
    ///   is then ahead of the guest.
    private func deliver(
      _ records: DirectoryRecords, after position: Int, from cookie: UInt64, _ body: (DirectoryEntry) -> Bool
    ) -> Int? {
      var position = position
      for (entry, place) in records {
        listingPlaces.note(place, after: position)
        position += 1
        guard UInt64(position) > cookie else { continue }
        guard
          body(DirectoryEntry(next: UInt64(position), inode: inode(of: entry), type: type(of: entry), name: entry.name))
        else { return nil }
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
      try onHost { () throws(SystemError) in
        let stream = try DirectoryStream(".", in: descriptor)
        var position: UInt64 = 0
        while let entry = try stream.next() {
          position += 1
          guard position > cookie else { continue }
          guard body(DirectoryEntry(next: position, inode: inode(of: entry), type: type(of: entry), name: entry.name))
          else { return }
        }
      }
    }
  }
#endif

extension POSIXDirectory {
  /// The inode that a listing reports: for `..` the directory's own, since the guest must not learn about the directory above.
  private func inode(of entry: DirectoryStream.Entry) -> UInt64 {
    entry.name.elementsEqual("..".utf8) ? (try? status().inode) ?? 0 : entry.inode
  }

  /// The type of an entry, by a system call if the listing does not report it.
  private func type(of entry: DirectoryStream.Entry) -> FileType {
    if let kind = entry.kind { return FileType(kind) }
    guard !entry.name.elementsEqual("..".utf8) else { return .directory }
    return (try? status(of: FileName(unchecked: Array(entry.name)[...])).type) ?? .unknown
  }
}
