/// The bytes of a module, at an address that never changes. Copies share them.
///
/// They may be in a file of which parts are loaded when they are needed: function bodies and the contents of custom sections. Readers of
/// these call ``load(_:)`` first.
public struct ModuleBytes: RandomAccessCollection, Sendable {
  /// Memory with a module's bytes.
  package protocol Storage: AnyObject, Sendable {
    /// Makes the bytes of a range available.
    ///
    /// - Throws: if they cannot be read, or are not those that were written.
    func load(_ range: Range<Int>) throws
  }

  /// Keeps the bytes alive.
  private let storage: any AnyObject & Sendable
  private let loader: (any Storage)?
  private nonisolated(unsafe) let base: UnsafePointer<UInt8>
  public let count: Int

  /// An array as storage. (Nothing else holds the array to write to it, so its address is fixed.)
  private final class ArrayStorage: Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }
  }

  public init(_ bytes: [UInt8]) {
    let storage = ArrayStorage(bytes)
    self.storage = storage
    loader = nil
    base = storage.bytes.withUnsafeBufferPointer { $0.baseAddress } ?? UnsafePointer(bitPattern: 1)!
    count = bytes.count
  }

  /// - Parameter base: the address of the first byte, valid as long as `storage` exists.
  package init(_ base: UnsafePointer<UInt8>, count: Int, in storage: any Storage) {
    self.storage = storage
    loader = storage
    self.base = base
    self.count = count
  }

  /// The bytes of a range, which are not copied.
  private final class Part: Storage {
    let whole: ModuleBytes
    let start: Int

    init(_ whole: ModuleBytes, _ start: Int) {
      self.whole = whole
      self.start = start
    }

    func load(_ range: Range<Int>) throws {
      try whole.load(start + range.lowerBound..<start + range.upperBound)
    }
  }

  /// The bytes of a range, which share the memory of the whole.
  package func part(_ range: Range<Int>) -> ModuleBytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a part is inside the whole")
    return ModuleBytes(base + range.lowerBound, count: range.count, in: Part(self, range.lowerBound))
  }

  /// Makes the bytes of a range available; they stay so.
  ///
  /// - Throws: if they cannot be read, or are not those that were written.
  package func load(_ range: Range<Int>) throws {
    guard let loader else { return }
    try loader.load(range)
  }

  /// The address of the first byte, valid as long as a copy of this value exists.
  package var start: UnsafePointer<UInt8> { base }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "index out of range")
    return base[index]
  }

  public func withUnsafeBufferPointer<R, E: Error>(_ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: base, count: count))
  }

  public func withContiguousStorageIfAvailable<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: base, count: count))
  }
}
