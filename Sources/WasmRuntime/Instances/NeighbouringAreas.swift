import NeedletailSystem

/// Address space for areas of one size that many stores need. Areas are neighbours, so that the system joins their mappings; the number of
/// mappings is limited.
///
/// (`@unchecked Sendable`: its areas have no other owner until they are taken.)
struct NeighbouringAreas: @unchecked Sendable {
  private var next: UnsafeMutableRawPointer?
  /// The number of areas that are reserved and not taken yet, and their size.
  private var count = 0
  private var byteCount = 0
  private var takenCount = 0

  /// The number of areas that are reserved one by one, as in most processes.
  private static let singleCount = 16
  /// The number that is reserved at once afterwards.
  private static let slabCount = 64

  /// An accessible area of zeros, which the caller releases; nil if the system refuses it.
  ///
  /// - Parameter wanted: its size, a multiple of the page size. If it is not the last one, the areas that are left are released.
  mutating func take(byteCount wanted: Int) -> UnsafeMutableRawPointer? {
    if takenCount < Self.singleCount || CurrentProcess.hasAddressSpaceLimit {
      takenCount += 1
      return VirtualMemory.reserve(wanted, isAccessible: true)
    }
    guard reserve(wanted), let area = next, VirtualMemory.commit(area, wanted) else {
      return VirtualMemory.reserve(wanted, isAccessible: true)
    }
    next = area + wanted
    count -= 1
    return area
  }

  /// Makes sure that there is an area of this size. Returns false if the system refuses.
  private mutating func reserve(_ wanted: Int) -> Bool {
    if count > 0, byteCount == wanted { return true }
    if count > 0, let next { VirtualMemory.release(next, count * byteCount) }
    count = 0
    let (sum, overflow) = wanted.multipliedReportingOverflow(by: Self.slabCount)
    guard !overflow, let slab = VirtualMemory.reserve(sum) else { return false }
    next = slab
    byteCount = wanted
    count = Self.slabCount
    return true
  }
}
