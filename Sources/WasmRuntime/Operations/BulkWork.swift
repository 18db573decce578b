import NeedletailSystem

// The work of bulk instructions, in pieces. Between two pieces, and before each that is not short, it stops if the store is interrupted;
// the instruction then traps, and what was written stays.

/// The sizes of pieces, in bytes.
private enum BulkWork {
  /// Takes at most some milliseconds, even if the system must provide every page.
  static let pieceByteCount = 4 << 20
  /// Work that is so short that only loops and calls can make it take long.
  static let shortByteCount = 4 << 10
}

extension UnsafeMutablePointer<InstanceContext> {
  /// Sets bytes.
  ///
  /// - Returns: the code of the trap if the store is interrupted.
  package func fillBytes(_ target: UnsafeMutableRawPointer, _ byte: UInt8, _ byteCount: Int) -> TrapCode? {
    if byteCount <= BulkWork.shortByteCount {
      memoryFill(target, byte, byteCount)
      return nil
    }
    var done = 0
    while done < byteCount {
      if isInterrupted { return .interrupted }
      let piece = Swift.min(byteCount - done, BulkWork.pieceByteCount)
      memoryFill(target + done, byte, piece)
      done += piece
    }
    return nil
  }

  /// Copies bytes between areas that may overlap.
  ///
  /// - Returns: the code of the trap if the store is interrupted.
  package func copyBytes(
    from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ byteCount: Int
  ) -> TrapCode? {
    if byteCount <= BulkWork.shortByteCount {
      memoryCopy(target, source, byteCount)
      return nil
    }
    // The end is copied first if a copy from the start would overwrite what is still to be copied.
    let isBackward = UnsafeRawPointer(target) > source && UnsafeRawPointer(target) < source + byteCount
    var done = 0
    while done < byteCount {
      if isInterrupted { return .interrupted }
      let piece = Swift.min(byteCount - done, BulkWork.pieceByteCount)
      let offset = isBackward ? byteCount - done - piece : done
      memoryCopy(target + offset, source + offset, piece)
      done += piece
    }
    return nil
  }

  /// Writes a value to cells of `byteCount` bytes, `count` times.
  ///
  /// - Returns: the code of the trap if the store is interrupted.
  package func fillCells(
    _ low: Slot, _ high: Slot, at target: UnsafeMutableRawPointer, byteCount: Int, count: Int
  ) -> TrapCode? {
    if count * byteCount <= BulkWork.shortByteCount {
      HeapCell.fill(low, high, at: target, byteCount: byteCount, count: count)
      return nil
    }
    var done = 0
    while done < count {
      if isInterrupted { return .interrupted }
      let piece = Swift.min(count - done, BulkWork.pieceByteCount / byteCount)
      HeapCell.fill(low, high, at: target + done * byteCount, byteCount: byteCount, count: piece)
      done += piece
    }
    return nil
  }
}
