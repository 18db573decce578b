import Testing
import TestSupport

@testable import NeedletailWASI

/// The kinds of file systems, which must behave the same.
enum HostSide: String, CaseIterable, CustomTestStringConvertible {
  /// The host's files, resolved by the kernel.
  case kernel
  /// The host's files, resolved one component at a time.
  case walk
  case inMemory

  static let onHost: [HostSide] = [.kernel, .walk]

  var resolution: PathResolution { self == .walk ? .walk : .kernel }

  var testDescription: String { rawValue }
}

/// The functions below the guest ABI, with a directory as descriptor 3, without a guest's code.
struct Sandbox {
  let wasi: WASI
  let directory: TemporaryDirectory?
  let root: UInt32 = 3

  init(_ side: HostSide, access: Access = .readWrite, log: ((String) -> Void)? = nil) throws {
    var configuration = WASI.Configuration()
    configuration.log = log
    if side == .inMemory {
      directory = nil
      configuration.preopens = [.init(InMemoryFileSystem().root, guestPath: "/", access: access)]
    } else {
      let directory = TemporaryDirectory()
      configuration.preopens = [
        .init(hostPath: directory.path, guestPath: "/", access: access, resolution: side.resolution)
      ]
      self.directory = directory
    }
    wasi = try WASI(configuration)
  }

  init(_ wasi: WASI) {
    self.wasi = wasi
    directory = nil
  }

  func open(
    _ path: String, _ flags: OpenFlags = [], following: Bool = true, rights: Rights = [.fdRead, .fdSeek, .fdTell],
    inheriting: Rights = .all, descriptorFlags: DescriptorFlags = []
  ) throws(Errno) -> UInt32 {
    let opening = try PathOpening(
      following: following, openFlags: UInt32(flags.rawValue), rights: rights, inheritingRights: inheriting,
      descriptorFlags: descriptorFlags)
    return try wasi.open(GuestPath(path), at: root, opening)
  }

  func close(_ number: UInt32) throws(Errno) { try wasi.descriptors.remove(number).object.object.close() }

  func write(_ text: String, to path: String) throws(Errno) {
    let number = try open(path, [.create, .truncate], rights: [.fdWrite])
    _ = try wasi.file(number, .fdWrite).write(bytes: Array(text.utf8))
    try close(number)
  }

  func read(_ path: String, following: Bool = true) throws(Errno) -> String {
    let number = try open(path, following: following)
    let bytes = try wasi.file(number, .fdRead).read(count: 4096)
    try close(number)
    return String(decoding: bytes, as: UTF8.self)
  }

  func makeDirectory(_ path: String) throws(Errno) { try wasi.createDirectory(GuestPath(path), at: root) }

  func makeLink(_ path: String, to target: String) throws(Errno) {
    try wasi.createSymbolicLink(GuestPath(path), at: root, to: GuestPath(target))
  }

  /// Creates a link as the host does, which may lead anywhere.
  func makeHostLink(_ name: String, to target: String) throws(Errno) {
    guard let name = FileName(name) else { throw .inval }
    try wasi.directory(root, []).directory.createSymbolicLink(name, to: GuestPath(target))
  }

  /// The names in a directory, in the host's order.
  func list(_ path: String) throws(Errno) -> [String] {
    let number = try open(path, .directory, rights: .fdReaddir)
    var names: [String] = []
    try wasi.directory(number, .fdReaddir).directory.readEntries(from: 0) {
      names.append(String(decoding: $0.name, as: UTF8.self))
      return true
    }
    try close(number)
    return names
  }
}

extension File {
  func read(count: Int) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try bytes.withUnsafeMutableBufferPointer { bytes throws(Errno) in
      var buffer = IOBuffer(base: UnsafeMutableRawPointer(bytes.baseAddress!), count: bytes.count)
      return try withUnsafePointer(to: &buffer) { buffer throws(Errno) in
        try self.read(into: IOBuffers(UnsafeBufferPointer(start: buffer, count: 1)))
      }
    }
    return Array(bytes[..<read])
  }

  func write(bytes: [UInt8]) throws(Errno) -> Int {
    var bytes = bytes
    return try bytes.withUnsafeMutableBufferPointer { bytes throws(Errno) in
      var buffer = IOBuffer(base: UnsafeMutableRawPointer(bytes.baseAddress!), count: bytes.count)
      return try withUnsafePointer(to: &buffer) { buffer throws(Errno) in
        try self.write(from: IOBuffers(UnsafeBufferPointer(start: buffer, count: 1)))
      }
    }
  }
}

/// The error that `body` throws, or success.
func errno<T>(_ body: () throws(Errno) -> T) -> Errno {
  do throws(Errno) {
    _ = try body()
    return .success
  } catch {
    return error
  }
}
