import Needletail
import NeedletailSystem
import WasmBinary
import WebAssembly

/// Files and folders, without Foundation.
enum Files {
  /// The standard streams in messages.
  static let standardInputName = "standard input"
  static let standardOutputName = "standard output"

  /// The largest file that is read: as large as a module may be.
  private static let maximumByteCount = ModuleLimits().moduleSize

  /// The contents of a file; of standard input for `-`.
  ///
  /// - Throws: `FileError`, also if there are more than 1 GiB, or more than the system has memory for.
  static func read(_ path: String) throws(FileError) -> [UInt8] {
    if path == "-" { return try readAll(.standardInput, sizeHint: 0, path: standardInputName) }
    let (descriptor, metadata) = try openToRead(path)
    defer { descriptor.closeIgnoringErrors() }
    return try readAll(descriptor, sizeHint: Int(metadata.byteCount), path: path)
  }

  /// A module to run; of standard input for `-`. Custom sections at its end are read when they are needed.
  ///
  /// - Throws: as ``read(_:)``.
  static func readModule(_ path: String) throws(FileError) -> ModuleContents {
    if path == "-" { return .complete(try read(path)) }
    let (descriptor, metadata) = try openToRead(path)
    let byteCount = Int(metadata.byteCount)
    if metadata.kind == .regular, byteCount >= partialByteCount,
      let sections = TrailingSections(ofModuleOf: byteCount, read: { read($0, of: descriptor) }),
      byteCount - sections.start >= partialByteCount
    {
      do throws(FileError) { try checkMemory(for: byteCount, path) } catch {
        descriptor.closeIgnoringErrors()
        throw error
      }
      if let file = PartialModuleFile(descriptor, path: path, byteCount: byteCount, sections) {
        return .partial(file.bytes)
      }
    }
    defer { descriptor.closeIgnoringErrors() }
    return .complete(try readAll(descriptor, sizeHint: byteCount, path: path))
  }

  /// The contents of a file that may be a module.
  enum ModuleContents {
    case complete([UInt8])
    /// A binary whose custom sections at the end are read when they are needed.
    case partial(ModuleBytes)
  }

  /// The smallest size of custom sections for which this pays.
  private static let partialByteCount = 64 << 10

  private static func openToRead(_ path: String) throws(FileError) -> (FileDescriptor, FileMetadata) {
    let descriptor = try open(path, [.readOnly, .closeOnExecution], verb: "read")
    do throws(SystemError) { return (descriptor, try descriptor.metadata()) } catch {
      descriptor.closeIgnoringErrors()
      throw FileError(path: path, verb: "read", error: error)
    }
  }

  /// Opens a file that the program reads, until the process ends.
  ///
  /// - Throws: `FileError`, also for a folder.
  static func openInput(_ path: String) throws(FileError) -> FileDescriptor {
    let descriptor = try open(path, [.readOnly, .closeOnExecution, .noTerminal], verb: "read")
    guard (try? descriptor.metadata())?.kind == .directory else { return descriptor }
    descriptor.closeIgnoringErrors()
    throw FileError(path: path, verb: "read", error: .isdir)
  }

  /// - Throws: `FileError` if there is no folder with this path.
  static func checkIsDirectory(_ path: String) throws(FileError) {
    do throws(SystemError) {
      guard try FileDescriptor.currentDirectory.metadata(of: path).kind != .directory else { return }
    } catch {
      throw FileError(path: path, verb: "read", error: error)
    }
    throw FileError(path: path, verb: "read", error: .notdir, reason: "expected a directory, found a file")
  }

  private static func open(
    _ path: String, _ flags: FileDescriptor.OpenFlags, verb: String
  ) throws(FileError) -> FileDescriptor {
    do throws(SystemError) { return try .open(path, flags) } catch {
      throw FileError(path: path, verb: verb, error: error)
    }
  }

