import Needletail

// Reading, writing and positions.
extension WASI {
  func defineFiles(in linker: Linker, _ snapshot: Snapshot) throws {
    try defineReadingAndWriting(in: linker, snapshot.rawValue)
    try definePositions(in: linker, snapshot)
    try defineStorage(in: linker, snapshot.rawValue)
  }

  private func defineReadingAndWriting(in linker: Linker, _ module: String) throws {
    try linker.define(module, "fd_read") {
      [self] (caller: Caller, number: UInt32, vectors: UInt32, count: UInt32, result: UInt32) -> Int32 in
      call(caller) { memory throws(Errno) in
        let file = try file(number, .fdRead)
        let read = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
          try file.read(into: buffers)
        }
        try memory.store(UInt32(truncatingIfNeeded: read), at: result)
      }
    }
    try linker.define(module, "fd_write") {
      [self] (caller: Caller, number: UInt32, vectors: UInt32, count: UInt32, result: UInt32) -> Int32 in
      call(caller) { memory throws(Errno) in
        let file = try file(number, .fdWrite)
        let written = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
          try file.write(from: buffers)
        }
        try memory.store(UInt32(truncatingIfNeeded: written), at: result)
      }
    }
    try linker.define(module, "fd_pread") {
      [self]
      (
        caller: Caller, number: UInt32, vectors: UInt32, count: UInt32, offset: UInt64, result: UInt32
      ) -> Int32 in
      call(caller) { memory throws(Errno) in
        let file = try file(number, [.fdRead, .fdSeek])
        let read = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
          try file.read(into: buffers, at: offset)
        }
        try memory.store(UInt32(truncatingIfNeeded: read), at: result)
      }
    }
    try linker.define(module, "fd_pwrite") {
      [self]
      (
        caller: Caller, number: UInt32, vectors: UInt32, count: UInt32, offset: UInt64, result: UInt32
      ) -> Int32 in
      call(caller) { memory throws(Errno) in
        let file = try file(number, [.fdWrite, .fdSeek])
        let written = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
          try file.write(from: buffers, at: offset)
        }
        try memory.store(UInt32(truncatingIfNeeded: written), at: result)
      }
    }
  }

  private func definePositions(in linker: Linker, _ snapshot: Snapshot) throws {
    let whences: [Whence] = snapshot == .preview1 ? [.set, .current, .end] : [.current, .end, .set]
    let module = snapshot.rawValue
    try linker.define(module, "fd_seek") {
      [self] (caller: Caller, number: UInt32, offset: Int64, whence: UInt32, result: UInt32) -> Int32 in
      call(caller) { memory throws(Errno) in
        guard whence < 3 else { throw .inval }
        let whence = whences[Int(whence)]
        // Not moving is telling.
        let rights: Rights = offset == 0 && whence == .current ? .fdTell : .fdSeek
        let position = try file(number, rights).seek(by: offset, from: whence)
        try memory.store(position, at: result)
      }
    }
    try linker.define(module, "fd_tell") { [self] (caller: Caller, number: UInt32, result: UInt32) -> Int32 in
      call(caller) { memory throws(Errno) in
        try memory.store(file(number, .fdTell).seek(by: 0, from: .current), at: result)
      }
    }
  }

  private func defineStorage(in linker: Linker, _ module: String) throws {
    try linker.define(module, "fd_sync") { [self] (caller: Caller, number: UInt32) -> Int32 in
      call { () throws(Errno) in try object(number, .fdSync).synchronize(dataOnly: false) }
    }
    try linker.define(module, "fd_datasync") { [self] (caller: Caller, number: UInt32) -> Int32 in
      call { () throws(Errno) in try object(number, .fdDatasync).synchronize(dataOnly: true) }
    }
    try linker.define(module, "fd_advise") {
      [self] (caller: Caller, number: UInt32, offset: UInt64, count: UInt64, advice: UInt32) -> Int32 in
      call { () throws(Errno) in
        let file = try file(number, .fdAdvise)
        guard let advice = UInt8(exactly: advice).flatMap(Advice.init) else { throw .inval }
        try file.advise(at: offset, count: count, advice)
      }
    }
    try linker.define(module, "fd_allocate") {
      [self] (caller: Caller, number: UInt32, offset: UInt64, count: UInt64) -> Int32 in
      call { () throws(Errno) in try changeableFile(number, .fdAllocate).allocate(at: offset, count: count) }
    }
  }
}
