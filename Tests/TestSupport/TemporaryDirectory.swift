#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A directory of the host. It is removed with its contents when the last reference is released.
public final class TemporaryDirectory {
  public let path: String

  /// - Parameter parent: the folder in which it is created.
  public init(in parent: String = "/tmp") {
    var template = Array("\(parent)/needletail-wasi-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template)!)
  }

  deinit { Self.remove(path) }

  public func subpath(_ relative: String) -> String { "\(path)/\(relative)" }

  public func makeDirectory(_ relative: String) { precondition(mkdir(subpath(relative), 0o755) == 0) }

  public func makeLink(_ relative: String, to target: String) { precondition(symlink(target, subpath(relative)) == 0) }

  public func write(_ text: String, to relative: String) {
    let descriptor = open(subpath(relative), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    precondition(descriptor >= 0)
    let bytes = Array(text.utf8)
    precondition(systemWrite(descriptor, bytes) == bytes.count)
    close(descriptor)
  }

  public func read(_ relative: String) -> String? {
    let descriptor = open(subpath(relative), O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = systemRead(descriptor, &bytes)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
  }

  public func removeTree(_ relative: String) { Self.remove(subpath(relative)) }

  /// Every name below `relative` with type, inode, size, times, links and content, to detect changes outside of a
  /// sandbox. Access times are omitted, because listing a directory changes them.
  public func snapshot(of relative: String) -> [String] {
    var lines: [String] = []
    Self.walk(subpath(relative)) { path, status in
      var line = "\(path) \(status.st_mode) \(status.st_ino) \(status.st_size) \(status.st_nlink)"
      line += " \(status.modificationTime)"
      if status.st_mode & S_IFMT == S_IFREG {
        line += " " + (read(String(path.dropFirst(self.path.count + 1))) ?? "unreadable")
      }
      lines.append(line)
    }
    return lines.sorted()
  }

  public static func walk(_ path: String, _ body: (String, stat) -> Void) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR, let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { walk("\(path)/\(name)", body) }
      }
      closedir(stream)
    }
    body(path, status)
  }

  private static func remove(_ path: String) {
    walk(path) { path, status in
      if status.st_mode & S_IFMT == S_IFDIR { rmdir(path) } else { unlink(path) }
    }
  }
}

extension stat {
  fileprivate var modificationTime: String {
    #if canImport(Darwin)
      "\(st_mtimespec.tv_sec).\(st_mtimespec.tv_nsec)"
    #else
      "\(st_mtim.tv_sec).\(st_mtim.tv_nsec)"
    #endif
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: [UInt8]) -> Int { write(descriptor, bytes, bytes.count) }
private func systemRead(_ descriptor: Int32, _ bytes: inout [UInt8]) -> Int { read(descriptor, &bytes, bytes.count) }

/// The number of this process's descriptors below `path`; nil if the system does not report it.
public func openHostDescriptorCount(below path: String) -> Int? {
  guard let stream = opendir("/proc/self/fd") else { return nil }
  defer { closedir(stream) }
  var count = 0
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    var target = [UInt8](repeating: 0, count: 4096)
    let length = target.withUnsafeMutableBytes {
      readlink("/proc/self/fd/" + name, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    if length > 0, String(decoding: target[..<length], as: UTF8.self).hasPrefix(path) { count += 1 }
  }
  return count
}
