/// A path as a guest gave it: not empty, no longer than ``maximumCount``, UTF-8, without NUL.
///
/// Held with a NUL behind it, so that it is a C string wherever it lies.
public struct GuestPath: Hashable, Sendable {
  /// The longest path, in bytes (`PATH_MAX` less the NUL).
  public static let maximumCount = 4095

  /// The bytes, and a NUL.
  let terminated: [UInt8]

  var count: Int { terminated.count - 1 }

  /// - Throws: `ENOENT` for an empty path, `ENAMETOOLONG`, `EILSEQ` for what is not UTF-8 or holds a NUL.
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

  public init(_ string: String) throws(Errno) {
    self = try Array(string.utf8).withUnsafeBufferPointer { utf8 throws(Errno) in
      try GuestPath(UnsafeRawBufferPointer(utf8))
    }
  }

  /// Nearly all names are ASCII, which one pass over the bytes tells.
  private static func check(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
    var combined: UInt8 = 0
    for byte in bytes {
      guard byte != 0 else { throw .ilseq }
      combined |= byte
    }
    guard combined >= 0x80 else { return }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .ilseq }
  }

  /// Whether there is but one component, which is neither `.` nor `..`, and no slash: the usual case.
  var isSingleName: Bool {
    for byte in terminated where byte == UInt8(ascii: "/") { return false }
    return !isDot(terminated[..<count]) && !isDotDot(terminated[..<count])
  }

  /// The path's directory part and its last component, if that is a plain name with no slash behind it: what the
  /// host's own calls take as it stands. The directory part is empty for a single name.
  func splitLast() -> (directory: [UInt8], name: FileName)? {
    let slash = terminated.lastIndex(of: UInt8(ascii: "/"))
    let start = slash.map { $0 + 1 } ?? 0
    let last = terminated[start..<count]
    guard !last.isEmpty, !isDot(last), !isDotDot(last) else { return nil }
    let directory: [UInt8] = slash.map { terminated[...$0] + [0] } ?? []
    return (directory, FileName(unchecked: last))
  }
}

/// A single component of a path: not empty, no slash, no NUL, not `..`.
public struct FileName: Hashable, Sendable {
  /// The bytes, and a NUL.
  let terminated: [UInt8]

  static let dot = FileName(unchecked: [UInt8(ascii: ".")])

  /// The name's bytes.
  public var bytes: ArraySlice<UInt8> { terminated.dropLast() }

  public var isDot: Bool { self == .dot }

  /// - Returns: nil if the string cannot be the name of a file.
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
