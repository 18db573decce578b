import NeedletailWASI

/// A call of a WASI function that takes a path or a descriptor.
struct PathCall: CustomStringConvertible {
  private enum Kind: Int, CaseIterable {
    case open, close, read, write, list, status, ownStatus, createDirectory, removeDirectory, unlink, rename, link
    case symlink, readLink, setTimes, setSize, seek, renumber
  }

  private let kind: Kind
  private let path: [UInt8]
  private let other: [UInt8]
  private let descriptor: UInt64
  private let otherDescriptor: UInt64
  private let follows: UInt64
  private let flags: UInt8

  /// Addresses in the guest's memory.
  private enum Address {
    static let result: UInt64 = 0
    static let vector: UInt64 = 256
    static let path: UInt64 = 1024
    static let other: UInt64 = 16_384
    static let buffer: UInt64 = 32_768
  }
  private static let bufferByteCount = 512

  /// Sets of rights, as in `wasi_snapshot_preview1.witx`.
  private enum Rights {
    static let all: UInt64 = 0x1FFF_FFFF
    /// `fd_read`, `fd_seek`, `fd_tell`, `fd_readdir` and `fd_filestat_get`.
    static let reading: UInt64 = 1 << 1 | 1 << 2 | 1 << 5 | 1 << 14 | 1 << 21
  }

  private static let components: [[UInt8]] =
    [
      "a", "b", "d", "e", "d", "..", "..", ".", "", "out", "secret", "abs", "up", "loop", "l", "back", "chain",
      "dangling", "new", "outside", "kernel", "walk", "\u{0}", "ö",
    ].map { Array($0.utf8) } + [[0xFF], [UInt8](repeating: 0x6E, count: 300)]

  /// - Returns: nil if the host acts instead.
  init?(_ input: inout InputReader) {
    let number = input.below(Kind.allCases.count + 2)
    guard let kind = Kind(rawValue: number) else { return nil }
    self.kind = kind
    path = Self.path(&input)
    other = kind == .rename || kind == .link || kind == .symlink ? Self.path(&input) : []
    let descriptors = input.byte()
    // Mostly the sandbox itself.
    descriptor = descriptors & 1 == 0 ? 3 : 3 + UInt64(descriptors >> 1 & 7)
    otherDescriptor = descriptors & 16 == 0 ? 3 : 3 + UInt64(descriptors >> 5)
    flags = input.byte()
    follows = UInt64(flags >> 7)
  }

  private static func path(_ input: inout InputReader) -> [UInt8] {
    let form = input.byte()
    let names = (0..<Int(form & 7)).map { _ in components[input.below(components.count)] }
    let slash = UInt8(ascii: "/")
    return (form & 0x40 != 0 ? [slash] : []) + names.joined(separator: [slash]) + (form & 0x80 != 0 ? [slash] : [])
  }

  var description: String {
    func text(_ path: [UInt8]) -> String { "\"\(String(decoding: path, as: UTF8.self))\"" }
    return "\(kind) \(text(path)) \(text(other)) at \(descriptor), \(otherDescriptor), flags \(flags)"
  }

  /// - Returns: the outcome as visible to the guest, which must not depend on the kind of file system.
  /// - Throws: ``Finding`` if something outside of the sandbox is visible.
  func perform(in world: PathWorld, _ place: SandboxPlace) throws -> String {
    let guest = world.guest
    guest.store(path, at: Address.path)
    guest.store(other, at: Address.other)
    guest.store(UInt32(Address.buffer), at: Address.vector)
    guest.store(UInt32(flags & 63), at: Address.vector + 4)
    guest.store([UInt8](repeating: 0, count: Self.bufferByteCount), at: Address.buffer)
    guest.store([UInt8](repeating: 0, count: 64), at: Address.result)
    let (name, arguments) = call
    guard let error = try guest.call(name, arguments) else { throw Finding("\(name) ends the guest") }
    guard error == .success else { return "\(error)" }
    let buffer = guest.bytes(Address.buffer, Self.bufferByteCount)
    if buffer.contains(subsequence: SandboxPlace.secret) { throw Finding("\(self) reads the secret in \(world.name)") }
    switch kind {
    case .open, .seek: return "\(guest.load(UInt64.self, Address.result))"
    case .read: return "\(guest.load(UInt32.self, Address.result)) \(buffer.prefix(64))"
    case .write: return "\(guest.load(UInt32.self, Address.result))"
    case .readLink:
      return String(decoding: buffer.prefix(Int(guest.load(UInt32.self, Address.result))), as: UTF8.self)
    case .status, .ownStatus:
      // Device, inode, type, links, size.
      guard world.name == "memory" || !place.isOutside(node: guest.load(UInt64.self, Address.result + 8)) else {
        throw Finding("\(self) shows something outside in \(world.name)")
      }
      let type = guest.load(UInt8.self, Address.result + 16)
      return "type \(type)" + (type == Self.regularFile ? " size \(guest.load(UInt64.self, Address.result + 32))" : "")
    default: return "success"
    }
  }

  private static let regularFile: UInt8 = 4

  private var call: (name: String, arguments: [UInt64]) {
    let (path, count) = (Address.path, UInt64(path.count))
    let (other, otherCount) = (Address.other, UInt64(other.count))
    let buffer = (Address.buffer, UInt64(Self.bufferByteCount))
    switch kind {
    case .open:
      let rights = flags & 16 != 0 ? Rights.all : Rights.reading
      return (
        "path_open",
        [
          descriptor, follows, path, count, UInt64(flags & 15), rights, Rights.all, UInt64(flags >> 5 & 1),
          Address.result,
        ]
      )
    case .close: return ("fd_close", [max(descriptor, 4)])
    case .read: return ("fd_read", [descriptor, Address.vector, 1, Address.result])
    case .write: return ("fd_write", [descriptor, Address.vector, 1, Address.result])
    case .list: return ("fd_readdir", [descriptor, buffer.0, buffer.1, 0, Address.result])
    case .status: return ("path_filestat_get", [descriptor, follows, path, count, Address.result])
    case .ownStatus: return ("fd_filestat_get", [descriptor, Address.result])
    case .createDirectory: return ("path_create_directory", [descriptor, path, count])
    case .removeDirectory: return ("path_remove_directory", [descriptor, path, count])
    case .unlink: return ("path_unlink_file", [descriptor, path, count])
    case .rename: return ("path_rename", [descriptor, path, count, otherDescriptor, other, otherCount])
    case .link: return ("path_link", [descriptor, follows, path, count, otherDescriptor, other, otherCount])
    case .symlink: return ("path_symlink", [other, otherCount, descriptor, path, count])
    case .readLink: return ("path_readlink", [descriptor, path, count, buffer.0, buffer.1, Address.result])
    case .setTimes:
      return ("path_filestat_set_times", [descriptor, follows, path, count, 1_000_000_000, 2_000_000_000, 5])
    case .setSize: return ("fd_filestat_set_size", [descriptor, UInt64(flags)])
    case .seek: return ("fd_seek", [descriptor, UInt64(flags) &- 64, UInt64(flags % 4), Address.result])
    case .renumber: return ("fd_renumber", [max(descriptor, 4), max(otherDescriptor, 4)])
    }
  }
}

extension [UInt8] {
  fileprivate func contains(subsequence wanted: [UInt8]) -> Bool {
    indices.contains { self[$0...].starts(with: wanted) }
  }
}
