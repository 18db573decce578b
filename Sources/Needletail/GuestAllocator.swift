import WebAssembly

/// The functions by which a guest gives room in its memory to the host: for strings and bytes that the host passes to it.
///
/// ```swift
/// let module = try Module(
///   engine,
///   text: """
///     (module
///       (memory (export "memory") 1)
///       (func (export "malloc") (param i32) (result i32) (i32.const 64))
///       (func (export "free") (param i32))
///       (func (export "first") (param i32 i32) (result i32) (i32.load8_u (local.get 0))))
///     """)
/// let instance = try linker.instantiate(module, in: store)
/// let allocator = try GuestAllocator(instance)
/// let buffer = try allocator.write("Hi")
/// let first = try instance.function("first")!.typed(UInt32.self, UInt32.self, returning: Int32.self)
/// try first(UInt32(buffer.address), UInt32(buffer.byteCount))  // 72
/// try allocator.free(buffer)
/// ```
///
/// These conventions are known, in this order: `cabi_realloc` (components), `malloc` and `free` (C), `allocate` and `deallocate`, and
/// `__wbindgen_malloc` and `__wbindgen_free` (Rust), with 32-bit or 64-bit addresses. What the guest returns is checked: it is a stranger's
/// code.
public struct GuestAllocator {
  /// Room in a guest's memory.
  public struct Buffer: Hashable, Sendable {
    /// The address of the first byte.
    public var address: UInt64
    /// The number of bytes.
    public var byteCount: UInt64
    /// The alignment with which it was allocated.
    public var alignment: UInt64

    /// Describes room that the guest gave in another way.
    public init(address: UInt64, byteCount: UInt64, alignment: UInt64 = 1) {
      self.address = address
      self.byteCount = byteCount
      self.alignment = alignment
    }
  }

  /// The memory.
  public let memory: Memory
  private let allocateFunction: Function
  private let freeFunction: Function?
  private let convention: Convention
  private let addressType: AddressType

  /// How an allocator is called.
  private struct Convention {
    var allocate: String
    var free: String?
    /// The parameters of the functions, of the type of addresses.
    var allocateParameters: [Role]
    var freeParameters: [Role] = []

    enum Role { case zero, byteCount, alignment, address }

    static let all = [
      Convention(allocate: "cabi_realloc", free: nil, allocateParameters: [.zero, .zero, .alignment, .byteCount]),
      Convention(allocate: "malloc", free: "free", allocateParameters: [.byteCount], freeParameters: [.address]),
      Convention(
        allocate: "allocate", free: "deallocate", allocateParameters: [.byteCount],
        freeParameters: [.address, .byteCount]),
      Convention(
        allocate: "allocate", free: "deallocate", allocateParameters: [.byteCount], freeParameters: [.address]),
      Convention(
        allocate: "__wbindgen_malloc", free: "__wbindgen_free", allocateParameters: [.byteCount, .alignment],
        freeParameters: [.address, .byteCount, .alignment]),
      Convention(
        allocate: "__wbindgen_malloc", free: "__wbindgen_free", allocateParameters: [.byteCount],
        freeParameters: [.address, .byteCount]),
    ]
  }

  /// Finds the allocator that an instance exports.
  ///
  /// - Parameters:
  ///   - instance: the instance of the guest.
  ///   - memory: the name of the memory in which it allocates.
  /// - Throws: `GuestAllocatorError` if it exports no such memory, or no functions of one of the conventions.
  public init(_ instance: Instance, memory: String = "memory") throws(GuestAllocatorError) {
    guard let memory = instance.memory(memory) else { throw .noMemory(name: memory) }
    addressType = memory.type.addressType
    self.memory = memory
    let address: ValueType = addressType == .i64 ? .i64 : .i32
    for convention in Convention.all {
      let allocateType = FunctionType(
        parameters: convention.allocateParameters.map { _ in address }, results: [address])
      guard let allocate = instance.function(convention.allocate), allocate.type == allocateType else { continue }
      let free = convention.free.flatMap { instance.function($0) }
      if let free, free.type != FunctionType(parameters: convention.freeParameters.map { _ in address }) { continue }
      self.convention = convention
      allocateFunction = allocate
      freeFunction = free
      return
    }
    throw .noAllocator
  }

