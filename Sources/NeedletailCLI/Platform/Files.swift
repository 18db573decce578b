/// A file cannot be read or written.
struct FileError: Error {
  var path: String
  /// What was tried: "read", "write".
  var verb: String
  /// The `errno`.
  var code: Int32

  var message: String { "cannot \(verb) '\(path)': \(String(cString: strerror(code)))" }
  var isMissingFile: Bool { code == ENOENT }
}

/// Files and folders, without Foundation.
enum Files {
  /// The most bytes that are read of one file: more than any module may have.
  private static let maximumByteCount = 4 << 30

  /// The contents of a file; of standard input for `-`.
  ///
  /// - Throws: `FileError`, also if the contents are beyond all measure.
  static func read(_ path: String) throws(FileError) -> [UInt8] {
    if path == "-" { return try readAll(STDIN_FILENO, sizeHint: 0, path: "standard input") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, verb: "read", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(path: path, verb: "read", code: errno) }
    return try readAll(descriptor, sizeHint: Int(status.st_size), path: path)
  }

  /// The first bytes of an ordinary file; none if it cannot be read.
  static func beginning(of path: String, byteCount: Int) -> [UInt8] {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = max(0, receive(descriptor, UnsafeMutableRawBufferPointer(buffer)))
    }
  }

  private static func readAll(_ descriptor: Int32, sizeHint: Int, path: String) throws(FileError) -> [UInt8] {
    // One byte more than the file has, so that its end shows without growing.
    guard sizeHint < maximumByteCount else { throw FileError(path: path, verb: "read", code: EFBIG) }
    var bytes: [UInt8] = []
    var capacity = max(sizeHint, 4095) + 1
    while true {
      var failure: Int32 = 0
      let filled = bytes.count
      let grown = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
        count = filled
        populate(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]))
        while count < buffer.count {
          let received = Self.receive(
            descriptor, UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
          if received < 0 { failure = errno }
          if received <= 0 { break }
          count += received
        }
      }
      if failure != 0 { throw FileError(path: path, verb: "read", code: failure) }
      if grown.count < capacity { return grown }
      bytes = grown
      capacity *= 2
      guard capacity <= 2 * maximumByteCount else { throw FileError(path: path, verb: "read", code: EFBIG) }
    }
  }

  /// Takes the pages inside a large buffer from the system at once, which is faster than a fault for each; where the system can.
  private static func populate(_ buffer: UnsafeMutableRawBufferPointer) {
    #if os(Linux)
      let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
      let start = (Int(bitPattern: buffer.baseAddress) + pageSize - 1) & ~(pageSize - 1)
      let end = (Int(bitPattern: buffer.baseAddress) + buffer.count) & ~(pageSize - 1)
      // MADV_POPULATE_WRITE, since Linux 5.14.
      if end - start >= 1 << 20 { madvise(UnsafeMutableRawPointer(bitPattern: start), end - start, 23) }
    #endif
  }

  private static func receive(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
      let count = libcRead(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 || errno != EINTR { return count }
    }
  }

  /// Writes a file; to standard output for `-`.
  static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { write in try bytes.withUnsafeBufferPointer { try write($0) } }
  }

  /// Writes a file piece by piece; to standard output for `-`.
  ///
  /// - Parameter body: is given a function that writes a piece.
  /// - Throws: `FileError`, and what `body` throws.
  static func write(
    to path: String, _ body: ((UnsafeBufferPointer<UInt8>) throws -> Void) throws -> Void
  ) throws {
    if path == "-" { return try body { try writeAll($0, STDOUT_FILENO, path: "standard output") } }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(path: path, verb: "write", code: errno) }
    let result = Result { try body { try writeAll($0, descriptor, path: path) } }
    guard close(descriptor) == 0 else { throw FileError(path: path, verb: "write", code: errno) }
    try result.get()
  }

  /// Writes all bytes to a descriptor.
  private static func writeAll(
    _ bytes: UnsafeBufferPointer<UInt8>, _ descriptor: Int32, path: String
  ) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let count = libcWrite(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path: path, verb: "write", code: errno) }
      written += count
    }
  }

  /// Writes a text to a descriptor. Errors, such as a reader that is gone, have nobody to be told to.
  static func writeMessage(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { try? writeAll($0, descriptor, path: "") }
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in a folder, sorted, hidden ones left out.
  static func list(_ folder: String) throws(FileError) -> [String] {
    guard let stream = opendir(folder) else { throw FileError(path: folder, verb: "read", code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        // The array that holds the name may be longer than the name, or than its declared type.
        UnsafeRawPointer(pointer).withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// The path of something in a folder.
  static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }
}

// Within `Files` the names `read` and `write` mean its own functions.
private func libcRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}

private func libcWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
