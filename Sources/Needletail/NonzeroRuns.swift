/// Finds the parts of a memory that are not zero.
enum NonzeroRuns {
  /// The zeros that are cheaper as part of a run than as the header of another segment.
  private static let smallestGap = 16

  /// The runs of bytes that are not zero, in order. They contain gaps of zeros that are not worth another run.
  ///
  /// - Parameters:
  ///   - bytes: the bytes to search, at an address that is a multiple of 8.
  ///   - limit: the largest number of runs, at least 1. If there were more, larger gaps become part of runs.
  /// - Complexity: O(number of bytes); memory for at most four times `limit` runs.
  static func find(in bytes: UnsafeRawBufferPointer, atMost limit: Int) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var gap = smallestGap
    func add(_ range: Range<Int>) {
      if let last = runs.last, range.lowerBound - last.upperBound < gap {
        runs[runs.count - 1] = last.lowerBound..<range.upperBound
        return
      }
      if runs.count == 4 * limit { widen() }
      runs.append(range)
    }
    func widen() {
      gap *= 4
      var merged: [Range<Int>] = []
      for run in runs {
        if let last = merged.last, run.lowerBound - last.upperBound < gap {
          merged[merged.count - 1] = last.lowerBound..<run.upperBound
        } else {
          merged.append(run)
        }
      }
      runs = merged
    }
    let wordEnd = bytes.count & ~7
    var offset = 0
    while offset < wordEnd {
      let word = UInt64(littleEndian: bytes.load(fromByteOffset: offset, as: UInt64.self))
      if word != 0 {
        add(offset + word.trailingZeroBitCount / 8..<offset + 8 - word.leadingZeroBitCount / 8)
      }
      offset += 8
    }
    for offset in wordEnd..<bytes.count where bytes[offset] != 0 { add(offset..<offset + 1) }
    while runs.count > limit { widen() }
    return runs
  }
}
