/// Maps a guest's cookies in a listing to the host's own positions. A cookie is the number of entries before it: 32-bit
/// C libraries keep cookies in a `long` (`telldir`), and the host's positions can take 63 bits (ext4 hashes names).
///
/// Positions are exact for the last ``recentCount`` entries, which covers resuming after a full buffer, even if the
/// guest has removed entries since. Of older entries only every ``stride``-th position is kept, to bound the memory
/// that a guest can use per descriptor. The listing is read on from there.
struct ListingPlaces {
  /// The least number of most recent entries with exact positions.
  static let recentCount = 8192
  /// The distance between the stored positions of older entries.
  static let stride = 256

  /// The host's position after each recent entry. The first one is after entry `recentStart`, counted from 0.
  private var recent: [UInt64] = []
  private var recentStart = 0
  /// The host's positions after the entries `stride - 1`, `2 * stride - 1` and so on.
  private var sparse: [UInt64] = []

  private var count: Int { recentStart + recent.count }

  /// Stores the host's position after an entry. Entries are noted in order, starting at any cookie returned by
  /// ``nearest(to:)``.
  ///
  /// - Parameters:
  ///   - place: the host's position.
  ///   - index: the number of entries before this one.
  /// - Complexity: amortized O(1).
  mutating func note(_ place: UInt64, after index: Int) {
    if index < count {
      guard let known = knownPlace(after: index), known != place else { return }
      // The directory has changed, so the positions from here on are no longer valid.
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

  /// The last stored position that is not after a cookie.
  ///
  /// - Returns: the cookie of the position, and the position; both 0 for the start.
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