  private static func read(_ range: Range<Int>, of descriptor: FileDescriptor) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      count = receive(descriptor, UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
    }
  }

  /// Fills a buffer from an offset in a regular file; returns the number of bytes read.
  private static func receive(
    _ descriptor: FileDescriptor, _ buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) -> Int {
    var count = 0
    while count < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
      guard let received = try? descriptor.read(into: rest, at: Int64(offset + count)), received > 0 else { break }
      count += received
    }
    return count
  }

  /// The first bytes of a regular file; none if there is no such file.
  ///
  /// - Throws: `FileError` if it cannot be opened.
  static func beginning(of path: String, byteCount: Int) throws(FileError) -> [UInt8] {
    guard isOrdinary(path) else { return [] }
    let descriptor = try open(path, [.readOnly, .closeOnExecution], verb: "read")
    defer { descriptor.closeIgnoringErrors() }
    return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = (try? descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))) ?? 0
    }
  }

  private static func readAll(_ descriptor: FileDescriptor, sizeHint: Int, path: String) throws(FileError) -> [UInt8] {
    guard sizeHint <= maximumByteCount else { throw tooLarge(path, sizeHint) }
    // One byte more than the file has, to find its end without growing.
    var bytes: [UInt8] = []
    var capacity = max(sizeHint, 4095) + 1
    while true {
      try checkMemory(for: capacity, path)
      var failure: SystemError?
      let filled = bytes.count
      let grown = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
        count = filled
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        if let base = rest.baseAddress { VirtualMemory.populate(base, rest.count) }
        while count < buffer.count {
          let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
          let received: Int
          do throws(SystemError) {
            received = try descriptor.read(into: rest)
          } catch {
            failure = error
            break
          }
          if received == 0 { break }
          count += received
        }
      }
      if let failure { throw FileError(path: path, verb: "read", error: failure) }
      if grown.count < capacity { return grown }
      guard capacity <= maximumByteCount else { throw tooLarge(path) }
      bytes = grown
      capacity = min(2 * capacity, maximumByteCount + 1)
    }
  }

  private static func tooLarge(_ path: String, _ byteCount: Int? = nil) -> FileError {
    let limit = ByteCount.format(UInt64(maximumByteCount))
    let found = byteCount.map { ByteCount.format(UInt64($0)) } ?? "more"
    return FileError(path: path, verb: "read", error: .fbig, reason: "expected at most \(limit), found \(found)")
  }

  /// An allocation that fails would end the process.
  private static func checkMemory(for byteCount: Int, _ path: String) throws(FileError) {
    guard !SystemMemory.has(byteCount) else { return }
    throw FileError(
      path: path, verb: "read", error: .nomem,
      reason: "the system has no memory for \(ByteCount.format(UInt64(byteCount)))")
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
      if path == "-" { return try body { try FileDescriptor.standardOutput.writeAll(UnsafeRawBufferPointer($0)) } }
      if let place = try replaceablePlace(path) { return try replace(place, body) }
      let descriptor = try FileDescriptor.open(path, [.writeOnly, .create, .truncate, .closeOnExecution])
      let result = Result { try body { try descriptor.writeAll(UnsafeRawBufferPointer($0)) } }
      try descriptor.close()
      try result.get()
    } catch let error as SystemError {
      throw FileError(path: path == "-" ? standardOutputName : path, verb: "write", error: error)
    }
  }

  /// A file to replace or create.
  private struct Place {
    var path: String
    /// The permissions of the existing file.
    var permissions: UInt16?
  }

  /// The place of a regular file; nil for a file that must be written in place, such as a device or a pipe.
  ///
  /// - Throws: if the existing file is not writable.
  private static func replaceablePlace(_ path: String) throws(SystemError) -> Place? {
    let current = FileDescriptor.currentDirectory
    var metadata: FileMetadata
    do throws(SystemError) {
      metadata = try current.metadata(of: path, following: false)
    } catch {
      return error == .noent ? Place(path: path) : nil
    }
    var place = path
    if metadata.kind == .symbolicLink {
      // `/dev/stdout` and the like can lead to regular files, which must be written in place.
      let isOfSystem = ["/dev/", "/proc/"].contains { path.hasPrefix($0) }
      guard !isOfSystem, let target = FilePath.resolved(path), let found = try? current.metadata(of: target) else {
        return nil
      }
      place = target
      metadata = found
    }
    guard metadata.kind == .regular else { return nil }
    try current.checkAccess(.write, to: place)
    return Place(path: place, permissions: metadata.permissions)
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
  static func writeMessage(_ text: String, to descriptor: FileDescriptor) {
    do throws(SystemError) { try write(text, to: descriptor) } catch {}
  }

  /// Writes a text to a descriptor.
  static func write(_ text: String, to descriptor: FileDescriptor) throws(SystemError) {
    var text = text
    let result = text.withUTF8 { bytes in
      Result { () throws(SystemError) in try descriptor.writeAll(UnsafeRawBufferPointer(bytes)) }
    }
    try result.get()
  }

  private static func metadata(_ path: String) -> FileMetadata? {
    try? FileDescriptor.currentDirectory.metadata(of: path)
  }

  static func isFolder(_ path: String) -> Bool { metadata(path)?.kind == .directory }

  /// Whether a regular file has this path.
  static func isOrdinary(_ path: String) -> Bool { metadata(path)?.kind == .regular }

  /// Whether two paths lead to the same regular file.
  static func isSame(_ path: String, _ other: String) -> Bool {
    guard let a = metadata(path), let b = metadata(other) else { return false }
    return a.kind == .regular && a.isSameFile(as: b)
  }

  static func exists(_ path: String) -> Bool { FileDescriptor.currentDirectory.exists(path) }

  /// The names in a folder, sorted, without hidden ones.
  static func list(_ folder: String) throws(FileError) -> [String] {
    do throws(SystemError) {
      let stream = try DirectoryStream(folder)
      var names: [String] = []
      while let entry = try stream.next() {
        let name = String(decoding: entry.name, as: UTF8.self)
        if !name.hasPrefix(".") { names.append(name) }
      }
      return names.sorted()
    } catch {
      throw FileError(path: folder, verb: "read", error: error)
    }
  }

  /// The absolute path without symbolic links; the path itself if nothing is there.
  static func absolutePath(_ path: String) -> String {
    FilePath.resolved(path) ?? path
  }

  /// The path of something in a folder.
  static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }
}
