import WebAssembly

/// The exceptions of a store that exist at the moment.
///
/// One that is caught without its reference is freed at once, and so is one that nobody catches: most programs keep none.
/// Exceptions whose reference was given away stay as long as the store; how much they may take in all is limited.
struct ExceptionInstances: ~Copyable {
  private let maximumByteCount: UInt64
  private var byteCount: UInt64 = 0
  private var referenced: [UnsafeMutablePointer<ExceptionCell>] = []

  init(maximumByteCount: UInt64) { self.maximumByteCount = maximumByteCount }

  deinit {
    for cell in referenced { cell.deallocate() }
  }

  private static func byteCount(_ tag: UnsafeMutablePointer<TagCell>) -> Int {
    ExceptionCell.payloadOffset + MemoryLayout<Slot>.stride * Int(tag.pointee.payloadSlots)
  }

  /// Makes an exception with the tag's number of slots from `payload`; nil if there is no room.
  mutating func make(
    _ tag: UnsafeMutablePointer<TagCell>, payload: UnsafePointer<Slot>?
  ) -> UnsafeMutablePointer<ExceptionCell>? {
    let size = Self.byteCount(tag)
    guard UInt64(size) <= maximumByteCount, byteCount <= maximumByteCount - UInt64(size) else { return nil }
    byteCount += UInt64(size)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    let cell = memory.bindMemory(to: ExceptionCell.self, capacity: 1)
    cell.initialize(to: ExceptionCell(tag: tag, isReferenced: false))
    let count = Int(tag.pointee.payloadSlots)
    let slots = (memory + ExceptionCell.payloadOffset).bindMemory(to: Slot.self, capacity: count)
    if let payload { slots.initialize(from: payload, count: count) }
    return cell
  }

  /// Marks what the exceptions refer to.
  func mark(_ marker: inout Marker) {
    for cell in referenced {
      if let base = cell.payload.baseAddress { marker.markConservatively(base, count: cell.payload.count) }
    }
  }

  /// Gives a reference away.
  mutating func reference(_ cell: UnsafeMutablePointer<ExceptionCell>) -> Slot {
    if !cell.pointee.isReferenced {
      cell.pointee.isReferenced = true
      referenced.append(cell)
    }
    return Slot(UInt(bitPattern: cell))
  }

  /// Frees an exception that was caught, or that nobody catches, unless a reference to it was given away.
  mutating func release(_ cell: UnsafeMutablePointer<ExceptionCell>) {
    guard !cell.pointee.isReferenced else { return }
    byteCount -= UInt64(Self.byteCount(cell.pointee.tag))
    cell.deallocate()
  }
}

extension UnsafeMutablePointer<ExceptionCell> {
  package var payload: UnsafeBufferPointer<Slot> {
    let first = UnsafeRawPointer(self) + ExceptionCell.payloadOffset
    let count = Int(pointee.tag.pointee.payloadSlots)
    return UnsafeBufferPointer(start: first.bindMemory(to: Slot.self, capacity: count), count: count)
  }
}