  /// Asks the guest for room.
  ///
  /// - Parameters:
  ///   - byteCount: the number of bytes.
  ///   - alignment: a power of two. `malloc` and `allocate` do not know it; they align for every type of C.
  /// - Throws: `GuestAllocatorError` if the guest has no room, or what it returns is not in its memory; the errors of ``Function/call(_:)``.
  public func allocate(_ byteCount: UInt64, alignment: UInt64 = 1) throws -> Buffer {
    let buffer = Buffer(address: 0, byteCount: byteCount, alignment: alignment)
    let results = try allocateFunction.call(try arguments(convention.allocateParameters, buffer))
    let address: UInt64
    switch results[0] {
    case .i32(let value): address = UInt64(UInt32(bitPattern: value))
    case .i64(let value): address = UInt64(bitPattern: value)
    default: throw GuestAllocatorError.noAllocator
    }
    guard address != 0 || byteCount == 0 else { throw GuestAllocatorError.outOfMemory(byteCount: byteCount) }
    let size = UInt64(memory.byteCount)
    guard address <= size, byteCount <= size - address, alignment <= 1 || address % alignment == 0 else {
      throw GuestAllocatorError.invalidAddress(address, byteCount: byteCount, alignment: alignment)
    }
    return Buffer(address: address, byteCount: byteCount, alignment: alignment)
  }

  /// Allocates room and copies bytes there.
  ///
  /// - Throws: as ``allocate(_:alignment:)``.
  public func write(_ bytes: [UInt8]) throws -> Buffer {
    let buffer = try allocate(UInt64(bytes.count))
    try memory.write(bytes, at: buffer.address)
    return buffer
  }

  /// Allocates room and copies a string there, in UTF-8, without a zero at the end.
  ///
  /// - Throws: as ``allocate(_:alignment:)``.
  public func write(_ string: String) throws -> Buffer { try write(Array(string.utf8)) }

  /// Allocates room and copies a string there, in UTF-8, with a zero at the end, as in C.
  ///
  /// - Returns: the room, the zero included.
  /// - Throws: as ``allocate(_:alignment:)``.
  public func write(cString string: String) throws -> Buffer { try write(Array(string.utf8) + [0]) }

  /// Gives room back. Does nothing if the guest has no function for this, as with `cabi_realloc`.
  ///
  /// - Throws: the errors of ``Function/call(_:)``.
  public func free(_ buffer: Buffer) throws {
    _ = try freeFunction?.call(try arguments(convention.freeParameters, buffer))
  }

  private func arguments(_ roles: [Convention.Role], _ buffer: Buffer) throws -> [Value] {
    try roles.map { role in
      let number =
        switch role {
        case .zero: UInt64(0)
        case .byteCount: buffer.byteCount
        case .alignment: buffer.alignment
        case .address: buffer.address
        }
      if addressType == .i64 { return .i64(Int64(bitPattern: number)) }
      guard let number = UInt32(exactly: number) else {
        throw GuestAllocatorError.outOfMemory(byteCount: buffer.byteCount)
      }
      return .i32(Int32(bitPattern: number))
    }
  }
}

/// A guest has no allocator, or it has no room, or it is wrong.
public enum GuestAllocatorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The instance exports no memory of the name.
  case noMemory(name: String)
  /// The instance exports no functions of a known convention.
  case noAllocator
  /// The guest has no room for so many bytes.
  case outOfMemory(byteCount: UInt64)
  /// The guest returned an address that is outside its memory, or is not aligned.
  case invalidAddress(UInt64, byteCount: UInt64, alignment: UInt64)

  /// The error as a sentence.
  public var description: String {
    switch self {
    case .noMemory(let name): "the instance exports no memory \"\(name.printable)\""
    case .noAllocator:
      "the instance exports no allocator: expected cabi_realloc, malloc and free, allocate and deallocate, or __wbindgen_malloc"
    case .outOfMemory(let byteCount): "the guest has no room for \(ByteCount.format(byteCount))"
    case .invalidAddress(let address, let byteCount, let alignment):
      "the guest's allocator returned address \(address) for \(ByteCount.format(byteCount)) aligned to \(alignment), which is outside its memory or not aligned"
    }
  }
}
