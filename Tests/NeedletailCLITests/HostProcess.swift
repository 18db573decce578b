import Foundation

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
    #if canImport(Darwin)
      let type = SOCK_STREAM
    #else
      let type = Int32(SOCK_STREAM.rawValue)
    #endif
    let descriptor = socket(AF_INET, type, 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafeBytes(of: &address) {
      connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
  }
}
