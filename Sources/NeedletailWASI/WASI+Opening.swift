import NeedletailSystem
import WebAssembly

extension WASI {
  /// Opens descriptors 0, 1 and 2.
  func openStandardStreams() throws {
    let output = try configuration.standardOutput.open(.standardOutput)
    standardOutput = output
    let streams: [(any File, Rights)] = [
      (try configuration.standardInput.open(), .fdWrite),
      (output, .fdRead),
      (try configuration.standardError.open(.standardError), .fdRead),
    ]
    for (stream, denied) in streams {
      let rights = Rights.regularFile.union(.connection).subtracting(denied)
      var descriptor = Descriptor(
        object: .file(stream), rights: rights, inheritingRights: [], access: .readWrite)
      descriptor.rightsAreProvisional = true
      try insertFirst(descriptor)
    }
  }

  /// Adds a descriptor that the embedder opened.
  ///
  /// - Throws: `LimitExceeded` if the process may not have another.
  func insertFirst(_ descriptor: Descriptor) throws {
    if let refusal = descriptors.refusal { throw refusal }
    _ = try descriptors.insert(descriptor)
  }
}

extension WASI.Input {
  fileprivate func open() throws -> any File {
    switch self {
    case .inherit: POSIXFile(borrowing: FileDescriptor.standardInput)
    case .null: NullStream()
    case .bytes(let bytes): ByteStream(bytes)
    case .file(let path): try opening(path) { () throws(Errno) in try POSIXFile.open(path: path, writing: false) }
    case .descriptor(let descriptor): POSIXFile(borrowing: FileDescriptor(descriptor))
    case .closure(let body): ClosureInput(body)
    case .custom(let file): file
    }
  }
}

extension WASI.Output {
  fileprivate func open(_ inherited: FileDescriptor) throws -> any File {
    switch self {
    case .inherit: POSIXFile(borrowing: inherited)
    case .null: NullStream()
    case .buffer(let buffer): buffer
    case .file(let path): try opening(path) { () throws(Errno) in try POSIXFile.open(path: path, writing: true) }
    case .descriptor(let descriptor): POSIXFile(borrowing: FileDescriptor(descriptor))
    case .closure(let body): ClosureOutput(body)
    case .custom(let file): file
    }
  }
}

extension WASI.Preopen {
  func open() throws -> Descriptor {
    switch source {
    case .hostDirectory(let path, let resolution):
      let directory = try opening(path) { () throws(Errno) in
        try POSIXDirectory(path: path, resolution: resolution)
      }
      return descriptor(directory)
    case .directory(let directory): return descriptor(directory)
    case .file(let file): return descriptor(file)
    case .hostDescriptor(let number):
      let file = POSIXFile(borrowing: FileDescriptor(number))
      // All listeners are non-blocking for the guest, including those passed by a supervisor.
      if file.meaningfulRights.contains(.sockAccept) { try file.setFlags(file.flags().union(.nonblock)) }
      return descriptor(file)
    case .listener(let address):
      return descriptor(try opening(address, "listen at") { () throws(Errno) in try POSIXSocket.listen(at: address) })
    }
  }

  private func descriptor(_ directory: any Directory) -> Descriptor {
    Descriptor(
      object: .directory(directory), rights: .directory, inheritingRights: .all, access: access, root: directory,
      preopenedName: Array(guestPath.utf8))
  }

  private func descriptor(_ file: any File) -> Descriptor {
    let rights = file.meaningfulRights
    return Descriptor(
      object: .file(file), rights: access == .readOnly ? rights.subtracting(.fdWrite) : rights,
      inheritingRights: rights.contains(.sockAccept) ? .connection : [], access: access)
  }
}

/// Opens something that the embedder named.
///
/// - Throws: a ``WASI/ConfigurationError`` with the name and the reason.
private func opening<T>(_ name: String, _ verb: String = "open", _ body: () throws(Errno) -> T) throws -> T {
  do throws(Errno) {
    return try body()
  } catch {
    throw WASI.ConfigurationError(message: "cannot \(verb) '\(name.printable)': \(error.explanation)")
  }
}
