import WebAssembly

/// A Swift type for parameters of host functions. A guest passes it as one or several Wasm parameters.
///
/// `String` and `[UInt8]` are two `i32`, the address and the number of bytes; ``CString`` is one, the address; `Int` is an `i64`. Every
/// ``WasmValue`` conforms. Own types are made of others:
///
/// ```swift
/// struct Point: HostParameter {
///   var x: Int32
///   var y: Int32
///   static var parameterTypes: [ValueType] { [.i32, .i32] }
///   static func read(from arguments: inout HostArguments) throws -> Point {
///     try Point(x: arguments.next(), y: arguments.next())
///   }
/// }
/// try linker.define("env", "plot") { (_: Caller, name: String, point: Point) in print(name, point.x, point.y) }
/// ```
public protocol HostParameter {
  /// The types of the Wasm parameters.
  static var parameterTypes: [ValueType] { get }
  /// Reads a value. It must take as many arguments as ``parameterTypes`` has.
  ///
  /// - Throws: whatever is wrong with what the guest passed. The guest's call ends with the error.
  static func read(from arguments: inout HostArguments) throws -> Self
}

/// A Swift type for results of host functions. A guest receives it as one or several Wasm results.
///
/// `String` and `[UInt8]` are one `i64`: the address in the high 32 bits and the number of bytes in the low ones, of room that the guest's
/// allocator gave (``GuestAllocator``); the guest frees it. ``CString`` is an `i32`, the address of a string that ends with a zero.
public protocol HostResult {
  /// The types of the Wasm results.
  static var resultTypes: [ValueType] { get }
  /// Writes the value. It must put as many results as ``resultTypes`` has.
  ///
  /// - Throws: whatever prevents it, such as a guest without room. The guest's call ends with the error.
  func write(to results: inout HostResults) throws
}

/// The arguments of a call of a host function, taken one after the other. Only this library can create it, and it
/// cannot be copied, since its place is reused after the call.
public struct HostArguments: ~Copyable {
  /// The caller of the function.
  public let caller: Caller
  private let store: Store
  private var slot: UnsafeMutablePointer<UInt64>
  private let types: [ValueType]
  private var index = 0

  init(_ caller: Caller, _ slots: UnsafeMutablePointer<UInt64>, _ types: [ValueType], _ store: Store) {
    self.caller = caller
    self.store = store
    self.types = types
    slot = slots
  }

  /// Takes the next argument.
  ///
  /// - Parameter type: the type of the argument.
  /// - Throws: `ArgumentError` if the next parameter has another Wasm type, or there is none.
  public mutating func next<Value: WasmValue>(_ type: Value.Type = Value.self) throws(ArgumentError) -> Value {
    // Checked, since a type of a program could otherwise take a number for a reference.
    let type = Value._type
    guard index < types.count, types[index] == type else {
      throw ArgumentError("expected a parameter of type \(type), found \(types.description(at: index))")
    }
    index += 1
    return Value._take(&slot, store)
  }

  /// The bytes at an address and of a number that are the next arguments, checked to be in the memory that the caller exports.
  ///
  /// - Throws: `ArgumentError`; `MissingExport` if it exports no memory.
  mutating func nextRange() throws -> (memory: Memory, address: UInt64, count: UInt64) {
    let address = UInt64(try next(UInt32.self))
    let count = UInt64(try next(UInt32.self))
    return (try caller.memory(), address, count)
  }

  /// - Throws: `ArgumentError` if arguments are left.
  func checkEnd() throws(ArgumentError) {
    guard index == types.count else {
      throw ArgumentError("expected \(types.count) arguments to be read, found \(index)")
    }
  }
}

/// The results of a call of a host function, put one after the other. Only this library can create it, and it cannot
/// be copied, since its place is reused after the call.
public struct HostResults: ~Copyable {
  /// The caller of the function.
  public let caller: Caller
  private let store: Store
  private var slot: UnsafeMutablePointer<UInt64>
  private let types: [ValueType]
  private var index = 0

  init(_ caller: Caller, _ slots: UnsafeMutablePointer<UInt64>, _ types: [ValueType], _ store: Store) {
    self.caller = caller
    self.store = store
    self.types = types
    slot = slots
  }

  /// Puts the next result.
  ///
  /// - Throws: `ArgumentError` if the next result has another Wasm type, there is none, or the value belongs to another store; `Trap` if
  ///   the heap has no room for it.
  public mutating func put<Value: WasmValue>(_ value: Value) throws {
    let type = Value._type
    guard index < types.count, types[index] == type else {
      throw ArgumentError(
        "expected a result of type \(index < types.count ? "\(types[index])" : "none"), found \(type)")
    }
    try value._check(store)
    try value._write(WasmSlots(slot), store)
    slot += type.slotCount
    index += 1
  }

  /// - Throws: `ArgumentError` if results are missing: the guest would get what its arguments left there.
  func checkEnd() throws(ArgumentError) {
    guard index == types.count else { throw ArgumentError("expected \(types.count) results, found \(index)") }
  }

  /// The allocator of the calling instance.
  ///
  /// - Throws: `GuestAllocatorError` if it has none; `MissingExport` if the host called the function.
  public func allocator() throws -> GuestAllocator {
    guard let instance = caller.instance else { throw MissingExport(name: "memory", kind: .memory) }
    return try GuestAllocator(instance)
  }
}

