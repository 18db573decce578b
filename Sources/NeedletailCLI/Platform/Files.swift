import Needletail
import WasmBinary
import WasmRuntime

/// A file cannot be read or written.
struct FileError: Error {
  var path: String
  /// The operation: "read", "write".
  var verb: String
  /// The `errno`.
  var code: Int32
  /// A reason to show in place of the system's text for the code.
  var reason: Message?

  var message: Message {
    let name: Message = path == Files.standardInputName || path == Files.standardOutputName ? "\(path)" : "'\(path)'"
    let reason = reason ?? (code == EISDIR ? "expected a file, found a folder" : "\(String(cString: strerror(code)))")
    return "cannot \(verb) \(name): \(reason)"
  }
  var isMissingFile: Bool { code == ENOENT }
}

/// Files and folders, without Foundation.
enum Files {
  /// The standard streams in messages.
  static let standardInputName = "standard input"
  static let standardOutputName = "standard output"

  /// The largest file that is read: as large as a module may be.
  private static let maximumByteCount = DecodingLimits().moduleSize

  /// The contents of a file; of standard input for `-`.
  ///
  /// - Throws: `FileError`, also if there are more than 1 GiB, or more than the system has memory for.
  static func read(_ path: String) throws(FileError) -> [UInt8] {
    try read(path, parts: { _, _ in nil })
  }

  /// Parts of a file, joined; the whole file if it is not a regular one.
  ///
  /// - Parameter parts: receives the file's size, and a function that reads a range, or less at the end or after an error. Returns the ranges
  ///   to read, or nil for the whole file.
  /// - Throws: `FileError`, also if there are more than 1 GiB, or more than the system has memory for.
  static func read(
    _ path: String, parts: (Int, (Range<Int>) -> [UInt8]) -> [Range<Int>]?
  ) throws(FileError) -> [UInt8] {
    if path == "-" { return try readAll(STDIN_FILENO, sizeHint: 0, path: standardInputName) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, verb: "read", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(path: path, verb: "read", code: errno) }
    let byteCount = Int(status.st_size)
    let wanted = status.st_mode & S_IFMT == S_IFREG ? parts(byteCount) { read($0, of: descriptor) } : nil
    if let wanted {
      try checkMemory(for: wanted.reduce(0) { $0 + $1.count }, path)
      if let bytes = read(wanted, of: descriptor) { return bytes }
    }
    return try readAll(descriptor, sizeHint: byteCount, path: path)
  }

