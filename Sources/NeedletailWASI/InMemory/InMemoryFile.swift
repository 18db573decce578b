/// An open regular file in memory: a position and flags for its content.
final class InMemoryFile: File {
  let type = FileType.regularFile
  let node: InMemoryContent
  private let reads: Bool
  private let writes: Bool
  private var openFlags: DescriptorFlags
  private var position: UInt64 = 0

  init(_ node: InMemoryContent, _ request: OpenRequest) {
    self.node = node
    self.reads = request.reads
    self.writes = request.writes
    self.openFlags = request.descriptorFlags
    node.openCount += 1
  }

  deinit { node.close() }

  func status() throws(Errno) -> FileStatus { node.nodeStatus }
  func setTimes(_ change: TimeChange) throws(Errno) { node.change(change) }
  func flags() throws(Errno) -> DescriptorFlags { openFlags }

  func setFlags(_ flags: DescriptorFlags) throws(Errno) {
    let changeable: DescriptorFlags = [.append, .nonblock]
    guard flags.subtracting(changeable) == openFlags.subtracting(changeable) else { throw .notsup }
    openFlags = flags
  }

  func read(into buffers: IOBuffers) throws(Errno) -> Int {
    let count = try read(into: buffers, at: position)
    position += UInt64(count)
    return count
  }

  func write(from buffers: IOBuffers) throws(Errno) -> Int {
    if openFlags.contains(.append) { position = node.size }
    let count = try write(from: buffers, at: position)
    position += UInt64(count)
    return count
  }

  func read(into buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int {
    guard reads else { throw .badf }
    guard offset <= UInt64(Int64.max) else { throw .inval }
    return node.read(into: buffers, at: offset)
  }

  func write(from buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int {
    guard writes else { throw .badf }
    guard offset <= UInt64(Int64.max) else { throw .inval }
    // As on Linux, appending overrides the offset.
    return try node.write(from: buffers, at: openFlags.contains(.append) ? node.size : offset)
  }

  func seek(by offset: Int64, from whence: Whence) throws(Errno) -> UInt64 {
    let origin =
      switch whence {
      case .set: Int64(0)
      case .current: Int64(position)
      case .end: Int64(node.size)
      }
    let (target, overflows) = origin.addingReportingOverflow(offset)
    guard !overflows else { throw .overflow }
    guard target >= 0 else { throw .inval }
    position = UInt64(target)
    return position
  }

  func setSize(_ size: UInt64) throws(Errno) {
    guard writes else { throw .inval }
    try node.resize(to: size)
  }

  func allocate(at offset: UInt64, count: UInt64) throws(Errno) {
    guard writes else { throw .badf }
    guard count > 0, offset <= UInt64(Int64.max), count <= UInt64(Int64.max) else { throw .inval }
    guard offset + count > node.size else { return }
    try node.resize(to: offset + count)
  }

  func advise(at offset: UInt64, count: UInt64, _ advice: Advice) throws(Errno) {}
}
