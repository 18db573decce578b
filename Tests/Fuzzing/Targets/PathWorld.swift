import NeedletailWASI

/// A sandbox and a guest in it.
struct PathWorld {
  let name: String
  let guest: FuzzGuest

  /// Host directories with each way of resolving paths, and an in-memory file system.
  static func all(in place: SandboxPlace) throws -> [PathWorld] {
    let files = InMemoryFileSystem()
    for (name, text) in SandboxPlace.files { try files.write(text, to: name) }
    for (name, target) in SandboxPlace.links {
      try files.createSymbolicLink(name, to: target == "OUTSIDE" ? place.path("outside") : target)
    }
    return [
      try PathWorld("kernel", .init(hostPath: place.path("kernel"), guestPath: "/", resolution: .kernel)),
      try PathWorld("walk", .init(hostPath: place.path("walk"), guestPath: "/", resolution: .walk)),
      try PathWorld("memory", .init(files.root, guestPath: "/")),
    ]
  }

  private init(_ name: String, _ preopen: WASI.Preopen) throws {
    self.name = name
    var configuration = WASI.Configuration()
    configuration.preopens = [preopen]
    configuration.limits.descriptors = 12
    guest = try FuzzGuest(configuration)
  }
}
