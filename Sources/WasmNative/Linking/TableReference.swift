import Synchronization
import WasmCompiler

/// The location of a table, fixed or growing, as plain memory for signal handlers.
struct TableReference: BitwiseCopyable {
  private let base: UnsafeRawPointer?
  private let count: Int
  /// The part of an artifact with a fixed table, if it is loaded when it is used.
  private let pages: UnsafePointer<PagedBytes.Record>?
  /// For a growing table: holds the address of the current block, which is the number of rows in 16 bytes, then the rows.
  private let cell: UnsafeMutablePointer<Atomic<UInt>>?

  static let headerByteCount = 16

  /// A fixed table.
  init(fixed base: UnsafeRawPointer?, count: Int, in pages: UnsafePointer<PagedBytes.Record>? = nil) {
    self.base = base
    self.count = count
    self.pages = pages
    cell = nil
  }

  init(growing cell: UnsafeMutablePointer<Atomic<UInt>>) {
    base = nil
    count = 0
    pages = nil
    self.cell = cell
  }

  /// The current rows. They stay valid as long as the table lives. Not generic, so that reading needs no Swift runtime function.
  var rows: (base: UnsafeRawPointer?, count: Int) {
    guard let cell else { return (base, count) }
    let block = UnsafeRawPointer(bitPattern: cell.pointee.load(ordering: .acquiring)).unsafelyUnwrapped
    let count = block.assumingMemoryBound(to: Atomic<Int>.self).pointee.load(ordering: .acquiring)
    return (block + Self.headerByteCount, count)
  }

  func rows<Row>(of type: Row.Type) -> UnsafeBufferPointer<Row> {
    let (base, count) = rows
    return UnsafeBufferPointer(start: base?.assumingMemoryBound(to: Row.self), count: count)
  }

  // MARK: Tables that are loaded when they are used

  /// Makes rows of a fixed table accessible.
  ///
  /// - Parameter stride: the size of a row.
  /// - Throws: if they are damaged or cannot be read.
  func load(_ index: Int, count: Int = 1, stride: Int) throws(PagedBytes.Failure) {
    guard let pages, let base else { return }
    let start = base + index * stride - UnsafeRawPointer(pages.pointee.start)
    if let failure = pages.pointee.load(start..<start + count * stride) { throw failure }
  }

  /// Finds the first row with an offset in code, the first field, by which rows are sorted. O(log *n*); async-signal-safe.
  ///
  /// - Returns: the address of the row, which is accessible; nil if there is none.
  /// - Throws: if rows are damaged or cannot be read.
  func row(at offset: UInt32, stride: Int) throws(PagedBytes.Failure) -> UnsafeRawPointer? {
    let (base, count) = rows
    guard let base else { return nil }
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      try load(middle, stride: stride)
      if (base + middle * stride).load(as: UInt32.self) >= offset { high = middle } else { low = middle + 1 }
    }
    // If there is a row, it was compared.
    let place = base + low * stride
    return low < count && place.load(as: UInt32.self) == offset ? place : nil
  }

  /// The row for an offset: see ``row(at:stride:)``.
  func row<Row: BitwiseCopyable>(at offset: UInt32, of type: Row.Type) throws(PagedBytes.Failure) -> Row? {
    try row(at: offset, stride: MemoryLayout<Row>.stride)?.load(as: Row.self)
  }
}
