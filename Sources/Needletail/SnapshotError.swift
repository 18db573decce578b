import WebAssembly

/// Why an instance cannot be written as a module: see ``Instance/snapshot(_:)``.
public enum SnapshotError: Error, Hashable, Sendable {
  /// The module imports something that has a state of its own, which a snapshot cannot contain.
  case importedState(ExternalKind, module: String, name: String)
  /// A memory is shared with other threads.
  case sharedMemory(index: Int)
  /// A global, table or segment holds an object of the garbage-collected heap, an object of the host, or an exception.
  case object(in: Place)
  /// A global or a table holds a function of another instance.
  case foreignFunction(in: Place)
  /// The module has no export of this name.
  case unknownExport(String)
  /// The module would be larger than modules may be.
  case tooLarge(limit: Int)
  /// A function of the store is running.
  case running

  /// What can hold a reference.
  public enum Place: Hashable, Sendable {
    /// The global with an index.
    case global(Int)
    /// The element of the table with an index.
    case table(Int, element: Int)
    /// The passive element segment with an index.
    case elementSegment(Int)
  }
}

extension SnapshotError: CustomStringConvertible {
  /// The error as a sentence.
  public var description: String {
    switch self {
    case .importedState(let kind, let module, let name):
      "cannot write a snapshot: the state of the imported \(kind) \"\(module.printable)\" \"\(name.printable)\" is outside the instance"
    case .sharedMemory(let index): "cannot write a snapshot: memory \(index) is shared with other threads"
    case .object(let place): "cannot write a snapshot: \(place) holds an object, which is not part of a module"
    case .foreignFunction(let place): "cannot write a snapshot: \(place) holds a function of another instance"
    case .unknownExport(let name): "unknown export '\(name.printable)'"
    case .tooLarge(let limit):
      "cannot write a snapshot: the module would need more than \(ByteCount.format(UInt64(limit))), the limit on modules"
    case .running: "cannot write a snapshot while a function of the store is running"
    }
  }
}

extension SnapshotError.Place: CustomStringConvertible {
  /// The place in words.
  public var description: String {
    switch self {
    case .global(let index): "global \(index)"
    case .table(let index, let element): "element \(element) of table \(index)"
    case .elementSegment(let index): "element segment \(index)"
    }
  }
}
