import Needletail

// Reading, writing, file positions and storage.
extension WASI {
  func defineFiles(_ functions: HostFunctions) throws {
    try defineReadingAndWriting(functions)
    try definePositions(functions)
    try defineStorage(functions)
  }

  private func defineReadingAndWriting(_ functions: HostFunctions) throws {
    try functions.define("fd_read") {
      [self] (memory: GuestMemory, number: UInt32, vectors: UInt32, count: UInt32, result: UInt32) throws(Errno) in
      let file = try file(number, .fdRead)
      let read = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
        try reading(file, count: buffers.totalCount) { () throws(Errno) in try file.read(into: buffers) }
      }
      try memory.store(UInt32(truncatingIfNeeded: read), at: result)
    }
    try functions.define("fd_write") {
      [self] (memory: GuestMemory, number: UInt32, vectors: UInt32, count: UInt32, result: UInt32) throws(Errno) in
      let file = try file(number, .fdWrite)
      let written = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
        try writing(file, from: buffers) { buffers throws(Errno) in try file.write(from: buffers) }
      }
      try memory.store(UInt32(truncatingIfNeeded: written), at: result)
    }
    try functions.define("fd_pread") {
      [self]
      (
        memory: GuestMemory, number: UInt32, vectors: UInt32, count: UInt32, offset: UInt64, result: UInt32
      ) throws(Errno) in
      let file = try file(number, [.fdRead, .fdSeek])
      let read = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
        try unlocked(file) { () throws(Errno) in try file.read(into: buffers, at: offset) }
      }
      try memory.store(UInt32(truncatingIfNeeded: read), at: result)
    }
    try functions.define("fd_pwrite") {
      [self]
      (
        memory: GuestMemory, number: UInt32, vectors: UInt32, count: UInt32, offset: UInt64, result: UInt32
      ) throws(Errno) in
      let file = try file(number, [.fdWrite, .fdSeek])
      let written = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
        do throws(Errno) {
          return try unlocked(file) { () throws(Errno) in try file.write(from: buffers, at: offset) }
        } catch {
          noteLoss(error, of: file)
          throw error
        }
      }
      try memory.store(UInt32(truncatingIfNeeded: written), at: result)
    }
  }

  private func definePositions(_ functions: HostFunctions) throws {
    let whences: [Whence] = functions.snapshot == .preview1 ? [.set, .current, .end] : [.current, .end, .set]
    try functions.define("fd_seek") {
      [self] (memory: GuestMemory, number: UInt32, offset: Int64, whence: UInt32, result: UInt32) throws(Errno) in
      guard whence < 3 else { throw .inval }
      let whence = whences[Int(whence)]
      // A seek that does not move the position is a tell.
      let rights: Rights = offset == 0 && whence == .current ? .fdTell : .fdSeek
      let position = try file(number, rights).seek(by: offset, from: whence)
      try memory.store(position, at: result)
    }
    try functions.define("fd_tell") { [self] (memory: GuestMemory, number: UInt32, result: UInt32) throws(Errno) in
      try memory.store(file(number, .fdTell).seek(by: 0, from: .current), at: result)
    }
  }

  private func defineStorage(_ functions: HostFunctions) throws {
    try functions.define("fd_sync") { [self] (memory: GuestMemory, number: UInt32) throws(Errno) in
      let object = try object(number, .fdSync)
      try unlocked(object) { () throws(Errno) in try object.synchronize(dataOnly: false) }
    }
    try functions.define("fd_datasync") { [self] (memory: GuestMemory, number: UInt32) throws(Errno) in
      let object = try object(number, .fdDatasync)
      try unlocked(object) { () throws(Errno) in try object.synchronize(dataOnly: true) }
    }
    try functions.define("fd_advise") {
      [self] (memory: GuestMemory, number: UInt32, offset: UInt64, count: UInt64, advice: UInt32) throws(Errno) in
      let file = try file(number, .fdAdvise)
      guard let advice = UInt8(exactly: advice).flatMap(Advice.init) else { throw .inval }
      try file.advise(at: offset, count: count, advice)
    }
    try functions.define("fd_allocate") {
      [self] (memory: GuestMemory, number: UInt32, offset: UInt64, count: UInt64) throws(Errno) in
      let file = try changeableFile(number, .fdAllocate)
      try unlocked(file) { () throws(Errno) in try file.allocate(at: offset, count: count) }
    }
  }
}
