/// The common part of directories, regular files and symbolic links in memory.
public class InMemoryNode {
  let quota: InMemoryQuota
  let inode: UInt64
  let type: FileType
  var linkCount: UInt64 = 1
  var accessTime: UInt64
  var modificationTime: UInt64
  var changeTime: UInt64

  init(_ quota: InMemoryQuota, inode: UInt64, type: FileType) {
    self.quota = quota
    self.inode = inode
    self.type = type
    let now = quota.now()
    (accessTime, modificationTime, changeTime) = (now, now, now)
  }

  var size: UInt64 { 0 }

  final var nodeStatus: FileStatus {
    FileStatus(
      device: 1, inode: inode, type: type, linkCount: linkCount, size: size, accessTime: accessTime,
      modificationTime: modificationTime, changeTime: changeTime)
  }

  final func change(_ change: TimeChange) {
    let now = quota.now()
    accessTime = Self.time(change.access, accessTime, now)
    modificationTime = Self.time(change.modification, modificationTime, now)
    changeTime = now
  }

  private static func time(_ change: TimeChange.Change, _ present: UInt64, _ now: UInt64) -> UInt64 {
    switch change {
    case .keep: present
    case .now: now
    case .at(let time): time
    }
  }

  final func touch() {
    modificationTime = quota.now()
    changeTime = modificationTime
  }
}

/// The content of a regular file. It exists as long as a name or an open descriptor refers to it.
final class InMemoryContent: InMemoryNode {
  private(set) var content: [UInt8] = []

  init(_ quota: InMemoryQuota, inode: UInt64) {
    super.init(quota, inode: inode, type: .regularFile)
  }

  override var size: UInt64 { UInt64(content.count) }

  /// The number of open descriptors that refer to it.
  var openCount = 0

  /// Called when a descriptor is closed. The content is released once neither a descriptor nor a name is left.
  func close() {
    openCount -= 1
    releaseIfUnused()
  }

  func releaseIfUnused() {
    guard openCount == 0, linkCount == 0 else { return }
    quota.releaseContent(content.count)
    content = []
  }

  func replace(with bytes: [UInt8]) throws(Errno) {
    try quota.changeContent(by: bytes.count - content.count)
    content = bytes
    touch()
  }

  func resize(to size: UInt64) throws(Errno) {
    guard let size = Int(exactly: size) else { throw .fbig }
    try quota.changeContent(by: size - content.count)
    if size < content.count {
      content.removeLast(content.count - size)
    } else {
      content.append(contentsOf: repeatElement(0, count: size - content.count))
    }
    touch()
  }

  func read(into buffers: IOBuffers, at offset: UInt64) -> Int {
    guard offset < UInt64(content.count) else { return 0 }
    return content.withUnsafeBytes { buffers.copy(from: UnsafeRawBufferPointer(rebasing: $0[Int(offset)...])) }
  }

  func write(from buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int {
    let total = buffers.totalCount
    guard total > 0 else { return 0 }
    let (end, overflows) = offset.addingReportingOverflow(UInt64(total))
    guard !overflows else { throw .fbig }
    if end > UInt64(content.count) { try resize(to: end) }
    var position = Int(offset)
    content.withUnsafeMutableBytes { content in
      for buffer in buffers.buffers {
        copyBytes(
          from: UnsafeRawBufferPointer(buffer.bytes),
          to: UnsafeMutableRawBufferPointer(rebasing: content[position..<position + buffer.count]))
        position += buffer.count
      }
    }
    touch()
    return total
  }
}

/// A symbolic link.
final class InMemoryLink: InMemoryNode {
  let target: [UInt8]

  init(_ quota: InMemoryQuota, inode: UInt64, target: [UInt8]) {
    self.target = target
    super.init(quota, inode: inode, type: .symbolicLink)
  }

  override var size: UInt64 { UInt64(target.count) }
}
