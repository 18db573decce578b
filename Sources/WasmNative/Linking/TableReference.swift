import WasmCompiler
import Synchronization

/// Where a table is, be it one that never changes or one that grows: plain memory, for handlers of signals.
struct TableReference: BitwiseCopyable {
  private let base: UnsafeRawPointer?
  private let count: Int
  /// Of a table that grows: holds the address of the block at hand, which is the number of rows in 16 bytes, then the rows.
  private let cell: UnsafeMutablePointer<Atomic<UInt>>?

  static let headerByteCount = 16

  /// Rows that never change.
  init(fixed base: UnsafeRawPointer?, count: Int) {
    self.base = base
    self.count = count
    cell = nil
  }

  init(growing cell: UnsafeMutablePointer<Atomic<UInt>>) {
    base = nil
    count = 0
    self.cell = cell
  }

  /// The rows that there are now. They stay where they are as long as the table lives. Not generic, so that reading needs nothing of
  /// Swift's runtime.
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
}
