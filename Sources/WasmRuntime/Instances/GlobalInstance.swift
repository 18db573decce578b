import WebAssembly

/// A global. Its value stands in the defining instance's context, or in a cell of its own if the host made it.
/// (Core specification 3.0, 4.2.10 "Global Instances".)
package final class GlobalInstance {
  /// The type, in canonical indices.
  package let type: GlobalType
  /// Two slots.
  package let cell: UnsafeMutablePointer<Slot>
  private let ownsCell: Bool
  private let roots: HeapRoots?

  /// A global whose value stands in memory that somebody else frees.
  package init(_ type: GlobalType, cell: UnsafeMutablePointer<Slot>) {
    self.type = type
    self.cell = cell
    ownsCell = false
    roots = nil
  }

  /// A global of the host's.
  ///
  /// - Parameter roots: where the collector finds it, if its value may be a heap object.
  init(_ type: GlobalType, value: (Slot, Slot), roots: HeapRoots?) {
    self.type = type
    cell = .allocate(capacity: 2)
    cell.initialize(to: value.0)
    (cell + 1).initialize(to: value.1)
    ownsCell = true
    self.roots = roots
    roots?.add(cell)
  }

  deinit {
    roots?.remove(cell)
    if ownsCell { cell.deallocate() }
  }
}
