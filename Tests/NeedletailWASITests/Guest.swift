import Needletail
import Testing
import TestSupport

@testable import NeedletailWASI

/// A guest controlled by a test: a module that imports every function of preview 1 and exports functions that forward
/// their arguments, with a page of memory.
final class Guest {
  static let byteCount: UInt32 = 1 << 16

  let wasi: WASI
  private let instance: Instance
  private let memory: Memory
  private var nextAddress: UInt32 = 1024

  init(_ configuration: WASI.Configuration = .init(), _ snapshot: Snapshot = .preview1) throws {
    wasi = try WASI(configuration)
    let engine = Engine()
    let linker = Linker(engine)
    try wasi.link(into: linker)
    instance = try linker.instantiate(
      Module(engine, text: WASISignatures.passThroughModule(importing: snapshot.rawValue)), in: Store(engine))
    memory = try #require(instance.memory("memory"))
  }

  /// Calls a function by name. Arguments are truncated to the parameter types.
  func callThrowing(_ name: String, _ arguments: [UInt64]) throws -> Errno {
    let function = try #require(instance.function(name))
    let values = zip(function.type.parameters, arguments).map { type, argument in
      type == .i64 ? Value.i64(Int64(bitPattern: argument)) : .i32(Int32(truncatingIfNeeded: argument))
    }
    guard case .i32(let code)? = try function.call(values).first else { return .success }
    return try #require(UInt16(exactly: code).flatMap(Errno.init))
  }

  func call(_ name: String, _ arguments: UInt64...) throws -> Errno { try callThrowing(name, arguments) }

  /// An unused area of memory, without alignment.
  func allocate(_ count: Int) -> UInt64 {
    let address = nextAddress
    nextAddress += UInt32(count) + 1
    precondition(nextAddress < Self.byteCount)
    return UInt64(address)
  }

  /// Frees all allocated memory.
  func reset() { nextAddress = 1024 }

  func bytes(_ address: UInt64, _ count: Int) -> [UInt8] {
    memory.withUnsafeMutableBytes { Array($0[Int(address)..<Int(address) + count]) }
  }

  func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ address: UInt64) -> T {
    memory.withUnsafeMutableBytes { $0.loadUnaligned(fromByteOffset: Int(address), as: T.self) }
  }

  func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, _ address: UInt64) {
    memory.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: Int(address), as: T.self) }
  }

  /// Stores a text in memory; returns its address and length.
  func text(_ text: String) -> (UInt64, UInt64) {
    let bytes = Array(text.utf8)
    let address = allocate(bytes.count)
    for (index, byte) in bytes.enumerated() { store(byte, address + UInt64(index)) }
    return (address, UInt64(bytes.count))
  }

  /// Stores a table of buffers; returns its address and count.
  func vectors(_ buffers: [(UInt64, UInt64)]) -> (UInt64, UInt64) {
    let address = allocate(8 * buffers.count)
    for (index, (base, count)) in buffers.enumerated() {
      store(UInt32(base), address + UInt64(8 * index))
      store(UInt32(count), address + UInt64(8 * index + 4))
    }
    return (address, UInt64(buffers.count))
  }

  // MARK: Calls with results

  func open(
    _ path: String, at directory: UInt64 = 3, _ flags: OpenFlags = [], rights: Rights = [.fdRead, .fdSeek, .fdTell],
    inheriting: Rights = [], descriptorFlags: DescriptorFlags = []
  ) throws -> (error: Errno, number: UInt64) {
    let (name, count) = text(path)
    let result = allocate(4)
    let error = try call(
      "path_open", directory, 1, name, count, UInt64(flags.rawValue), rights.rawValue, inheriting.rawValue,
      UInt64(descriptorFlags.rawValue), result)
    return (error, error == .success ? UInt64(load(UInt32.self, result)) : 0)
  }

  /// Opens a path; expects success.
  func mustOpen(_ path: String, _ flags: OpenFlags = [], rights: Rights = .regularFile) throws -> UInt64 {
    let (error, number) = try open(path, flags, rights: rights)
    #expect(error == .success, "opening \(path)")
    return number
  }

  func write(_ number: UInt64, _ string: String) throws -> (error: Errno, count: UInt32) {
    let (table, count) = vectors([text(string)])
    let result = allocate(4)
    let error = try call("fd_write", number, table, count, result)
    return (error, error == .success ? load(UInt32.self, result) : 0)
  }

  func read(_ number: UInt64, _ count: Int) throws -> (error: Errno, text: String) {
    let buffer = allocate(count)
    let (table, tableCount) = vectors([(buffer, UInt64(count))])
    let result = allocate(4)
    let error = try call("fd_read", number, table, tableCount, result)
    let read = error == .success ? Int(load(UInt32.self, result)) : 0
    return (error, String(decoding: bytes(buffer, read), as: UTF8.self))
  }

  func seek(_ number: UInt64, _ offset: Int64, _ whence: UInt64) throws -> (error: Errno, position: UInt64) {
    let result = allocate(8)
    let error = try call("fd_seek", number, UInt64(bitPattern: offset), whence, result)
    return (error, error == .success ? load(UInt64.self, result) : 0)
  }
}
