import Synchronization

/// Knows whether a store still exists. Its cell is reused for other stores, with another number, and never freed.
@usableFromInline
struct StoreLife: @unchecked Sendable {
  @usableFromInline
  struct Cell {
    /// The number of the store that uses the cell; 0 if it is unused.
    @usableFromInline var number: UInt64
    @usableFromInline var store: Unmanaged<Store>?
  }

  @usableFromInline let cell: UnsafeMutablePointer<Cell>
  @usableFromInline let number: UInt64

  private static let unused = Mutex<(cells: [StoreLife], count: UInt64)>(([], 0))

  private init(cell: UnsafeMutablePointer<Cell>, number: UInt64) {
    self.cell = cell
    self.number = number
  }

  /// A life with a number that no store has had.
  static func begin() -> StoreLife {
    unused.withLock { unused in
      unused.count += 1
      let cell = unused.cells.popLast()?.cell ?? .allocate(capacity: 1)
      cell.initialize(to: Cell(number: unused.count, store: nil))
      return StoreLife(cell: cell, number: unused.count)
    }
  }

  func end() {
    cell.pointee = Cell(number: 0, store: nil)
    StoreLife.unused.withLock { $0.cells.append(self) }
  }

  /// The store. Accessing it after its end ends the process.
  @inlinable
  var store: Store {
    precondition(cell.pointee.number == number, "a Caller was used after its store has ended")
    return cell.pointee.store.unsafelyUnwrapped.takeUnretainedValue()
  }
}
