// The parts of the WebAssembly System Interface, preview 1, that programs need.

/// A range of memory to write from or read into: `iovec` and `ciovec`.
struct Buffer {
  var address: UInt
  var count: UInt
}

@_extern(wasm, module: "wasi_snapshot_preview1", name: "fd_read")
@_extern(c)
func fd_read(
  _ descriptor: Int32, _ buffers: UnsafeRawPointer, _ count: Int, _ read: UnsafeMutablePointer<Int>
) -> Int32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "fd_write")
@_extern(c)
func fd_write(
  _ descriptor: Int32, _ buffers: UnsafeRawPointer, _ count: Int, _ written: UnsafeMutablePointer<Int>
) -> Int32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "fd_close")
@_extern(c)
func fd_close(_ descriptor: Int32) -> Int32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "fd_prestat_get")
@_extern(c)
func fd_prestat_get(_ descriptor: Int32, _ prestat: UnsafeMutableRawPointer) -> Int32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "fd_prestat_dir_name")
@_extern(c)
func fd_prestat_dir_name(_ descriptor: Int32, _ name: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "path_open")
@_extern(c)
func path_open(
  _ directory: Int32, _ lookup: UInt32, _ path: UnsafePointer<UInt8>, _ count: Int, _ openFlags: UInt32,
  _ rights: UInt64, _ inheritedRights: UInt64, _ flags: UInt32, _ opened: UnsafeMutablePointer<Int32>
) -> Int32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "args_sizes_get")
@_extern(c)
func args_sizes_get(_ count: UnsafeMutablePointer<Int>, _ byteCount: UnsafeMutablePointer<Int>) -> Int32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "args_get")
@_extern(c)
func args_get(
  _ arguments: UnsafeMutablePointer<UnsafePointer<UInt8>?>, _ bytes: UnsafeMutablePointer<UInt8>
) -> Int32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "random_get")
@_extern(c)
func random_get(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "proc_exit")
@_extern(c)
func proc_exit(_ status: Int32)

/// An error number of WASI.
struct WASIError: Error {
  static let notFound = WASIError(number: 44)

  let number: Int32

  /// - Throws: the number that a function returned, unless it is 0.
  static func check(_ number: Int32) throws(WASIError) {
    if number != 0 { throw WASIError(number: number) }
  }
}

/// A file or stream.
struct File: ~Copyable {
  static let standardOutput: Int32 = 1
  static let standardError: Int32 = 2

  private static let rightToRead: UInt64 = 1 << 1

  private let descriptor: Int32

  /// Standard input.
  init() { descriptor = 0 }

  /// Opens a file for reading in the first granted directory that contains it.
  init(_ path: String) throws(WASIError) {
    var directory: Int32 = 3
    while let name = Self.grantedDirectory(directory) {
      // "folder/file" in "folder", "/file" in "/", and "file" in "."
      if let relative = path.below(name), let opened = Self.open(relative, in: directory) {
        descriptor = opened
        return
      }
      directory += 1
    }
    throw .notFound
  }

  deinit { _ = fd_close(descriptor) }

  private static func open(_ path: [UInt8], in directory: Int32) -> Int32? {
    var opened: Int32 = 0
    return path_open(directory, 1, path, path.count, 0, rightToRead, 0, 0, &opened) == 0 ? opened : nil
  }

  /// The name of the directory that the host granted under this number.
  private static func grantedDirectory(_ descriptor: Int32) -> [UInt8]? {
    var prestat = (kind: UInt(0), nameCount: 0)
    guard fd_prestat_get(descriptor, &prestat) == 0 else { return nil }
    var name = [UInt8](repeating: 0, count: prestat.nameCount)
    return fd_prestat_dir_name(descriptor, &name, name.count) == 0 ? name : nil
  }

  /// Returns the whole content.
  borrowing func readAll() throws(WASIError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var buffer = Buffer(address: 0, count: UInt(chunk.count))
      var count = 0
      let error = chunk.withUnsafeMutableBytes { place in
        buffer.address = UInt(bitPattern: place.baseAddress)
        return fd_read(descriptor, &buffer, 1, &count)
      }
      try WASIError.check(error)
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }
}

extension String {
  /// The path relative to `directory` if it is below it.
  fileprivate func below(_ directory: [UInt8]) -> [UInt8]? {
    let path = Array(utf8)
    if directory == [UInt8(ascii: ".")] { return path }
    guard path.starts(with: directory) else { return nil }
    let rest = path[directory.count...]
    if directory.last == UInt8(ascii: "/") { return Array(rest) }
    return rest.first == UInt8(ascii: "/") ? Array(rest.dropFirst()) : nil
  }
}

/// The program's own name and its arguments.
func commandLine() throws(WASIError) -> [String] {
  var (count, byteCount) = (0, 0)
  try WASIError.check(args_sizes_get(&count, &byteCount))
  var pointers = [UnsafePointer<UInt8>?](repeating: nil, count: count + 1)
  var bytes = [UInt8](repeating: 0, count: byteCount + 1)
  try WASIError.check(args_get(&pointers, &bytes))
  return bytes.split(separator: 0, omittingEmptySubsequences: false).prefix(count).map {
    String(decoding: $0, as: UTF8.self)
  }
}

/// Writes `text` and a line feed.
func say(_ text: String, to descriptor: Int32 = File.standardOutput) {
  let bytes = Array((text + "\n").utf8)
  bytes.withUnsafeBytes { bytes in
    var rest = bytes[...]
    while !rest.isEmpty {
      let place = UnsafeRawBufferPointer(rebasing: rest)
      var buffer = Buffer(address: UInt(bitPattern: place.baseAddress), count: UInt(place.count))
      var count = 0
      if fd_write(descriptor, &buffer, 1, &count) != 0 { return }
      rest = rest.dropFirst(count)
    }
  }
}
