#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import WasmCompiler
import WasmNative
import WebAssembly

/// A folder that only this user can write to, and its files. All access uses its descriptor, so that it remains the folder that was
/// checked.
final class CacheFolder: Sendable {
  private let descriptor: Int32

  /// The reason why a folder cannot be used.
  struct Refusal: Error, CustomStringConvertible {
    var description: String
    /// Whether the folder does not exist.
    var isMissing = false
  }

  /// - Parameter creates: whether a missing folder is created, with its parents.
  /// - Throws: if it does not exist or is a symbolic link, or if other users can write to it or replace it.
  init(path: String, creates: Bool) throws(Refusal) {
    if creates { try Self.make(path) }
    // A trailing slash would follow a link.
    var name = path[...]
    while name.count > 1, name.last == "/" { name.removeLast() }
    descriptor = open(String(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      let error = SystemError.last
      if Self.isLink(String(name)) { throw Refusal(description: "'\(path.printable)' is a symbolic link") }
      throw Refusal(description: "cannot open '\(path.printable)': \(error)", isMissing: error.code == ENOENT)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, Self.isOwn(status) else {
      close(descriptor)
      throw Refusal(description: "'\(path.printable)' belongs to others, or others can write to it")
    }
    guard Self.isProtected(descriptor) else {
      close(descriptor)
      throw Refusal(description: "'\(path.printable)' is below a folder that others can write to")
    }
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// Whether only this user and the administrator can replace a folder or one of its parents: the parents belong to them and others
  /// cannot write there, or have the sticky bit as `/tmp` does, so that only owners can rename and remove.
  private static func isProtected(_ descriptor: Int32) -> Bool {
    var path = ".."
    var inner = stat()
    guard fstat(descriptor, &inner) == 0 else { return false }
    while true {
      var outer = stat()
      guard fstatat(descriptor, path, &outer, 0) == 0 else { return false }
      // The root is its own parent.
      if outer.st_dev == inner.st_dev, outer.st_ino == inner.st_ino { return true }
      guard outer.st_uid == geteuid() || outer.st_uid == 0 else { return false }
      guard outer.st_mode & 0o022 == 0 || outer.st_mode & S_ISVTX != 0 else { return false }
      inner = outer
      path += "/.."
    }
  }

  deinit { close(descriptor) }

  /// Whether a file belongs to this user, and others cannot write to it.
  private static func isOwn(_ status: stat) -> Bool { status.st_uid == geteuid() && status.st_mode & 0o022 == 0 }

  /// Creates a folder and its parents, accessible to this user only.
  private static func make(_ path: String) throws(Refusal) {
    guard access(path, F_OK) != 0 else { return }
    var end = path.startIndex
    while let slash = path[end...].dropFirst().firstIndex(of: "/") {
      mkdir(String(path[..<slash]), 0o700)
      end = slash
    }
    guard mkdir(path, 0o700) != 0 else { return }
    let error = SystemError.last
    // A dangling link is reported later, when it is opened.
    guard error.code != EEXIST else { return }
    throw Refusal(description: "cannot make '\(path.printable)': \(error)")
  }

  /// The reason why a missing folder could not be created; nil if permissions seem to allow it.
  static func obstacle(to path: String) -> String? {
    var parent = path[...]
    repeat {
      while parent.count > 1, parent.last == "/" { parent.removeLast() }
      guard let slash = parent.lastIndex(of: "/") else { return nil }
      parent = parent[...slash]
    } while access(String(parent), F_OK) != 0 && parent.count > 1
    guard access(String(parent), W_OK | X_OK) != 0 else { return nil }
    return "cannot make '\(path.printable)': \(SystemError.last)"
  }

  // MARK: Files

  /// A file of this user that others cannot have written; nil if there is none of this name.
  func file(_ name: String) -> ArtifactFile? {
    // Opening a named pipe, for example, must not block.
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, Self.isOwn(status) else {
      close(file)
      return nil
    }
    return ArtifactFile(descriptor: file, byteCount: Int(status.st_size))
  }

  /// Sets a file's time of last use to now.
  func touch(_ name: String) { utimensat(descriptor, name, nil, AT_SYMLINK_NOFOLLOW) }

  func remove(_ name: String) { unlinkat(descriptor, name, 0) }

  /// Creates or replaces a file; other processes see all of it or none.
  ///
  /// - Throws: if it cannot be written, as on a full disk.
  func write(_ bytes: [UInt8], to name: String) throws(Refusal) {
    do throws(SystemError) {
      let file = try FileReplacement(of: name, in: descriptor, permissions: 0o600)
      try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in try file.write(UnsafeRawBufferPointer(bytes)) }
      try file.commit()
    } catch {
      throw Refusal(description: "cannot write: \(error)")
    }
  }

  struct Entry {
    var name: String
    var byteCount: Int
    /// The time of last use, in seconds.
    var time: Int
    var nanoseconds: Int
  }

  /// All regular files.
  func entries() -> [Entry] {
    // The stream takes ownership of a descriptor, and needs its own position.
    let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0 else { return [] }
    guard let stream = fdopendir(own) else {
      close(own)
      return []
    }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        // The array of the name may be longer than the name, or than its declared type.
        UnsafeRawPointer(pointer).withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      var status = stat()
      guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG else {
        continue
      }
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      entries.append(
        Entry(name: name, byteCount: Int(status.st_size), time: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec)))
    }
    return entries
  }

  /// The current time, in the units of entries.
  static var now: Int { Int(time(nil)) }
}

/// The parts of the process's environment that the cache uses.
enum CacheEnvironment {
  /// The value of an environment variable; nil if it is unset or empty.
  static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(validatingCString: value)
  }

  /// Numbers that differ between builds of the program: a compiler of the same version may have a fix.
  static let build: [UInt64] = {
    var status = stat()
    guard stat("/proc/self/exe", &status) == 0 else { return [] }
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    return [
      Int(status.st_size), Int(time.tv_sec), Int(time.tv_nsec), Int(truncatingIfNeeded: status.st_ino),
      Int(truncatingIfNeeded: status.st_dev),
    ].map { UInt64(bitPattern: Int64($0)) }
  }()
}
