import Synchronization
import WasmCompiler

/// The location of a table, fixed or growing, as plain memory for signal handlers.
struct TableReference: BitwiseCopyable {
  private let base: UnsafeRawPointer?
  private let count: Int
  /// For a growing table: holds the address of the current block, which is the number of rows in 16 bytes, then the rows.
  private let cell: UnsafeMutablePointer<Atomic<UInt>>?

  static let headerByteCount = 16

  /// A fixed table.
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
}
