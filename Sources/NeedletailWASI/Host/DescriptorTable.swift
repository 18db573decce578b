import Needletail
import WebAssembly

/// What the guest may do below a granted directory.
public enum Access: Hashable, Sendable {
  /// Nothing can be created, changed, renamed, linked elsewhere or removed: `EROFS`.
  case readOnly
  /// No restriction beyond the rights and the host's permissions.
  case readWrite
}

/// An entry of the guest's descriptor table.
struct Descriptor {
  var object: OpenedObject
  /// The operations that the descriptor allows.
  var rights: Rights
  /// The most rights that descriptors opened through this one can have.
  var inheritingRights: Rights
  /// What the embedder allows, regardless of the rights. Inherited by everything opened through this descriptor.
  var access: Access
  /// The preopened directory through which the guest reached this directory; nil for files.
  var root: (any Directory)?
  /// The guest's name for a directory that the embedder opened.
  var preopenedName: [UInt8]?
  /// Whether `fd_fdstat_get` must still intersect `rights` with those of the object. Deferred for the standard streams,
  /// because it takes a system call.
  var rightsAreProvisional = false
}

/// The guest's open descriptors. The table has a limit, so that a guest cannot exhaust the host's descriptors.
struct DescriptorTable {
  private var entries: [Descriptor?] = []
  let limit: Int
  /// All descriptors below this one are in use.
  private var lowestFree = 0
  private let count = Count()

  /// The number of open descriptors, which count towards the limit of the process.
  private final class Count {
    private var value = 0

    /// - Throws: `EMFILE` if the process may not have another.
    func add() throws(Errno) {
      do throws(LimitExceeded) { try Engine.addDescriptor() } catch { throw .mfile }
      value += 1
    }

    func remove(_ number: Int) {
      value -= number
      Engine.removeDescriptors(number)
    }

    deinit { Engine.removeDescriptors(value) }
  }

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

  /// The error for another descriptor; nil if it fits. Checked before anything is opened, so that nothing must be undone.
  var refusal: LimitExceeded? {
    guard nextFree >= limit else { return Engine.descriptorRefusal }
    return LimitExceeded(
      .descriptors, of: .program, requested: 1, used: UInt64(openCount), limit: UInt64(limit),
      setting: "WASI.Configuration.limits.descriptors")
  }

  private var nextFree: Int {
    entries[lowestFree...].firstIndex { $0 == nil } ?? entries.count
  }

  /// Stores `entry` under the lowest free number, as POSIX does.
  ///
  /// - Throws: `EMFILE`.
  mutating func insert(_ entry: Descriptor) throws(Errno) -> UInt32 {
    let index = nextFree
    guard index < limit else { throw .mfile }
    try count.add()
    if index == entries.count { entries.append(entry) } else { entries[index] = entry }
    lowestFree = index + 1
    return UInt32(index)
  }

  mutating func remove(_ descriptor: UInt32) throws(Errno) -> Descriptor {
    let entry = try self[descriptor]
    entries[Int(descriptor)] = nil
    lowestFree = min(lowestFree, Int(descriptor))
    count.remove(1)
    return entry
  }

  /// Moves `source` to `target`, which must be open.
  ///
  /// - Returns: the replaced entry of `target`; nil if the two are the same.
  /// - Throws: `EBADF`.
  mutating func renumber(_ source: UInt32, to target: UInt32) throws(Errno) -> Descriptor? {
    let entry = try self[source]
    let replaced = try self[target]
    guard source != target else { return nil }
    entries[Int(target)] = entry
    entries[Int(source)] = nil
    count.remove(1)
    lowestFree = min(lowestFree, Int(source))
    return replaced
  }

  /// Empties the table; returns the entries that were open.
  mutating func removeAll() -> [Descriptor] {
    defer {
      entries = []
      lowestFree = 0
    }
    let open = entries.compactMap { $0 }
    count.remove(open.count)
    return open
  }
}