extension [ValueType] {
  /// The type at an index, for messages.
  fileprivate func description(at index: Int) -> String { index < count ? "\(self[index])" : "none" }
}

// MARK: Conforming types

extension WasmValue {
  /// The Wasm type.
  public static var parameterTypes: [ValueType] { [_type] }
  /// The Wasm type.
  public static var resultTypes: [ValueType] { [_type] }
  /// Takes one argument.
  public static func read(from arguments: inout HostArguments) throws -> Self { try arguments.next() }
  /// Puts one result.
  public func write(to results: inout HostResults) throws { try results.put(self) }
}

extension Optional: HostParameter, HostResult where Wrapped: WasmReference {}
extension SIMD16: HostParameter, HostResult where Scalar == UInt8 {}

extension Int: HostParameter, HostResult {
  /// `i64`.
  public static var parameterTypes: [ValueType] { [.i64] }
  /// `i64`.
  public static var resultTypes: [ValueType] { [.i64] }
  /// Takes one argument.
  ///
  /// - Throws: `ArgumentError` if it does not fit, on machines with smaller integers.
  public static func read(from arguments: inout HostArguments) throws -> Int {
    let value = try arguments.next(Int64.self)
    guard let result = Int(exactly: value) else {
      throw ArgumentError("expected an integer of \(bitWidth) bits, found \(value)")
    }
    return result
  }
  /// Puts one result.
  public func write(to results: inout HostResults) throws { try results.put(Int64(self)) }
}

extension String: HostParameter, HostResult {
  /// Two `i32`: the address and the number of bytes.
  public static var parameterTypes: [ValueType] { [.i32, .i32] }
  /// `i64`: address and number of bytes.
  public static var resultTypes: [ValueType] { [.i64] }
  /// Reads a string in UTF-8.
  ///
  /// - Throws: `MissingExport` if the caller exports no memory; `Trap` if the string is not within it; `StringError` if it is not UTF-8.
  public static func read(from arguments: inout HostArguments) throws -> String {
    let (memory, address, count) = try arguments.nextRange()
    return try memory.readString(at: address, count: count)
  }
  /// Copies the string into room of the guest, in UTF-8.
  ///
  /// - Throws: as ``GuestAllocator/write(_:)-(String)``.
  public func write(to results: inout HostResults) throws { try Array(utf8).write(to: &results) }
}

extension [UInt8]: HostParameter, HostResult {
  /// Two `i32`: the address and the number of bytes.
  public static var parameterTypes: [ValueType] { [.i32, .i32] }
  /// `i64`: address and number of bytes.
  public static var resultTypes: [ValueType] { [.i64] }
  /// Copies bytes out of the guest's memory.
  ///
  /// - Throws: `MissingExport` if the caller exports no memory; `Trap` if the bytes are not within it.
  public static func read(from arguments: inout HostArguments) throws -> [UInt8] {
    let (memory, address, count) = try arguments.nextRange()
    return try memory.readBytes(at: address, count: count)
  }
  /// Copies the bytes into room of the guest.
  ///
  /// - Throws: `GuestAllocatorError`; the errors of the guest's allocator.
  public func write(to results: inout HostResults) throws {
    let buffer = try results.allocator().write(self)
    guard let address = UInt32(exactly: buffer.address), let count = UInt32(exactly: buffer.byteCount) else {
      throw GuestAllocatorError.invalidAddress(
        buffer.address, byteCount: buffer.byteCount, alignment: buffer.alignment)
    }
    try results.put(UInt64(address) << 32 | UInt64(count))
  }
}

/// A string that ends with a zero byte in the guest's memory, as in C: an `i32`, its address.
///
/// ```swift
/// try linker.define("env", "concat") { (_: Caller, a: CString, b: CString) -> CString in
///   CString(a.string + b.string)
/// }
/// ```
public struct CString: HostParameter, HostResult, Hashable, Sendable {
  /// The string without the zero.
  public var string: String

  /// Wraps a string. For the guest, it ends at its first U+0000.
  public init(_ string: String) { self.string = string }

  /// `i32`, the address.
  public static var parameterTypes: [ValueType] { [.i32] }
  /// `i32`, the address.
  public static var resultTypes: [ValueType] { [.i32] }
  /// Reads a string in UTF-8.
  ///
  /// - Throws: `MissingExport` if the caller exports no memory; `Trap` if there is no zero up to its end; `StringError` if it is not UTF-8.
  /// - Complexity: O(length).
  public static func read(from arguments: inout HostArguments) throws -> CString {
    let address = try arguments.next(UInt32.self)
    return CString(try arguments.caller.memory().readCString(at: UInt64(address)))
  }
  /// Copies the string and a zero into room of the guest.
  ///
  /// - Throws: `GuestAllocatorError`; the errors of the guest's allocator.
  public func write(to results: inout HostResults) throws {
    let buffer = try results.allocator().write(cString: string)
    guard let address = UInt32(exactly: buffer.address) else {
      throw GuestAllocatorError.invalidAddress(
        buffer.address, byteCount: buffer.byteCount, alignment: buffer.alignment)
    }
    try results.put(address)
  }
}
