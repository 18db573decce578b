import Foundation
import TestSupport

/// Actions on the host around a program.
enum HostProcess {
  /// Runs a shell script until it ends. It can use the variables `NEEDLETAIL` and `MODULE`.
  static func shell(_ script: String, module: String) throws -> Executable.Result {
    let scratch = try Scratch()
    let path = try scratch.write("m.wat", module)
    return try Executable.run(
      ["-c", script],
      environment: ["NEEDLETAIL": Executable.url.path, "MODULE": path, "PATH": "/usr/bin:/bin:/usr/sbin"],
      folder: scratch.folder, executable: URL(filePath: "/bin/sh"))
  }

  /// Receives everything from a local port until the connection is closed.
  static func receive(fromPort port: UInt16) throws -> String {
    let descriptor = connect(toPort: port)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
  }
}
