import NeedletailSystem
import WebAssembly

/// A linear memory. (Core specification 3.0, 4.2.9 "Memory Instances".)
///
/// A 32-bit memory reserves the whole range of its addresses and a guard region after it, so that growing never moves it, unless address
/// space is short; a 64-bit memory reserves its size and moves when it outgrows that.
package final class MemoryInstance {
  private var ownType: MemoryType
  /// The part shared with other stores; nil if the memory is not shared. The size in the cell of a shared memory may be stale.
  package let shared: SharedMemoryInstance?
  /// The raw cell that running code reads.
  package let cell: UnsafeMutablePointer<MemoryCell>
  private let ledger: ResourceLedger
  /// The address space; none if the memory is shared.
  private var reservation = MemoryReservation.none
  /// The number of views that the host has of its bytes.
  private var viewCount = 0

  /// The reservation of a 32-bit memory.
  package static let fullReservation = MemoryReservation.fullByteCount

  /// - Parameters:
  ///   - image: the memory's first contents, which fit its first size; nil if they are zero.
  ///   - needsGuard: whether compiled code may use it. Other memories leave address space to those that need it.
  /// - Throws: `LimitExceeded` if the store's limits do not allow the memory, or the system has none.
  init(
    _ type: MemoryType, image: DataImage? = nil, needsGuard: Bool, ledger: ResourceLedger
  ) throws(LimitExceeded) {
    ownType = type
    self.ledger = ledger
    cell = .allocate(capacity: 1)
    cell.initialize(to: MemoryCell(base: Self.nowhere, byteCount: 0, owner: nil))
    do throws(LimitExceeded) {
      shared = type.isShared ? try SharedMemoryInstance(type, ledger: ledger) : nil
    } catch {
      cell.deallocate()
      throw error
    }
    cell.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    if let shared {
      cell.pointee.base = shared.base
      cell.pointee.byteCount = shared.byteCount
      noteReservation(shared.reservedByteCount)
      return
    }
    let what = Self.description(type)
    guard type.limits.minimum <= type.maximumPageCount, let byteCount = byteCount(ofPages: type.limits.minimum) else {
      throw VirtualMemory.refusal(of: what, .memoryBytes, .max)
    }
    guard ledger.reserve(memoryBytes: byteCount) else { throw ledger.refusal(of: what, memoryBytes: byteCount) }
    // Even a memory without pages is reserved in full, if the system can, so that it never moves.
    if type.addressType == .i32,
      let full = MemoryReservation.take(accessible: Int(byteCount), image: image, needsGuard: needsGuard)
    {
      reservation = full
      noteBase()
    }
    var isReady = resize(to: Int(byteCount))
    if isReady, let image, reservation.image == nil { isReady = reservation.map(image) }
    guard isReady else {
      cell.pointee.byteCount = 0
      ledger.release(memoryBytes: byteCount)
      throw VirtualMemory.refusal(of: "\(what) (\(ByteCount.format(byteCount)))", .memoryBytes, byteCount)
    }
  }

  /// Makes the memory zero again, before anything has used it, if it began with an image.
  func removeImage() {
    guard let image = reservation.image, !reservation.unmapImage() else { return }
    memoryFill(reservation.base + image.start, 0, image.byteCount)
  }

  /// Updates the cell to the reservation.
  private func noteBase() {
    cell.pointee.base = reservation.base
    noteReservation(reservation.byteCount)
  }

  /// A store's view of a shared memory.
  init(sharing shared: SharedMemoryInstance, ledger: ResourceLedger) {
    ownType = shared.type
    self.shared = shared
    self.ledger = ledger
    cell = .allocate(capacity: 1)
    cell.initialize(to: MemoryCell(base: shared.base, byteCount: shared.byteCount, owner: nil))
    cell.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    noteReservation(shared.reservedByteCount)
  }

  /// What a limiter is asked for before a memory is created.
  static func request(_ type: MemoryType) -> ResourceRequest {
    ResourceRequest(
      .memoryBytes, from: 0, to: byteCount(type.limits.minimum, of: type), maximum: maximumByteCount(type))
  }

  /// A size in bytes, at most 2⁶⁴ - 1.
  private static func byteCount(_ pages: UInt64, of type: MemoryType) -> UInt64 {
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: 1 << UInt64(type.pageSizeLog2))
    return overflow ? .max : bytes
  }

  private static func maximumByteCount(_ type: MemoryType) -> UInt64? {
    type.limits.maximum.map { byteCount($0, of: type) }
  }

  /// The memory in messages, with the size in its type.
  static func description(_ type: MemoryType) -> String {
    let count = type.limits.minimum
    return count == 1 ? "memory of 1 page" : "memory of \(count) pages"
  }

  private func noteReservation(_ byteCount: Int) {
    cell.pointee.guardedByteCount = ownType.neverMoves && byteCount >= Self.fullReservation ? UInt64(byteCount) : 0
  }

  deinit {
    if shared == nil { ledger.release(memoryBytes: cell.pointee.byteCount) }
    reservation.giveBack()
    cell.deallocate()
  }

  /// The base of an empty memory: an address that is never read.
  private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 16)! }

  /// The type, with the current size as its minimum.
  package var type: MemoryType { shared?.type ?? ownType }

  package var byteCount: UInt64 { shared?.byteCount ?? cell.pointee.byteCount }
  package var pageCount: UInt64 { byteCount >> UInt64(ownType.pageSizeLog2) }

  /// Updates the cell to the size that other threads gave the memory; returns whether it was stale.
  package func refresh() -> Bool {
    guard let current = shared?.byteCount, current != cell.pointee.byteCount else { return false }
    cell.pointee.byteCount = current
    return true
  }

  /// The size in bytes; nil if it exceeds the address space.
  private func byteCount(ofPages pages: UInt64) -> UInt64? {
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: 1 << UInt64(ownType.pageSizeLog2))
    return overflow || bytes > 1 << 47 ? nil : bytes
  }

  /// Adds zeroed pages. O(1) system calls. The pages of a 64-bit memory that must move are remapped; if the system cannot do that, they
  /// are copied, O(size).
  ///
  /// - Parameter store: the store whose limiter is asked.
  /// - Returns: the previous size in pages; nil if the memory's maximum, the limiter or the store's limits do not allow the growth, or the
  ///   system has no memory.
  /// - Throws: the limiter's error.
  package func grow(by pages: UInt64, in store: StoreState) throws -> UInt64? {
    store.refusedGrowth = nil
    if store.limiter != nil, let request = request(toGrowBy: pages) {
      do { try store.ask(request) } catch let error as LimitExceeded where error.scope == .limiter {
        store.refusedGrowth = error
        reportRefusal(pages, store)
        return nil
      }
    }
    let old = shared == nil ? growOwn(by: pages) : growShared(by: pages)
    if old == nil { reportRefusal(pages, store) }
    return old
  }

  /// What the limiter is asked for; nil if the type does not allow it.
  private func request(toGrowBy pages: UInt64) -> ResourceRequest? {
    let type = type
    let (new, overflow) = type.limits.minimum.addingReportingOverflow(pages)
    guard !overflow, new <= Self.largestPageCount(type), let byteCount = byteCount(ofPages: new) else { return nil }
    return ResourceRequest(
      .memoryBytes, from: byteCount - pages << UInt64(type.pageSizeLog2), to: byteCount,
      maximum: Self.maximumByteCount(type))
  }

  private static func largestPageCount(_ type: MemoryType) -> UInt64 {
    min(type.limits.maximum ?? .max, type.maximumPageCount)
  }

  private func growOwn(by pages: UInt64) -> UInt64? {
    let type = ownType
    let old = pageCount
    let (new, overflow) = old.addingReportingOverflow(pages)
    guard !overflow, new <= Self.largestPageCount(type),
      let newByteCount = byteCount(ofPages: new)
    else { return nil }
    let added = newByteCount - byteCount
    guard ledger.reserve(memoryBytes: added) else { return nil }
    guard resize(to: Int(newByteCount)) else {
      ledger.release(memoryBytes: added)
      return nil
    }
    ownType.limits.minimum = new
    return old
  }

  @inline(never)
  private func reportRefusal(_ pages: UInt64, _ store: StoreState) {
    ledger.reportRefusal("refused: \(refusal(ofGrowthBy: pages, in: store))")
  }

  /// Why the memory did not grow.
  func refusal(ofGrowthBy pages: UInt64, in store: StoreState) -> LimitExceeded {
    let type = type
    return ledger.refusal(
      ofGrowthOf: "memory", "page", from: pageCount, by: pages, typeLimit: Self.largestPageCount(type),
      .memoryBytes, unit: 1 << UInt64(type.pageSizeLog2)
    ) {
      store.refusedGrowth
        ?? ledger.refusalIfAny(of: "the growth", memoryBytes: Self.byteCount(pages, of: type))
    }
  }

  /// Grows a shared memory. The added bytes count against this store's limits as long as the memory exists.
  private func growShared(by pages: UInt64) -> UInt64? {
    defer { _ = refresh() }
    return shared?.grow(by: pages, ledger: ledger)
  }

  private func resize(to byteCount: Int) -> Bool {
    let needed = VirtualMemory.roundedUpToPages(byteCount)
    if needed > reservation.byteCount {
      guard viewCount == 0, move(toReservationFor: needed) else { return false }
    }
    guard reservation.makeAccessible(needed) else { return false }
    cell.pointee.byteCount = UInt64(byteCount)
    return true
  }

  /// Runs `body` while the memory cannot move: growth fails if it would have to.
  package func withoutMoving<R>(_ body: () throws -> R) rethrows -> R {
    viewCount += 1
    defer { viewCount -= 1 }
    return try body()
  }

  /// Reserves address space for at least `needed` bytes, more than now, and moves the memory's contents there.
  private func move(toReservationFor needed: Int) -> Bool {
    // If address space is short, only what is needed now is reserved.
    let wanted = VirtualMemory.roundedUpToPages(reservation.byteCount > 0 ? needed + needed / 2 : needed)
    guard reservation.move(toReservationOf: wanted) || reservation.move(toReservationOf: needed) else { return false }
    noteBase()
    return true
  }

  /// Whether the whole reach of its addresses and offsets is reserved, so that accesses need no check.
  package var isReservedInFull: Bool { cell.pointee.guardedByteCount > 0 }

  /// All bytes. Valid until the memory grows.
  package var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: cell.pointee.base, count: Int(byteCount))
  }

  /// Copies `source` to `address`.
  ///
  /// - Returns: whether the range is in bounds; if not, nothing is written.
  package func initialize(at address: UInt64, from source: UnsafeBufferPointer<UInt8>) -> Bool {
    let (end, overflow) = address.addingReportingOverflow(UInt64(source.count))
    guard !overflow, end <= byteCount else { return false }
    if source.count > 0 {
      VirtualMemory.populate(cell.pointee.base + Int(address), source.count)
      memoryCopy(cell.pointee.base + Int(address), source.baseAddress!, source.count)
    }
    return true
  }
}

extension MemoryType {
  /// Whether compiled code relies on memories of this type being fully reserved and never moving: those with 32-bit addresses and
  /// standard pages.
  package var neverMoves: Bool { addressType == .i32 && pageSizeLog2 == Self.standardPageSizeLog2 }
}
