import Foundation
import TestSupport

/// What tests do to the computer around a program.
enum HostProcess {
  /// Runs a script of the shell to its end; `NEEDLETAIL` and `MODULE` are variables in it.
  static func shell(_ script: String, module: String) throws -> Executable.Result {
    let scratch = try Scratch()
    let path = try scratch.write("m.wat", module)
    return try Executable.run(
      ["-c", script],
      environment: ["NEEDLETAIL": Executable.url.path, "MODULE": path, "PATH": "/usr/bin:/bin:/usr/sbin"],
      folder: scratch.folder, executable: URL(filePath: "/bin/sh"))
  }

  /// All that comes from a port of this computer until it hangs up.
  static func receive(fromPort port: UInt16) throws -> String {
    let descriptor = connect(toPort: port)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
  }
}
