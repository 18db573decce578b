import WebAssembly

/// A global. Its value is in the defining instance's context, or in a separate cell if the host created it.
/// (Core specification 3.0, 4.2.10 "Global Instances".)
package final class GlobalInstance {
  /// The type, in canonical indices.
  package let type: GlobalType
  /// Two slots.
  package let cell: UnsafeMutablePointer<Slot>
  private let ownsCell: Bool
  private let roots: HeapRoots?

  /// A global whose value is in memory that its owner frees.
  package init(_ type: GlobalType, cell: UnsafeMutablePointer<Slot>) {
    self.type = type
    self.cell = cell
    ownsCell = false
    roots = nil
  }

  /// A host global.
  ///
  /// - Parameter roots: where the collector finds it, if its value can be a heap object.
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
