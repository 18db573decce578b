/// The cell sizes for small objects: multiples of 8 up to 128 bytes, then four steps per doubling.
package enum SizeClass {
  /// The largest size that is allocated in cells; larger objects have their own blocks.
  package static let maximumSize = 16 << 10

  /// The sizes of all classes, ascending.
  package static let sizes: [Int] = {
    var sizes = Array(stride(from: 16, through: 128, by: 8))
    while let last = sizes.last, last < maximumSize {
      let power = 1 << (Int.bitWidth - 1 - last.leadingZeroBitCount)
      sizes.append(last + power / 4)
    }
    return sizes
  }()

  package static let count = sizes.count
  /// The class of cells that hold Swift objects, separate because a collection sweeps them at once.
  package static let external = count
  /// A class without cells for larger objects: its window is always empty.
  package static let large = count + 1
  /// The number of windows.
  package static let windowCount = count + 2

  /// The class of each size, by multiples of 8.
  private static let table: [UInt8] = {
    var table: [UInt8] = []
    table.reserveCapacity(maximumSize / 8 + 1)
    var index = 0
    for size in stride(from: 0, through: maximumSize, by: 8) {
      if size > sizes[index] { index += 1 }
      table.append(UInt8(index))
    }
    return table
  }()

  /// The class for objects of a size in bytes; ``large`` if there is none.
  package static func of(_ size: Int) -> Int {
    size > maximumSize ? large : Int(table[(size + 7) >> 3])
  }
}
