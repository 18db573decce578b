/// Finds the parts of a memory that are not zero.
struct NonzeroRuns {
  /// The zeros that are cheaper as part of a run than as the header of another segment.
  private static let smallestGap = 16
  /// The largest number of runs that are remembered during the search.
  private static let maximumKeptCount = 1 << 20
  /// The bytes that are searched between two looks at an interruption.
  private static let pieceByteCount = 4 << 20

  private var runs: [Range<Int>] = []
  private var gap = Self.smallestGap

  /// The runs of bytes that are not zero, in order. They contain gaps of zeros that are not worth another run.
  ///
  /// - Parameters:
  ///   - bytes: the bytes to search, at an address that is a multiple of 8.
  ///   - limit: the largest number of runs, at least 1. If there were more, the smallest gaps become part of runs.
  ///   - check: called from time to time; ends the search by throwing.
  /// - Complexity: O(*n* + *r* log *r*) for *n* bytes and *r* runs.
  static func find<Failure: Error>(
    in bytes: UnsafeRawBufferPointer, atMost limit: Int, unless check: () throws(Failure) -> Void
  ) throws(Failure) -> [Range<Int>] {
    var search = NonzeroRuns()
    let wordEnd = bytes.count & ~7
    var offset = 0
    while offset < wordEnd {
      try check()
      let end = min(wordEnd, offset + pieceByteCount)
      while offset < end {
        let word = UInt64(littleEndian: bytes.load(fromByteOffset: offset, as: UInt64.self))
        if word != 0 {
          search.add(offset + word.trailingZeroBitCount / 8..<offset + 8 - word.leadingZeroBitCount / 8)
        }
        offset += 8
      }
    }
    for offset in wordEnd..<bytes.count where bytes[offset] != 0 { search.add(offset..<offset + 1) }
    search.closeGaps(keeping: limit)
    return search.runs
  }

  private mutating func add(_ range: Range<Int>) {
    if let last = runs.last, range.lowerBound - last.upperBound < gap {
      runs[runs.count - 1] = last.lowerBound..<range.upperBound
      return
    }
    if runs.count >= Self.maximumKeptCount {
      closeGaps(keeping: Self.maximumKeptCount / 2)
      add(range)
      return
    }
    runs.append(range)
  }

  /// Closes the smallest gaps, so that at most `limit` runs are left.
  private mutating func closeGaps(keeping limit: Int) {
    guard runs.count > limit else { return }
    let gaps = (1..<runs.count).map { runs[$0].lowerBound - runs[$0 - 1].upperBound }
    // Gaps of this size are closed too, so that there may be fewer runs than allowed.
    let largestClosed = gaps.sorted()[runs.count - 1 - limit]
    gap = max(gap, largestClosed + 1)
    var merged = [runs[0]]
    for run in runs.dropFirst() {
      if run.lowerBound - merged[merged.count - 1].upperBound < gap {
        merged[merged.count - 1] = merged[merged.count - 1].lowerBound..<run.upperBound
      } else {
        merged.append(run)
      }
    }
    runs = merged
  }
}
