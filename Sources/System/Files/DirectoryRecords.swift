#if os(Linux)
  /// The entries of one buffer that the kernel filled with a part of a directory, in its own format (`getdents64`): inode (8 bytes), the position
  /// after the entry (8), record length (2), type (1), name with NUL.
  package struct DirectoryRecords: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    /// Reads the directory from its descriptor's position on. There are no entries at the end.
    package init(_ directory: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) {
      let count = try retrying {
        systemCall(Self.number, Int(directory.number), Int(bitPattern: buffer.baseAddress), buffer.count, 0)
      }
      bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    package var isEmpty: Bool { bytes.isEmpty }

    /// The next entry, and the position of the descriptor after it, for ``FileDescriptor/seek(by:from:)``.
    package mutating func next() -> (entry: DirectoryStream.Entry, position: UInt64)? {
      guard offset < bytes.count else { return nil }
      let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
      let nameAndPadding = UnsafeRawBufferPointer(rebasing: bytes[(offset + 19)..<(offset + length)])
      let entry = DirectoryStream.Entry(
        inode: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
        kind: FileKind(entryType: bytes[offset + 18]),
        name: UnsafeRawBufferPointer(rebasing: nameAndPadding.prefix { $0 != 0 }))
      let position = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
      offset += length
      return (entry, position)
    }

    private static var number: Int { LinuxCallNumbers.present.getdents64 }
  }
#endif
