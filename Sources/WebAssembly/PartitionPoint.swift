/// The first index from `start` up to `end` that satisfies a condition; `end` if none does.
///
/// Not generic, so that signal handlers can use it in debug builds too.
///
/// - Parameter condition: must hold for all indices after the first one for which it holds.
/// - Complexity: O(log(`end` − `start`)).
@inlinable @inline(__always)
package func partitionPoint(from start: Int = 0, to end: Int, where condition: (Int) -> Bool) -> Int {
  var (low, high) = (start, end)
  while low < high {
    let middle = low + (high - low) / 2
    if condition(middle) { high = middle } else { low = middle + 1 }
  }
  return low
}
