import NeedletailSystem

/// The files of `--stdout` and `--stderr`. They are opened before the program is loaded, so that errors show early, and truncated when its code is
/// about to run: after an earlier failure, an existing file is unchanged and a new one is removed.
final class OutputRedirection {
  private struct Target {
    var path: String
    var option: String
    var descriptor: FileDescriptor
    var metadata: FileMetadata
    var isNew: Bool
  }

  private var targets: [Target] = []
  private var hasBegun = false

  /// Opens a file; returns its descriptor, which stays open until the process ends.
  ///
  /// - Parameter option: the option that names the file, as it was typed.
  /// - Throws: `FileError`.
  func open(_ path: String, option: String) throws(FileError) -> FileDescriptor {
    do throws(SystemError) {
      let flags: FileDescriptor.OpenFlags = [.writeOnly, .create, .closeOnExecution, .noTerminal]
      let created = try? FileDescriptor.open(path, flags.union(.exclusive))
      let descriptor = if let created { created } else { try FileDescriptor.open(path, flags) }
      let metadata = try descriptor.metadata()
      // The same file twice is one stream, like `2>&1`; two descriptors with positions of their own would overwrite each other's output.
      if let same = targets.first(where: { $0.metadata.isSameFile(as: metadata) && metadata.kind == .regular }) {
        descriptor.closeIgnoringErrors()
        return same.descriptor
      }
      targets.append(
        Target(path: path, option: option, descriptor: descriptor, metadata: metadata, isNew: created != nil))
      return descriptor
    } catch {
      throw FileError(path: path, verb: "write", option: option, error: error)
    }
  }

  /// - Throws: `CommandError` if this run reads one of the files.
  func check(against inputs: [String]) throws(CommandError) {
    var readable: [FileMetadata] = []
    if let metadata = try? FileDescriptor.standardInput.metadata() { readable.append(metadata) }
    for input in inputs where input != "-" {
      if let metadata = try? FileDescriptor.currentDirectory.metadata(of: input) { readable.append(metadata) }
    }
    for target in targets where target.metadata.kind == .regular {
      guard readable.contains(where: { $0.isSameFile(as: target.metadata) }) else { continue }
      throw CommandError(
        "\(target.option): '\(target.path)' is read by this run, and would be overwritten", hints: ["name another file"]
      )
    }
  }

  /// Truncates the files. Must be called before the program's code runs.
  func begin() {
    guard !hasBegun else { return }
    hasBegun = true
    for target in targets where target.metadata.kind == .regular {
      do throws(SystemError) { try target.descriptor.setByteCount(0) } catch {}
    }
  }

  /// Removes the files that ``open(_:)`` created, unless the program's code has run.
  func end() {
    guard !hasBegun else { return }
    for target in targets where target.isNew {
      do throws(SystemError) { try FileDescriptor.currentDirectory.unlink(target.path) } catch {}
    }
  }
}
