import NeedletailSystem
import WasmCompiler
import WasmNative
import WebAssembly

/// A folder that only this user can write to, and its files. All access uses its descriptor, so that it remains the folder that was
/// checked.
final class CacheFolder: Sendable {
  private let descriptor: FileDescriptor

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
    do throws(SystemError) {
      descriptor = try .open(String(name), [.readOnly, .directory, .noFollow, .closeOnExecution])
    } catch {
      if Self.isLink(String(name)) { throw Refusal(description: "'\(path.printable)' is a symbolic link") }
      throw Refusal(description: "cannot open '\(path.printable)': \(error)", isMissing: error == .noent)
    }
    guard let metadata = try? descriptor.metadata(), Self.isOwn(metadata) else {
      descriptor.closeIgnoringErrors()
      throw Refusal(description: "'\(path.printable)' belongs to others, or others can write to it")
    }
    guard Self.isProtected(descriptor) else {
      descriptor.closeIgnoringErrors()
      throw Refusal(description: "'\(path.printable)' is below a directory that others can write to")
    }
  }

  private static func isLink(_ path: String) -> Bool {
    (try? FileDescriptor.currentDirectory.metadata(of: path, following: false))?.kind == .symbolicLink
  }

  /// Whether only this user and the administrator can replace a folder or one of its parents: the parents belong to them and others
  /// cannot write there, or have the sticky bit as `/tmp` does, so that only owners can rename and remove.
  private static func isProtected(_ descriptor: FileDescriptor) -> Bool {
    var path = ".."
    guard var inner = try? descriptor.metadata() else { return false }
    while true {
      guard let outer = try? descriptor.metadata(of: path) else { return false }
      // The root is its own parent.
      if outer.isSameFile(as: inner) { return true }
      guard outer.owner == CurrentProcess.effectiveUser || outer.owner == 0 else { return false }
      guard !outer.isWritableByOthers || outer.isSticky else { return false }
      inner = outer
      path += "/.."
    }
  }

  deinit { descriptor.closeIgnoringErrors() }

  /// Whether a file belongs to this user, and others cannot write to it.
  private static func isOwn(_ metadata: FileMetadata) -> Bool {
    metadata.owner == CurrentProcess.effectiveUser && !metadata.isWritableByOthers
  }

  /// Creates a folder and its parents, accessible to this user only.
  private static func make(_ path: String) throws(Refusal) {
    let current = FileDescriptor.currentDirectory
    guard !current.exists(path) else { return }
    var end = path.startIndex
    while let slash = path[end...].dropFirst().firstIndex(of: "/") {
      // An error shows below, when the folder itself is created.
      do throws(SystemError) { try current.makeDirectory(String(path[..<slash]), permissions: 0o700) } catch {}
      end = slash
    }
    do throws(SystemError) {
      try current.makeDirectory(path, permissions: 0o700)
    } catch {
      // A dangling link is reported later, when it is opened.
      guard error != .exist else { return }
      throw Refusal(description: "cannot make '\(path.printable)': \(error)")
    }
  }

  /// The reason why a missing folder cannot be created; nil if it can. Creates the first missing folder on the path, and removes it.
  static func obstacle(to path: String) -> String? {
    let current = FileDescriptor.currentDirectory
    var missing = path[...]
    while missing.count > 1, missing.last == "/" { missing.removeLast() }
    while let slash = missing.lastIndex(of: "/"), slash != missing.startIndex {
      let parent = missing[..<slash]
      guard !current.exists(String(parent)) else { break }
      missing = parent
    }
    do throws(SystemError) {
      // Some file systems, such as `/proc`, permit it and then fail.
      try current.makeDirectory(String(missing), permissions: 0o700)
      try current.removeDirectory(String(missing))
      return nil
    } catch {
      return "cannot make '\(path.printable)': \(error)"
    }
  }

  /// The reason why no file can be created in the folder; nil if one can.
  var obstacle: String? {
    do throws(SystemError) {
      _ = try FileReplacement(of: "probe", in: descriptor, permissions: 0o600)
      return nil
    } catch {
      return "cannot write a file in it: \(error)"
    }
  }

  // MARK: Files

  /// A file of this user that others cannot have written; nil if there is none of this name.
  func file(_ name: String) -> ArtifactFile? {
    // Opening a named pipe, for example, must not block.
    let flags: FileDescriptor.OpenFlags = [.readOnly, .noFollow, .nonblocking, .closeOnExecution]
    guard let file = try? FileDescriptor.open(name, flags, in: descriptor) else { return nil }
    guard let metadata = try? file.metadata(), metadata.kind == .regular, Self.isOwn(metadata) else {
      file.closeIgnoringErrors()
      return nil
    }
    return ArtifactFile(file, metadata)
  }

  /// Sets a file's time of last use to now.
  func touch(_ name: String) {
    do throws(SystemError) { try descriptor.setTimes(of: name, access: .now, modification: .now) } catch {}
  }

  func remove(_ name: String) {
    do throws(SystemError) { try descriptor.unlink(name) } catch {}
  }

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
    guard let stream = try? DirectoryStream(".", in: descriptor) else { return [] }
    var entries: [Entry] = []
    while let entry = try? stream.next() {
      let name = String(decoding: entry.name, as: UTF8.self)
      guard let metadata = try? descriptor.metadata(of: name, following: false), metadata.kind == .regular else {
        continue
      }
      let time = metadata.modificationTime
      entries.append(
        Entry(
          name: name, byteCount: Int(metadata.byteCount), time: time.seconds, nanoseconds: time.nanoseconds))
    }
    return entries
  }

  /// The current time, in the units of entries.
  static var now: Int { Int(((try? SystemClock.realtime.time()) ?? 0) / 1_000_000_000) }
}

/// The parts of the process's environment that the cache uses.
enum CacheEnvironment {
  /// The value of an environment variable; nil if it is unset or empty.
  static func variable(_ name: String) -> String? {
    guard let value = EnvironmentVariable.bytes(name), value.pointee != 0 else { return nil }
    return String(validatingCString: value)
  }

  /// Numbers that differ between builds of the program: a compiler of the same version may have a fix.
  static let build: [UInt64] = {
    guard let metadata = FileMetadata.executable else { return [] }
    let time = metadata.modificationTime
    return [metadata.byteCount, Int64(time.seconds), Int64(time.nanoseconds)].map { UInt64(bitPattern: $0) } + [
      metadata.inode, metadata.device,
    ]
  }()
}
