import Needletail

/// Strings in the layout of `args_get` and `environ_get`: one after the other, each with a terminating NUL.
struct StringTable {
  private var bytes: [UInt8] = []
  /// The offset of each string in `bytes`.
  private var offsets: [UInt32] = []

  init(_ strings: [[UInt8]]) {
    for string in strings {
      offsets.append(UInt32(truncatingIfNeeded: bytes.count))
      bytes.append(contentsOf: string)
      bytes.append(0)
    }
  }

  func storeSizes(count: GuestPointer, size: GuestPointer, in memory: GuestMemory) throws(Errno) {
    guard let byteCount = UInt32(exactly: bytes.count) else { throw .overflow }
    try memory.store(UInt32(offsets.count), at: count)
    try memory.store(byteCount, at: size)
  }

  /// Writes the strings to `buffer` and their addresses to `pointers`.
  func store(pointers: GuestPointer, buffer: GuestPointer, in memory: GuestMemory) throws(Errno) {
    for (index, offset) in offsets.enumerated() {
      let element = try memory.element(UInt32(index), of: pointers, stride: 4)
      element.store(buffer &+ offset, offset: 0)
    }
    try bytes.withUnsafeBufferPointer { bytes throws(Errno) in
      try memory.copy(UnsafeRawBufferPointer(bytes), to: buffer)
    }
  }
}

extension WASI {
  func defineArguments(_ functions: HostFunctions) throws {
    try functions.define("args_sizes_get") { [self] (memory: GuestMemory, count: UInt32, size: UInt32) throws(Errno) in
      try arguments.storeSizes(count: count, size: size, in: memory)
    }
    try functions.define("args_get") { [self] (memory: GuestMemory, pointers: UInt32, buffer: UInt32) throws(Errno) in
      try arguments.store(pointers: pointers, buffer: buffer, in: memory)
    }
    try functions.define("environ_sizes_get") {
      [self] (memory: GuestMemory, count: UInt32, size: UInt32) throws(Errno) in
      try environment.storeSizes(count: count, size: size, in: memory)
    }
    try functions.define("environ_get") {
      [self] (memory: GuestMemory, pointers: UInt32, buffer: UInt32) throws(Errno) in
      try environment.store(pointers: pointers, buffer: buffer, in: memory)
    }
  }
}
