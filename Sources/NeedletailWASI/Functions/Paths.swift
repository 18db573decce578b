import Needletail

extension WASI {
  func definePaths(in linker: Linker, _ snapshot: Snapshot) throws {
    let module = snapshot.rawValue
    try definePathOpen(in: linker, module)
    try definePathStatus(in: linker, snapshot)
    try defineNames(in: linker, module)
    try defineLinks(in: linker, module)
  }

  private func definePathOpen(in linker: Linker, _ module: String) throws {
    try linker.define(module, "path_open") {
      [self]
      (
        caller: Caller, number: UInt32, lookup: UInt32, path: UInt32, count: UInt32, openFlags: UInt32, base: UInt64,
        inheriting: UInt64, flags: UInt32, result: UInt32
      ) -> Int32 in
      call(caller, "path_open", path, count) { memory, path throws(Errno) in
        let opening = try PathOpening(
          following: Self.follows(lookup), openFlags: openFlags, rights: Rights(rawValue: base),
          inheritingRights: Rights(rawValue: inheriting), descriptorFlags: DescriptorFlags(guest: flags))
        // Checked before the file is made or emptied.
        try memory.store(UInt32.max, at: result)
        try memory.store(open(path, at: number, opening), at: result)
      }
    }
  }

  private func definePathStatus(in linker: Linker, _ snapshot: Snapshot) throws {
    let module = snapshot.rawValue
    try linker.define(module, "path_filestat_get") {
      [self]
      (
        caller: Caller, number: UInt32, lookup: UInt32, path: UInt32, count: UInt32, result: UInt32
      ) -> Int32 in
      call(caller, "path_filestat_get", path, count) { memory, path throws(Errno) in
        try memory.store(status(of: path, at: number, following: Self.follows(lookup)), at: result, snapshot)
      }
    }
    try linker.define(module, "path_filestat_set_times") {
      [self]
      (
        caller: Caller, number: UInt32, lookup: UInt32, path: UInt32, count: UInt32, access: UInt64,
        modification: UInt64, flags: UInt32
      ) -> Int32 in
      call(caller, "path_filestat_set_times", path, count) { _, path throws(Errno) in
        let change = try TimeChange(access: access, modification: modification, flags: flags)
        try setTimes(of: path, at: number, following: Self.follows(lookup), change)
      }
    }
  }

  private func defineNames(in linker: Linker, _ module: String) throws {
    try linker.define(module, "path_create_directory") {
      [self] (caller: Caller, number: UInt32, path: UInt32, count: UInt32) -> Int32 in
      call(caller, "path_create_directory", path, count) { _, path throws(Errno) in
        try createDirectory(path, at: number)
      }
    }
    try linker.define(module, "path_remove_directory") {
      [self] (caller: Caller, number: UInt32, path: UInt32, count: UInt32) -> Int32 in
      call(caller, "path_remove_directory", path, count) { _, path throws(Errno) in
        try removeDirectory(path, at: number)
      }
    }
    try linker.define(module, "path_unlink_file") {
      [self] (caller: Caller, number: UInt32, path: UInt32, count: UInt32) -> Int32 in
      call(caller, "path_unlink_file", path, count) { _, path throws(Errno) in
        try unlink(path, at: number)
      }
    }
    try linker.define(module, "path_rename") {
      [self]
      (
        caller: Caller, number: UInt32, path: UInt32, count: UInt32, newNumber: UInt32, newPath: UInt32,
        newCount: UInt32
      ) -> Int32 in
      call(caller, "path_rename", path, count) { memory, path throws(Errno) in
        let newPath = try memory.path(at: newPath, count: newCount)
        try rename(path, at: number, to: newPath, at: newNumber)
      }
    }
  }

  private func defineLinks(in linker: Linker, _ module: String) throws {
    try linker.define(module, "path_link") {
      [self]
      (
        caller: Caller, number: UInt32, lookup: UInt32, path: UInt32, count: UInt32, newNumber: UInt32,
        newPath: UInt32, newCount: UInt32
      ) -> Int32 in
      call(caller, "path_link", path, count) { memory, path throws(Errno) in
        let newPath = try memory.path(at: newPath, count: newCount)
        try link(path, at: number, following: Self.follows(lookup), to: newPath, at: newNumber)
      }
    }
    try linker.define(module, "path_symlink") {
      [self]
      (
        caller: Caller, target: UInt32, targetCount: UInt32, number: UInt32, path: UInt32, count: UInt32
      ) -> Int32 in
      call(caller, "path_symlink", path, count) { memory, path throws(Errno) in
        let target = try memory.path(at: target, count: targetCount)
        try createSymbolicLink(path, at: number, to: target)
      }
    }
    try linker.define(module, "path_readlink") {
      [self]
      (
        caller: Caller, number: UInt32, path: UInt32, count: UInt32, buffer: UInt32, bufferCount: UInt32,
        result: UInt32
      ) -> Int32 in
      call(caller, "path_readlink", path, count) { memory, path throws(Errno) in
        let target = try readLink(path, at: number)
        // Cut where the buffer ends, as POSIX has it.
        let used = min(target.count, try memory.bytes(at: buffer, count: bufferCount).count)
        try target.withUnsafeBufferPointer { target throws(Errno) in
          try memory.copy(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: target[..<used])), to: buffer)
        }
        try memory.store(UInt32(used), at: result)
      }
    }
  }

  // MARK: Arguments

  /// Runs a host function that takes a path, and tells the embedder if it was denied.
  private func call(
    _ caller: Caller, _ function: StaticString, _ path: GuestPointer, _ count: UInt32,
    _ body: (GuestMemory, GuestPath) throws(Errno) -> Void
  ) -> Int32 {
    call(caller) { memory throws(Errno) in
      let path = try memory.path(at: path, count: count)
      do throws(Errno) {
        try body(memory, path)
      } catch {
        report(error, function, path.description)
        throw error
      }
    }
  }

  /// Whether `lookupflags` ask to follow a link at the end of the path.
  private static func follows(_ lookup: UInt32) throws(Errno) -> Bool {
    guard lookup <= 1 else { throw .inval }
    return lookup == 1
  }
}
