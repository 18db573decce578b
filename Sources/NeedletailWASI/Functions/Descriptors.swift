import Needletail

// Closing and renumbering descriptors, preopened directories, and directory listings.
extension WASI {
  func defineDirectories(_ functions: HostFunctions) throws {
    try defineNumbers(functions)
    try definePreopens(functions)
    try functions.define("fd_readdir") {
      [self]
      (
        memory: GuestMemory, number: UInt32, buffer: UInt32, count: UInt32, cookie: UInt64, result: UInt32
      ) throws(Errno) in
      let (directory, _) = try directory(number, .fdReaddir)
      var listing = Listing(try memory.bytes(at: buffer, count: count))
      // The result is checked before the host reads anything.
      try memory.store(UInt32(0), at: result)
      if count > 0 { try directory.readEntries(from: cookie) { listing.append($0) } }
      try memory.store(UInt32(listing.usedCount), at: result)
    }
  }

  private func defineNumbers(_ functions: HostFunctions) throws {
    try functions.define("fd_close") { [self] (memory: GuestMemory, number: UInt32) throws(Errno) in
      try descriptors.remove(number).object.object.close()
    }
    try functions.define("fd_renumber") { [self] (memory: GuestMemory, source: UInt32, target: UInt32) throws(Errno) in
      let replaced = try descriptors.renumber(source, to: target)
      // As with dup2, errors of closing the replaced descriptor are ignored.
      try? replaced?.object.object.close()
    }
  }

  private func definePreopens(_ functions: HostFunctions) throws {
    try functions.define("fd_prestat_get") {
      [self] (memory: GuestMemory, number: UInt32, result: UInt32) throws(Errno) in
      guard let name = try descriptors[number].preopenedName else { throw .badf }
      // The tag `dir` of `prestat`.
      try memory.store(UInt32(0), at: result)
      try memory.store(UInt32(name.count), at: result &+ 4)
    }
    try functions.define("fd_prestat_dir_name") {
      [self] (memory: GuestMemory, number: UInt32, buffer: UInt32, count: UInt32) throws(Errno) in
      guard let name = try descriptors[number].preopenedName else { throw .badf }
      guard name.count <= Int(count) else { throw .nametoolong }
      try name.withUnsafeBufferPointer { name throws(Errno) in
        try memory.copy(UnsafeRawBufferPointer(name), to: buffer)
      }
    }
  }
}

/// Directory entries written to the guest's buffer: for each, a `dirent` and the name. The last entry is truncated at
/// the end of the buffer; a full buffer tells the guest that there may be more entries. (`fd_readdir`.)
private struct Listing {
  private let buffer: UnsafeMutableRawBufferPointer
  private(set) var usedCount = 0

  init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

  /// Returns false once the buffer is full.
  mutating func append(_ entry: DirectoryEntry) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { header in
      header.initializeMemory(as: UInt8.self, repeating: 0)
      let base = header.baseAddress!
      base.store(entry.next, offset: 0)
      base.store(entry.inode, offset: 8)
      base.store(UInt32(truncatingIfNeeded: entry.name.count), offset: 16)
      base.store(entry.type.rawValue, offset: 20)
      copy(UnsafeRawBufferPointer(header))
    }
    copy(entry.name)
    return usedCount < buffer.count
  }

  private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
    let count = min(bytes.count, buffer.count - usedCount)
    copyBytes(
      from: UnsafeRawBufferPointer(rebasing: bytes[..<count]),
      to: UnsafeMutableRawBufferPointer(rebasing: buffer[usedCount..<usedCount + count]))
    usedCount += count
  }
}
