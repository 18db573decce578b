import WebAssembly

/// An access to items that are not all there. Code that traps notes it, for the message.
package struct OutOfBounds {
  package enum Kind: UInt8 {
    /// Not noted.
    case none
    case memory, data, table, elements, array
  }

  private var kind = Kind.none
  /// The first item; 2⁶⁴ - 1 if the sum of the first item and the number of items exceeds 64 bits.
  private var start: UInt64 = 0
  /// The number of items that there are, except of a memory.
  private var count: UInt64 = 0
  /// The memory, if it is one: another thread may have grown it since.
  private var memory: UnsafeMutablePointer<MemoryCell>?

  package init() {}

  /// - Parameters:
  ///   - start: the first item.
  ///   - count: the number of items that there are.
  package init(_ kind: Kind, from start: UInt64, of count: UInt64) {
    self.kind = kind
    self.start = start
    self.count = count
  }

  /// Bytes of a memory from an address on. Called by a signal handler.
  package init(_ memory: UnsafeMutablePointer<MemoryCell>, from address: UInt64) {
    kind = .memory
    start = address
    self.memory = memory
  }

  /// Bytes of a memory from an address on, where the sum of address and size may exceed 64 bits.
  package init(_ memory: UnsafeMutablePointer<MemoryCell>, from address: UInt64, count: UInt64) {
    self.init(memory, from: address.addingReportingOverflow(count).overflow ? .max : address)
  }

  /// The message for a trap with this code; nil if the code has nothing to do with this access.
  package func message(_ code: TrapCode) -> String? {
    switch (kind, code) {
    case (.memory, .outOfBoundsMemoryAccess), (.data, .outOfBoundsMemoryAccess), (.table, .outOfBoundsTableAccess),
      (.elements, .outOfBoundsTableAccess), (.array, .outOfBoundsArrayAccess):
      // An access that begins inside ends outside.
      let count = currentCount
      return "\(code.message): no \(item) \(max(start, count)) of \(container(count))"
    case (.table, .undefinedElement), (.table, .uninitializedElement):
      return "\(code.message) \(start) of \(container(currentCount))"
    default: return nil
    }
  }

  /// The trap of an access by the host, which notes nothing.
  package func trap(_ code: TrapCode) -> Trap { Trap(code, message: message(code)) }

  private var item: String { kind == .memory ? "byte at address" : kind == .data ? "byte" : "element" }

  private func container(_ count: UInt64) -> String {
    switch kind {
    case .none: ""
    case .memory: "a memory of \(Self.bytes(count))"
    case .data: "a data segment of \(Self.bytes(count))"
    case .table: "a table of \(count)"
    case .elements: "an element segment of \(count)"
    case .array: "an array of \(count)"
    }
  }

  /// The exact number: addresses are compared with it.
  private static func bytes(_ count: UInt64) -> String { count == 1 ? "1 byte" : "\(count) bytes" }

  /// The number of items now. Of a shared memory, it may be another one each time.
  private var currentCount: UInt64 {
    guard let owner = memory?.pointee.owner else { return count }
    let instance = Unmanaged<MemoryInstance>.fromOpaque(owner).takeUnretainedValue()
    _ = instance.refresh()
    return instance.byteCount
  }
}
