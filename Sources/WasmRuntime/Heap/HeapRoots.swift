import Synchronization
import WebAssembly

/// References to heap objects from outside the heap, other than those in instances and stacks: tables, host globals, and references that
/// the host holds. Separate from the store, since these may outlive it.
package final class HeapRoots {
  private var tables: Set<UnsafeMutablePointer<TableCell>> = []
  private var globals: Set<UnsafeMutablePointer<Slot>> = []
  private var held: [Slot] = []
  private var freeIndices: [Int] = []
  /// Indices in `held` that can be reused. Any thread may release a reference, since errors are Sendable and may hold references;
  /// everything else is done by the thread that uses the store.
  private let released = Mutex<[Int]>([])

  func add(_ table: UnsafeMutablePointer<TableCell>) { tables.insert(table) }
  func remove(_ table: UnsafeMutablePointer<TableCell>) { tables.remove(table) }
  func add(_ global: UnsafeMutablePointer<Slot>) { globals.insert(global) }
  func remove(_ global: UnsafeMutablePointer<Slot>) { globals.remove(global) }

  /// Keeps the target of a reference alive until ``release(_:)``. Amortised O(1).
  ///
  /// - Returns: the index for ``release(_:)``.
  package func hold(_ reference: Slot) -> Int {
    if freeIndices.isEmpty { takeReleased() }
    if let index = freeIndices.popLast() {
      held[index] = reference
      return index
    }
    held.append(reference)
    return held.count - 1
  }

  /// Ends a ``hold(_:)``. May be called on any thread.
  package func release(_ index: Int) { released.withLock { $0.append(index) } }

  private func takeReleased() {
    let indices = released.withLock { released in
      defer { released.removeAll(keepingCapacity: true) }
      return released
    }
    for index in indices { held[index] = 0 }
    freeIndices += indices
  }

  func mark(_ marker: inout Marker) {
    takeReleased()
    for table in tables { marker.mark(table.pointee.elements, count: Int(table.pointee.count)) }
    for global in globals { marker.mark(global.pointee) }
    held.withUnsafeBufferPointer { held in
      if let base = held.baseAddress { marker.mark(base, count: held.count) }
    }
  }
}

extension TypeRegistry {
  /// Whether references of this type can refer to heap objects.
  func isCollected(_ type: ValueType) -> Bool {
    guard let reference = type.referenceType else { return false }
    return top(of: reference.heapType) != .function
  }
}
