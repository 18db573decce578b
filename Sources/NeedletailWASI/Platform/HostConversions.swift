import NeedletailSystem

extension FileType {
  init(_ kind: FileKind) {
    self =
      switch kind {
      case .regular: .regularFile
      case .directory: .directory
      case .symbolicLink: .symbolicLink
      case .characterDevice: .characterDevice
      case .blockDevice: .blockDevice
      case .socket: .socketStream
      case .pipe, .other: .unknown
      }
  }
}

extension FileStatus {
  init(_ metadata: FileMetadata) {
    self.init(
      device: metadata.device, inode: metadata.inode, type: FileType(metadata.kind), linkCount: metadata.linkCount,
      size: UInt64(truncatingIfNeeded: metadata.byteCount),
      accessTime: metadata.accessTime.nanosecondsSinceEpoch,
      modificationTime: metadata.modificationTime.nanosecondsSinceEpoch,
      changeTime: metadata.changeTime.nanosecondsSinceEpoch)
  }

  /// The status of an open descriptor.
  static func ofDescriptor(_ descriptor: FileDescriptor) throws(Errno) -> FileStatus {
    FileStatus(try onHost { () throws(SystemError) in try descriptor.metadata() })
  }
}

extension TimeChange.Change {
  var host: FileTimeChange {
    switch self {
    case .keep: .keep
    case .now: .now
    case .at(let time): .at(time)
    }
  }
}

extension OpenRequest {
  /// The flags of `open`, except those for following links.
  var hostFlags: FileDescriptor.OpenFlags {
    var result: FileDescriptor.OpenFlags = [.closeOnExecution, .noTerminal]
    result.formUnion(writes ? (reads ? .readWrite : .writeOnly) : .readOnly)
    let hostFlags: [(OpenFlags, FileDescriptor.OpenFlags)] = [
      (.create, .create), (.directory, .directory), (.exclusive, .exclusive), (.truncate, .truncate),
    ]
    for (flag, host) in hostFlags where flags.contains(flag) { result.formUnion(host) }
    for (flag, host) in DescriptorFlags.hostFlags where descriptorFlags.contains(flag) { result.formUnion(host) }
    return result
  }

  /// The flags of `open`, and whether the opened file must not be one of ``UnwritableFiles``. Then it is truncated afterwards.
  var guardedFlags: (flags: FileDescriptor.OpenFlags, isGuarded: Bool) {
    guard writes, !UnwritableFiles.isEmpty else { return (hostFlags, false) }
    return (hostFlags.subtracting(.truncate), true)
  }
}

extension DescriptorFlags {
  /// Each flag with the host's for it.
  static let hostFlags: [(flag: DescriptorFlags, host: FileDescriptor.OpenFlags)] = [
    (.append, .append), (.nonblock, .nonblocking), (.dataSync, .dataSync), (.readSync, .readSync), (.sync, .sync),
  ]

  /// From the flags of an open file.
  init(host: FileDescriptor.OpenFlags) {
    self = []
    for (flag, bits) in Self.hostFlags where host.contains(bits) { insert(flag) }
    #if os(Linux)
      // On Linux O_SYNC includes O_DSYNC's bit, and O_RSYNC equals O_SYNC.
      if contains(.sync) { remove([.dataSync, .readSync]) }
    #endif
  }
}
