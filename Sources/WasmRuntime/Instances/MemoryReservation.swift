import NeedletailSystem
import Synchronization

/// The address space of a memory. The first bytes are accessible; the rest is room to grow and a guard region.
///
/// Used reservations are kept for other memories, so that instances that follow each other cost few system calls. **The pages of one guest
/// never reach the next:** ``giveBack()`` is the only function that keeps a reservation, and it keeps only those whose pages the system
/// has restored to their first contents. ``take(accessible:image:)`` then makes exactly the pages of the new memory accessible.
///
/// (`@unchecked Sendable`: it has one owner at a time.)
struct MemoryReservation: @unchecked Sendable {
  private(set) var base: UnsafeMutableRawPointer
  private(set) var byteCount: Int
  /// The number of bytes that can be read and written, a multiple of the page size.
  private(set) var accessibleByteCount: Int
  /// The bytes that have ever been accessible, or may have been for a moment: the system can fail to make pages accessible after it has
  /// done so for some of them. At least ``accessibleByteCount``.
  private var reach: Int
  /// The contents that the accessible bytes began with; nil if they were zero.
  private(set) var image: DataImage?
  /// Whether it is from ``take(accessible:image:needsGuard:)``, and counts among the reservations in full.
  private var isFull = false

  /// An empty reservation: an address that is never read.
  static var none: MemoryReservation {
    MemoryReservation(
      base: UnsafeMutableRawPointer(bitPattern: 16)!, byteCount: 0, accessibleByteCount: 0, image: nil)
  }

  private init(base: UnsafeMutableRawPointer, byteCount: Int, accessibleByteCount: Int, image: DataImage?) {
    self.base = base
    self.byteCount = byteCount
    self.accessibleByteCount = accessibleByteCount
    reach = accessibleByteCount
    self.image = image
  }

  /// Reserves inaccessible address space in full; nil if the system has none.
  private static func reserveInFull() -> MemoryReservation? {
    guard let base = VirtualMemory.reserve(fullByteCount) else { return nil }
    var reservation = MemoryReservation(base: base, byteCount: fullByteCount, accessibleByteCount: 0, image: nil)
    reservation.isFull = true
    return reservation
  }

  // MARK: Changing

  /// Makes the first bytes accessible, at least `byteCount` of them, which the reservation has. Returns false if the system refuses.
  mutating func makeAccessible(_ byteCount: Int) -> Bool {
    let needed = VirtualMemory.roundedUpToPages(byteCount)
    guard needed > accessibleByteCount else { return true }
    // Before the call, so that these pages are discarded whatever happens.
    reach = max(reach, needed)
    guard VirtualMemory.commit(base + accessibleByteCount, needed - accessibleByteCount) else {
      // The first of several mappings may be accessible now. This cannot fail for want of mappings, since none needs to be split.
      guard VirtualMemory.protect(base + accessibleByteCount, needed - accessibleByteCount) else {
        preconditionFailure("the system cannot restore the guard region of a memory")
      }
      return false
    }
    accessibleByteCount = needed
    return true
  }

  /// Maps an image over fresh accessible bytes, of which there are enough for it. Returns false if the system refuses.
  mutating func map(_ image: DataImage) -> Bool {
    guard image.map(over: base) else { return false }
    self.image = image
    return true
  }

  /// Replaces the image by zeros. Returns false if the system refuses.
  mutating func unmapImage() -> Bool {
    guard let image else { return true }
    guard VirtualMemory.renew(base + image.start, image.byteCount, isAccessible: true) else { return false }
    self.image = nil
    return true
  }

  /// Moves the contents to a larger reservation. Returns false if the system has no address space; then nothing has changed.
  mutating func move(toReservationOf wanted: Int) -> Bool {
    let target =
      if byteCount == 0 {
        VirtualMemory.reserve(wanted)
      } else if image != nil {
        // The system would extend the mapping of the image beyond its end.
        VirtualMemory.moveByCopying(
          base, committed: accessibleByteCount, reserved: byteCount, toReservationOf: wanted)
      } else {
        VirtualMemory.move(base, committed: accessibleByteCount, reserved: byteCount, toReservationOf: wanted)
      }
    guard let target else { return false }
    noteEnd()
    isFull = false
    base = target
    byteCount = wanted
    reach = accessibleByteCount
    image = nil
    return true
  }

  // MARK: Reservations in full

  /// The size of the reservations that are kept: the reach of a 32-bit memory. It is its 4 GiB, the reach of offsets below 2³¹, and room
  /// for an access there.
  static let fullByteCount = (4 << 30) + (2 << 30) + (64 << 10)