  private static func read(_ range: Range<Int>, of descriptor: Int32) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      count = receive(descriptor, UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
    }
  }

  /// Ranges of a regular file, joined; nil if it is shorter.
  private static func read(_ ranges: [Range<Int>], of descriptor: Int32) -> [UInt8]? {
    let byteCount = ranges.reduce(0) { $0 + $1.count }
    let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let buffer = UnsafeMutableRawBufferPointer(buffer)
      if let base = buffer.baseAddress { VirtualMemory.populate(base, byteCount) }
      for range in ranges {
        let place = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + range.count])
        let received = receive(descriptor, place, at: range.lowerBound)
        count += received
        if received < range.count { break }
      }
    }
    return bytes.count == byteCount ? bytes : nil
  }

  /// Fills a buffer from an offset in a regular file; returns the number of bytes read.
  private static func receive(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
    var count = 0
    while count < buffer.count {
      let received = pread(descriptor, buffer.baseAddress! + count, buffer.count - count, off_t(offset + count))
      if received < 0, errno == EINTR { continue }
      if received <= 0 { break }
      count += received
    }
    return count
  }

  /// The first bytes of a regular file; none if it cannot be read.
  static func beginning(of path: String, byteCount: Int) -> [UInt8] {
    guard isOrdinary(path) else { return [] }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = max(0, receive(descriptor, UnsafeMutableRawBufferPointer(buffer)))
    }
  }

  private static func readAll(_ descriptor: Int32, sizeHint: Int, path: String) throws(FileError) -> [UInt8] {
    guard sizeHint <= maximumByteCount else { throw tooLarge(path, sizeHint) }
    // One byte more than the file has, to find its end without growing.
    var bytes: [UInt8] = []
    var capacity = max(sizeHint, 4095) + 1
    while true {
      try checkMemory(for: capacity, path)
      var failure: Int32 = 0
      let filled = bytes.count
      let grown = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
        count = filled
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        if let base = rest.baseAddress { VirtualMemory.populate(base, rest.count) }
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
      guard capacity <= maximumByteCount else { throw tooLarge(path) }
      bytes = grown
      capacity = min(2 * capacity, maximumByteCount + 1)
    }
  }

  private static func tooLarge(_ path: String, _ byteCount: Int? = nil) -> FileError {
    let limit = ByteCount.format(UInt64(maximumByteCount))
    let found = byteCount.map { ByteCount.format(UInt64($0)) } ?? "more"
    return FileError(path: path, verb: "read", code: EFBIG, reason: "expected at most \(limit), found \(found)")
  }

  /// An allocation that fails would end the process.
  private static func checkMemory(for byteCount: Int, _ path: String) throws(FileError) {
    guard !SystemMemory.has(byteCount) else { return }
    throw FileError(
      path: path, verb: "read", code: ENOMEM,
      reason: "the system has no memory for \(ByteCount.format(UInt64(byteCount)))")
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
  /// After an error, an existing file is unchanged.
  ///
  /// - Parameter body: receives a function that writes a piece.
  /// - Throws: `FileError`, and errors of `body`.
  static func write(
    to path: String, _ body: ((UnsafeBufferPointer<UInt8>) throws -> Void) throws -> Void
  ) throws {
    do {
      if path == "-" { return try body { try writeAll(UnsafeRawBufferPointer($0), to: STDOUT_FILENO) } }
      if let place = try replaceablePlace(path) { return try replace(place, body) }
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw FileError(path: path, verb: "write", code: errno) }
      let result = Result { try body { try writeAll(UnsafeRawBufferPointer($0), to: descriptor) } }
      guard close(descriptor) == 0 else { throw FileError(path: path, verb: "write", code: errno) }
      try result.get()
    } catch let error as SystemError {
      throw FileError(path: path == "-" ? standardOutputName : path, verb: "write", code: error.code)
    }
  }

  /// A file to replace or create.
  private struct Place {
    var path: String
    /// The permissions of the existing file.
    var permissions: mode_t?
  }

  /// The place of a regular file; nil for a file that must be written in place, such as a device or a pipe.
  ///
  /// - Throws: if the existing file is not writable.
  private static func replaceablePlace(_ path: String) throws(SystemError) -> Place? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return errno == ENOENT ? Place(path: path) : nil }
    var place = path
    if status.st_mode & S_IFMT == S_IFLNK {
      // `/dev/stdout` and the like can lead to regular files, which must be written in place.
      let isOfSystem = ["/dev/", "/proc/"].contains { path.hasPrefix($0) }
      guard !isOfSystem, let target = realpath(path, nil) else { return nil }
      defer { free(target) }
      place = String(cString: target)
      guard stat(place, &status) == 0 else { return nil }
    }
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    guard access(place, W_OK) == 0 else { throw SystemError(code: errno) }
    return Place(path: place, permissions: status.st_mode)
  }

  private static func replace(
    _ place: Place, _ body: ((UnsafeBufferPointer<UInt8>) throws -> Void) throws -> Void
  ) throws {
    let file = try FileReplacement(of: place.path)
    if let permissions = place.permissions { file.setPermissions(permissions) }
    try body { try file.write(UnsafeRawBufferPointer($0)) }
    try file.commit()
  }

  /// Writes a text to a descriptor, and ignores errors.
  static func writeMessage(_ text: String, to descriptor: Int32) {
    do throws(SystemError) { try write(text, to: descriptor) } catch {}
  }

  /// Writes a text to a descriptor.
  static func write(_ text: String, to descriptor: Int32) throws(SystemError) {
    var text = text
    let result = text.withUTF8 { bytes in
      Result { () throws(SystemError) in try writeAll(UnsafeRawBufferPointer(bytes), to: descriptor) }
    }
    try result.get()
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether a regular file has this path.
  static func isOrdinary(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether two paths lead to the same regular file.
  static func isSame(_ path: String, _ other: String) -> Bool {
    var (status, otherStatus) = (stat(), stat())
    return stat(path, &status) == 0 && stat(other, &otherStatus) == 0 && status.st_mode & S_IFMT == S_IFREG
      && status.st_dev == otherStatus.st_dev && status.st_ino == otherStatus.st_ino
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in a folder, sorted, without hidden ones.
  static func list(_ folder: String) throws(FileError) -> [String] {
    guard let stream = opendir(folder) else { throw FileError(path: folder, verb: "read", code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        // The name may be shorter or longer than the declared array.
        UnsafeRawPointer(pointer).withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// The absolute path without symbolic links; the path itself if nothing is there.
  static func absolutePath(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The path of something in a folder.
  static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }
}

// Within `Files` the name `read` means its own function.
private func libcRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
