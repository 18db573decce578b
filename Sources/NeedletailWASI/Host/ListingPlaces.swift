/// Where the host's own positions in a listing are, by the guest's cookies. A cookie is the number of entries before it: C libraries
/// of 32 bits keep cookies in a `long` (`telldir`), and the host's positions can take 63 bits (ext4 hashes names).
///
/// Exact for the last ``recentCount`` entries, which covers what a guest resumes at after a buffer was full, even if it has
/// removed entries meanwhile. Of entries before those only some positions are kept, so that a guest cannot make the host
/// store one for each entry and descriptor; the listing is read on from there.
struct ListingPlaces {
  /// How many of the last entries have exact positions, at least.
  static let recentCount = 8192
  /// Of older entries, one of so many has.
  static let stride = 256

  /// The host's position after each of the last entries; the first of them is after entry `recentStart`, counted from 0.
  private var recent: [UInt64] = []
  private var recentStart = 0
  /// The host's positions after the entries `stride - 1`, `2 * stride - 1` and so on.
  private var sparse: [UInt64] = []

  private var count: Int { recentStart + recent.count }

  /// Notes the host's position after an entry. Entries are noted in order, from any cookie on that ``nearest(to:)`` gave.
  ///
  /// - Parameters:
  ///   - place: the host's position.
  ///   - index: how many entries are before this one.
  mutating func note(_ place: UInt64, after index: Int) {
    if index < count {
      guard let known = knownPlace(after: index), known != place else { return }
      // The directory has changed; what was known from here on means nothing any more.
      truncate(to: index)
    }
    recent.append(place)
    if index % Self.stride == Self.stride - 1, sparse.count == index / Self.stride { sparse.append(place) }
    if recent.count == 2 * Self.recentCount {
      recent.removeFirst(Self.recentCount)
      recentStart += Self.recentCount
    }
  }

  /// The position after an entry, if it is stored.
  private func knownPlace(after index: Int) -> UInt64? {
    if index >= recentStart { return recent[index - recentStart] }
    return index % Self.stride == Self.stride - 1 ? sparse[index / Self.stride] : nil
  }

  private mutating func truncate(to index: Int) {
    if index >= recentStart {
      recent.removeLast(count - index)
    } else {
      recent = []
      recentStart = index
    }
    sparse.removeLast(max(0, sparse.count - index / Self.stride))
  }

  /// The last known position that is not after a cookie.
  ///
  /// - Returns: the cookie of the position, and the position; 0 for both is the start.
  func nearest(to cookie: UInt64) -> (cookie: Int, place: UInt64) {
    let index = Int(clamping: cookie)
    if index > recentStart, !recent.isEmpty {
      let known = min(index, count)
      return (known, recent[known - recentStart - 1])
    }
    let known = min(index / Self.stride, sparse.count)
    return known == 0 ? (0, 0) : (known * Self.stride, sparse[known - 1])
  }
}