  /// The largest number of them. The address space of a process on x86-64 has 2⁴⁷ bytes; one sixteenth stays free for everything else.
  static let maximumCount = (1 << 47) / fullByteCount / 16 * 15

  /// The number of them from which on memories that need no guard are not reserved in full. They take fewer of the system's mappings.
  private static let maximumUnguardedCount = 4096

  private struct Kept: Sendable {
    var unused: [MemoryReservation] = []
    /// The number of reservations of this size, used and unused.
    var count = 0
  }

  private static let kept = Mutex(Kept())

  /// The number of unused reservations that are kept. Each may take a few KiB of page tables and three of the system's mappings.
  static let maximumUnusedCount = 256
  /// The accessible bytes that an unused reservation keeps.
  private static let maximumUnusedAccess = 16 << 20

  /// A reservation in full, with pristine contents.
  ///
  /// - Parameters:
  ///   - accessible: the number of bytes that will be accessible, rounded up to pages.
  ///   - image: the contents of some of them.
  ///   - needsGuard: whether there is no substitute.
  /// - Returns: nil if the system refuses it, or the process has too many.
  static func take(accessible: Int, image: DataImage?, needsGuard: Bool = true) -> MemoryReservation? {
    let limit = needsGuard ? maximumCount : maximumUnguardedCount
    let unused: MemoryReservation?? = kept.withLock { kept in
      let index =
        kept.unused.lastIndex { $0.image === image } ?? kept.unused.lastIndex { $0.image == nil }
        ?? kept.unused.indices.last
      if let index { return kept.unused.remove(at: index) }
      guard kept.count < limit else { return nil }
      kept.count += 1
      return .some(nil)
    }
    guard let unused else { return nil }
    guard var reservation = unused ?? reserveInFull() else {
      kept.withLock { $0.count -= 1 }
      return nil
    }
    guard reservation.prepare(accessible: VirtualMemory.roundedUpToPages(accessible), image: image) else {
      reservation.release()
      return nil
    }
    return reservation
  }

  /// Makes exactly the first bytes of a pristine reservation accessible, and maps an image.
  private mutating func prepare(accessible: Int, image: DataImage?) -> Bool {
    if self.image !== image, !unmapImage() { return false }
    if accessible < reach {
      // As after reserving: one mapping, so that growing changes it as a whole.
      guard VirtualMemory.renew(base + accessible, reach - accessible) else { return false }
      accessibleByteCount = min(accessibleByteCount, accessible)
      reach = accessible
    }
    guard makeAccessible(accessible) else { return false }
    guard let image, self.image == nil else { return true }
    return map(image)
  }

  /// Ends the use of the reservation: keeps it for another memory, or releases it.
  func giveBack() {
    var reservation = self
    guard isFull, !CurrentProcess.hasAddressSpaceLimit, reservation.restore() else {
      return release()
    }
    let pristine = reservation
    let isKept = Self.kept.withLock { kept in
      guard kept.unused.count < Self.maximumUnusedCount, pristine.image?.isRetired != true else { return false }
      kept.unused.append(pristine)
      return true
    }
    if !isKept { release() }
  }

  /// Restores the first contents of all bytes that a guest can have written. Returns false if the system cannot: then they may be a
  /// guest's.
  private mutating func restore() -> Bool {
    guard VirtualMemory.restore(base, reach) else { return false }
    let kept = max(Self.maximumUnusedAccess, image?.end ?? 0)
    guard reach > kept else { return true }
    // Frees the page tables as well.
    guard VirtualMemory.renew(base + kept, reach - kept) else { return false }
    reach = kept
    accessibleByteCount = min(accessibleByteCount, kept)
    return true
  }

  /// Returns the address space to the system. If that refuses, the reservation stays in the count, as it takes address space.
  private func release() {
    guard byteCount > 0 else { return }
    if VirtualMemory.release(base, byteCount) {
      noteEnd()
    } else {
      VirtualMemory.discard(base, reach)
    }
  }

  private func noteEnd() {
    if isFull { Self.kept.withLock { $0.count -= 1 } }
  }

  /// Releases the unused reservations that an image is mapped in.
  static func releaseUnused(with image: DataImage) {
    let released = kept.withLock { kept in
      let released = kept.unused.filter { $0.image === image }
      kept.unused.removeAll { $0.image === image }
      return released
    }
    for reservation in released { reservation.release() }
  }

  /// The reason why there is no reservation in full, to be appended to a message; empty if unknown.
  static var refusalReason: String {
    let count = kept.withLock { $0.count }
    guard count >= maximumCount else { return VirtualMemory.refusalReason }
    return
      ": the process has \(count) of them, and 47-bit addresses leave no room for more (Engine.Configuration.checksBounds reserves less)"
  }
}
