import Needletail

extension GuestMemory {
  /// Stores a `filestat`. Its layout differs between the two snapshots.
  func store(_ status: FileStatus, at address: GuestPointer, _ snapshot: Snapshot) throws(Errno) {
    let structure = try bytes(at: address, count: snapshot == .preview1 ? 64 : 56)
    let base = structure.baseAddress!
    structure.initializeMemory(as: UInt8.self, repeating: 0)
    base.store(status.device, offset: 0)
    base.store(status.inode, offset: 8)
    base.store(status.type.rawValue, offset: 16)
    var offset = 24
    switch snapshot {
    case .preview1:
      base.store(status.linkCount, offset: offset)
      offset += 8
    case .unstable:
      base.store(UInt32(clamping: status.linkCount), offset: 20)
    }
    for field in [status.size, status.accessTime, status.modificationTime, status.changeTime] {
      base.store(field, offset: offset)
      offset += 8
    }
  }
}

extension TimeChange {
  /// Decodes the arguments of a guest's call.
  ///
  /// - Throws: `EINVAL` for undefined flags, or if a timestamp is both given and to be the current time.
  init(access: UInt64, modification: UInt64, flags: UInt32) throws(Errno) {
    guard let rawValue = UInt16(exactly: flags) else { throw .inval }
    let flags = TimeFlags(rawValue: rawValue)
    guard flags.isSubset(of: .all) else { throw .inval }
    self.init(
      access: try Self.change(access, set: flags.contains(.access), now: flags.contains(.accessNow)),
      modification: try Self.change(
        modification, set: flags.contains(.modification), now: flags.contains(.modificationNow)))
  }

  private static func change(_ time: UInt64, set: Bool, now: Bool) throws(Errno) -> Change {
    switch (set, now) {
    case (true, true): throw .inval
    case (true, false): return .at(time)
    case (false, true): return .now
    case (false, false): return .keep
    }
  }
}

extension WASI {
  func defineFileMetadata(_ functions: HostFunctions) throws {
    try defineDescriptorState(functions)
    try defineFileStatus(functions)
  }

  private func defineFileStatus(_ functions: HostFunctions) throws {
    try functions.define("fd_filestat_get") {
      [self, snapshot = functions.snapshot] (memory: GuestMemory, number: UInt32, result: UInt32) throws(Errno) in
      try memory.store(object(number, .fdFilestatGet).status(), at: result, snapshot)
    }
    try functions.define("fd_filestat_set_size") {
      [self] (memory: GuestMemory, number: UInt32, size: UInt64) throws(Errno) in
      try changeableFile(number, .fdFilestatSetSize).setSize(size)
    }
    try functions.define("fd_filestat_set_times") {
      [self] (memory: GuestMemory, number: UInt32, access: UInt64, modification: UInt64, flags: UInt32) throws(Errno) in
      let object = try object(number, .fdFilestatSetTimes)
      let change = try TimeChange(access: access, modification: modification, flags: flags)
      try requireWriteAccess(number)
      try object.setTimes(change)
    }
  }

  private func defineDescriptorState(_ functions: HostFunctions) throws {
    try functions.define("fd_fdstat_get") {
      [self] (memory: GuestMemory, number: UInt32, result: UInt32) throws(Errno) in
      try storeDescriptorState(number, at: result, in: memory)
    }
    try functions.define("fd_fdstat_set_flags") {
      [self] (memory: GuestMemory, number: UInt32, flags: UInt32) throws(Errno) in
      let object = try object(number, .fdFdstatSetFlags)
      try object.setFlags(DescriptorFlags(guest: flags))
    }
    try functions.define("fd_fdstat_set_rights") {
      [self] (memory: GuestMemory, number: UInt32, base: UInt64, inheriting: UInt64) throws(Errno) in
      let base = Rights(rawValue: base)
      let inheriting = Rights(rawValue: inheriting)
      let descriptor = try descriptors[number]
      guard base.isSubset(of: descriptor.rights), inheriting.isSubset(of: descriptor.inheritingRights) else {
        let missing = base.subtracting(descriptor.rights).union(inheriting.subtracting(descriptor.inheritingRights))
        throw missingRights(missing, number)
      }
      descriptors.update(number) {
        $0.rights = base
        $0.inheritingRights = inheriting
      }
    }
  }

  /// Stores an `fdstat`.
  private func storeDescriptorState(_ number: UInt32, at address: GuestPointer, in memory: GuestMemory) throws(Errno) {
    let descriptor = try descriptors[number]
    var type = FileType.directory
    var rights = descriptor.rights
    if case .file(let file) = descriptor.object {
      type = file.type
      if descriptor.rightsAreProvisional { rights.formIntersection(file.meaningfulRights) }
    }
    let flags = try descriptor.object.object.flags()
    let structure = try memory.bytes(at: address, count: 24)
    let base = structure.baseAddress!
    structure.initializeMemory(as: UInt8.self, repeating: 0)
    base.store(type.rawValue, offset: 0)
    base.store(flags.rawValue, offset: 2)
    base.store(rights.rawValue, offset: 8)
    base.store(descriptor.inheritingRights.rawValue, offset: 16)
  }
}

extension DescriptorFlags {
  /// Decodes an argument of a guest's call.
  ///
  /// - Throws: `EINVAL` for undefined flags.
  init(guest: UInt32) throws(Errno) {
    guard let rawValue = UInt16(exactly: guest), Self(rawValue: rawValue).isSubset(of: .all) else { throw .inval }
    self.init(rawValue: rawValue)
  }
}
