import Needletail

/// The files of `--stdout` and `--stderr`. They are opened before the program is loaded, so that errors show early, and truncated when its code is
/// about to run: after an earlier failure, an existing file is unchanged and a new one is removed.
final class OutputRedirection {
  private struct Target {
    var path: String
    var descriptor: Int32
    var status: stat
    var isNew: Bool
  }

  private var targets: [Target] = []
  private var hasBegun = false

  /// Opens a file; returns its descriptor, which stays open until the process ends.
  ///
  /// - Throws: `FileError`.
  func open(_ path: String) throws(FileError) -> Int32 {
    var descriptor = libcOpen(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY)
    let isNew = descriptor >= 0
    if !isNew { descriptor = libcOpen(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY) }
    guard descriptor >= 0 else { throw FileError(path: path, verb: "write", code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(path: path, verb: "write", code: errno) }
    // The same file twice is one stream, like `2>&1`; two descriptors with positions of their own would overwrite each other's output.
    if let same = targets.first(where: { Self.isSame($0.status, status) && status.st_mode & S_IFMT == S_IFREG }) {
      close(descriptor)
      return same.descriptor
    }
    targets.append(Target(path: path, descriptor: descriptor, status: status, isNew: isNew))
    return descriptor
  }

  private static func isSame(_ a: stat, _ b: stat) -> Bool { a.st_dev == b.st_dev && a.st_ino == b.st_ino }

  /// - Throws: `CommandError` if this run reads one of the files.
  func check(against inputs: [String]) throws(CommandError) {
    var readable: [stat] = []
    var status = stat()
    if fstat(STDIN_FILENO, &status) == 0 { readable.append(status) }
    for input in inputs where input != "-" && stat(input, &status) == 0 { readable.append(status) }
    for target in targets where target.status.st_mode & S_IFMT == S_IFREG {
      guard readable.contains(where: { Self.isSame($0, target.status) }) else { continue }
      throw CommandError("'\(target.path)' is read by this run, and would be overwritten", hints: ["name another file"])
    }
  }

  /// Truncates the files. Must be called before the program's code runs.
  func begin() {
    guard !hasBegun else { return }
    hasBegun = true
    for target in targets where target.status.st_mode & S_IFMT == S_IFREG { ftruncate(target.descriptor, 0) }
  }

  /// Removes the files that ``open(_:)`` created, unless the program's code has run.
  func end() {
    guard !hasBegun else { return }
    for target in targets where target.isNew { unlink(target.path) }
  }
}

// Within the class the name `open` means its own function.
private func libcOpen(_ path: String, _ flags: Int32) -> Int32 { open(path, flags, 0o666) }
