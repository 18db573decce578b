/// What a directory granted by the embedder allows.
public enum Access: Hashable, Sendable {
  /// Nothing below can be made, changed, renamed, linked elsewhere or removed: `EROFS`.
  case readOnly
  case readWrite
}

/// What one of the guest's descriptors stands for.
struct Descriptor {
  var object: OpenedObject
  /// What may be done through it.
  var rights: Rights
  /// What descriptors opened through it may have at most.
  var inheritingRights: Rights
  /// What the embedder allows, whatever the rights say; handed down to everything opened through it.
  var access: Access
  /// The directory that the embedder opened and the guest got this one from; nil for what is not a directory.
  var root: (any Directory)?
  /// The guest's name for a directory that the embedder opened.
  var preopenedName: [UInt8]?
  /// Whether the object's own rights still cut down `rights`; found out late for the standard streams, as it takes
  /// a system call.
  var rightsAreProvisional = false
}

/// The guest's open descriptors: a table with a limit, so that a guest cannot use up the host's.
struct DescriptorTable {
  private var entries: [Descriptor?] = []
  let limit: Int
  /// No descriptor below is free.
  private var lowestFree = 0

  init(limit: Int) { self.limit = limit }

  var openCount: Int { entries.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }

  func contains(where predicate: (Descriptor) -> Bool) -> Bool {
    entries.contains { entry in entry.map(predicate) ?? false }
  }

  /// - Throws: `EBADF` if it is not open.
  @inline(__always)
  subscript(_ descriptor: UInt32) -> Descriptor {
    get throws(Errno) {
      guard descriptor < UInt32(truncatingIfNeeded: entries.count), let entry = entries[Int(descriptor)] else {
        throw .badf
      }
      return entry
    }
  }

  /// Changes an open descriptor in place.
  mutating func update(_ descriptor: UInt32, _ body: (inout Descriptor) -> Void) {
    guard descriptor < entries.count, entries[Int(descriptor)] != nil else { return }
    body(&entries[Int(descriptor)]!)
  }

  /// Whether there is room for one more: asked before anything is opened, so that nothing has to be undone.
  var hasRoom: Bool { nextFree < limit }

  private var nextFree: Int {
    entries[lowestFree...].firstIndex { $0 == nil } ?? entries.count
  }

  /// Gives `entry` the lowest free number, as POSIX does. - Throws: `EMFILE`.
  mutating func insert(_ entry: Descriptor) throws(Errno) -> UInt32 {
    let index = nextFree
    guard index < limit else { throw .mfile }
    if index == entries.count { entries.append(entry) } else { entries[index] = entry }
    lowestFree = index + 1
    return UInt32(index)
  }

  mutating func remove(_ descriptor: UInt32) throws(Errno) -> Descriptor {
    let entry = try self[descriptor]
    entries[Int(descriptor)] = nil
    lowestFree = min(lowestFree, Int(descriptor))
    return entry
  }

  /// Moves `source` to `target`, which must be open; returns what `target` was.
  mutating func renumber(_ source: UInt32, to target: UInt32) throws(Errno) -> Descriptor? {
    let entry = try self[source]
    let replaced = try self[target]
    guard source != target else { return nil }
    entries[Int(target)] = entry
    entries[Int(source)] = nil
    lowestFree = min(lowestFree, Int(source))
    return replaced
  }

  /// Empties the table; returns what was open.
  mutating func removeAll() -> [Descriptor] {
    defer {
      entries = []
      lowestFree = 0
    }
    return entries.compactMap { $0 }
  }
}
