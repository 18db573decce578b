/// A path that a guest passed: not empty, at most ``maximumCount`` bytes of UTF-8, without NUL.
///
/// Stored with a terminating NUL, so that it is a C string.
public struct GuestPath: Hashable, Sendable {
  /// The longest path, in bytes (`PATH_MAX` less the NUL).
  public static let maximumCount = 4095

  /// The bytes with a terminating NUL.
  let terminated: [UInt8]

  var count: Int { terminated.count - 1 }

  /// - Throws: `ENOENT` for an empty path; `ENAMETOOLONG`; `EILSEQ` if it is not UTF-8 or contains a NUL.
  public init(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
    guard !bytes.isEmpty else { throw .noent }
    guard bytes.count <= Self.maximumCount else { throw .nametoolong }
    try Self.check(bytes)
    terminated = [UInt8](unsafeUninitializedCapacity: bytes.count + 1) { buffer, count in
      copyBytes(from: bytes, to: UnsafeMutableRawBufferPointer(buffer))
      buffer[bytes.count] = 0
      count = bytes.count + 1
    }
  }

  /// - Throws: as ``init(_:)-(UnsafeRawBufferPointer)``.
  public init(_ string: String) throws(Errno) {
    self = try Array(string.utf8).withUnsafeBufferPointer { utf8 throws(Errno) in
      try GuestPath(UnsafeRawBufferPointer(utf8))
    }
  }

  /// Nearly all paths are ASCII, which one pass over the bytes detects.
  private static func check(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
    var combined: UInt8 = 0
    for byte in bytes {
      guard byte != 0 else { throw .ilseq }
      combined |= byte
    }
    guard combined >= 0x80 else { return }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .ilseq }
  }

  /// Whether the path is a single component other than `.` and `..`, without slashes: the common case.
  var isSingleName: Bool {
    for byte in terminated where byte == UInt8(ascii: "/") { return false }
    return !isDot(terminated[..<count]) && !isDotDot(terminated[..<count])
  }

  /// The directory part and the last component, if the latter is a plain name without a trailing slash, which the
  /// host's calls accept unchanged. The directory part has a terminating NUL, and is empty if there is only one
  /// component.
  func splitLast() -> (directory: [UInt8], name: FileName)? {
    let slash = terminated.lastIndex(of: UInt8(ascii: "/"))
    let start = slash.map { $0 + 1 } ?? 0
    let last = terminated[start..<count]
    guard !last.isEmpty, !isDot(last), !isDotDot(last) else { return nil }
    let directory: [UInt8] = slash.map { terminated[...$0] + [0] } ?? []
    return (directory, FileName(unchecked: last))
  }
}

/// A single component of a path: not empty, not `..`, without slashes and NUL.
public struct FileName: Hashable, Sendable {
  /// The bytes with a terminating NUL.
  let terminated: [UInt8]

  static let dot = FileName(unchecked: [UInt8(ascii: ".")])

  /// The name's bytes.
  public var bytes: ArraySlice<UInt8> { terminated.dropLast() }

  /// Whether the name is `.`, the directory itself.
  public var isDot: Bool { self == .dot }

  /// - Returns: nil if the string is not a valid file name.
  public init?(_ string: String) {
    let bytes = Array(string.utf8)
    guard !bytes.isEmpty, !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")), bytes != Array("..".utf8) else {
      return nil
    }
    self.init(unchecked: bytes[...])
  }

  init(unchecked bytes: ArraySlice<UInt8>) {
    terminated = [UInt8](unsafeUninitializedCapacity: bytes.count + 1) { buffer, count in
      _ = buffer.update(fromContentsOf: bytes)
      buffer[bytes.count] = 0
      count = bytes.count + 1
    }
  }
}

func isDot(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.count == 1 && bytes.first == UInt8(ascii: ".") }

func isDotDot(_ bytes: ArraySlice<UInt8>) -> Bool {
  bytes.count == 2 && bytes.first == UInt8(ascii: ".") && bytes.last == UInt8(ascii: ".")
}
