import Needletail

extension WASI {
  func definePaths(_ functions: HostFunctions) throws {
    try definePathOpen(functions)
    try definePathStatus(functions)
    try defineNames(functions)
    try defineLinks(functions)
  }

  private func definePathOpen(_ functions: HostFunctions) throws {
    try functions.define("path_open") {
      [self]
      (
        memory: GuestMemory, number: UInt32, lookup: UInt32, path: UInt32, count: UInt32, openFlags: UInt32,
        base: UInt64,
        inheriting: UInt64, flags: UInt32, result: UInt32
      ) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        let opening = try PathOpening(
          following: Self.follows(lookup), openFlags: openFlags, rights: Rights(rawValue: base),
          inheritingRights: Rights(rawValue: inheriting), descriptorFlags: DescriptorFlags(guest: flags))
        // The result pointer is checked before the file is created or truncated.
        try memory.store(UInt32.max, at: result)
        try memory.store(open(path, at: number, opening), at: result)
      }
    }
  }

  private func definePathStatus(_ functions: HostFunctions) throws {
    try functions.define("path_filestat_get") {
      [self, snapshot = functions.snapshot]
      (
        memory: GuestMemory, number: UInt32, lookup: UInt32, path: UInt32, count: UInt32, result: UInt32
      ) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        try memory.store(status(of: path, at: number, following: Self.follows(lookup)), at: result, snapshot)
      }
    }
    try functions.define("path_filestat_set_times") {
      [self]
      (
        memory: GuestMemory, number: UInt32, lookup: UInt32, path: UInt32, count: UInt32, access: UInt64,
        modification: UInt64, flags: UInt32
      ) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        let change = try TimeChange(access: access, modification: modification, flags: flags)
        try setTimes(of: path, at: number, following: Self.follows(lookup), change)
      }
    }
  }

  private func defineNames(_ functions: HostFunctions) throws {
    try functions.define("path_create_directory") {
      [self] (memory: GuestMemory, number: UInt32, path: UInt32, count: UInt32) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        try createDirectory(path, at: number)
      }
    }
    try functions.define("path_remove_directory") {
      [self] (memory: GuestMemory, number: UInt32, path: UInt32, count: UInt32) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        try removeDirectory(path, at: number)
      }
    }
    try functions.define("path_unlink_file") {
      [self] (memory: GuestMemory, number: UInt32, path: UInt32, count: UInt32) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        try unlink(path, at: number)
      }
    }
    try functions.define("path_rename") {
      [self]
      (
        memory: GuestMemory, number: UInt32, path: UInt32, count: UInt32, newNumber: UInt32, newPath: UInt32,
        newCount: UInt32
      ) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        try withPath(memory, newNumber, newPath, newCount, besides: (number, path)) { newPath throws(Errno) in
          try rename(path, at: number, to: newPath, at: newNumber)
        }
      }
    }
  }

  private func defineLinks(_ functions: HostFunctions) throws {
    try functions.define("path_link") {
      [self]
      (
        memory: GuestMemory, number: UInt32, lookup: UInt32, path: UInt32, count: UInt32, newNumber: UInt32,
        newPath: UInt32, newCount: UInt32
      ) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        try withPath(memory, newNumber, newPath, newCount, besides: (number, path)) { newPath throws(Errno) in
          try link(path, at: number, following: Self.follows(lookup), to: newPath, at: newNumber)
        }
      }
    }
    try functions.define("path_symlink") {
      [self]
      (
        memory: GuestMemory, target: UInt32, targetCount: UInt32, number: UInt32, path: UInt32, count: UInt32
      ) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        let target = try memory.path(at: target, count: targetCount)
        try createSymbolicLink(path, at: number, to: target)
      }
    }
    try functions.define("path_readlink") {
      [self]
      (
        memory: GuestMemory, number: UInt32, path: UInt32, count: UInt32, buffer: UInt32, bufferCount: UInt32,
        result: UInt32
      ) throws(Errno) in
      try withPath(memory, number, path, count) { path throws(Errno) in
        let target = try readLink(path, at: number)
        // Truncated to the buffer's size, as in POSIX.
        let used = min(target.count, try memory.bytes(at: buffer, count: bufferCount).count)
        try target.withUnsafeBufferPointer { target throws(Errno) in
          try memory.copy(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: target[..<used])), to: buffer)
        }
        try memory.store(UInt32(used), at: result)
      }
    }
  }

  // MARK: Arguments

  /// Reads a path argument and calls `body` with it. An error is checked against the sandbox for the log.
  ///
  /// - Parameter other: the other path of a call that takes two, with the descriptor of its directory.
  private func withPath(
    _ memory: GuestMemory, _ number: UInt32, _ path: GuestPointer, _ count: UInt32,
    besides other: (number: UInt32, path: GuestPath)? = nil, _ body: (GuestPath) throws(Errno) -> Void
  ) throws(Errno) {
    let path = try memory.path(at: path, count: count)
    do throws(Errno) {
      try body(path)
    } catch {
      noteDenial(error, (other.map { [$0] } ?? []) + [(number, path)])
      throw error
    }
  }

  /// Whether `lookupflags` follow a link in the last component.
  private static func follows(_ lookup: UInt32) throws(Errno) -> Bool {
    guard lookup <= 1 else { throw .inval }
    return lookup == 1
  }
}
