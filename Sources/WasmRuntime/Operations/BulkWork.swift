import NeedletailSystem

// The work of bulk instructions, in pieces. Before each piece, it stops if the store is interrupted; the instruction then traps, and what was
// written stays. Short instructions look as well: a function can have many of them, one after the other.

/// The sizes of pieces, in bytes.
private enum BulkWork {
  /// Takes at most some milliseconds, even if the system must provide every page.
  static let pieceByteCount = 4 << 20
}

extension UnsafeMutablePointer<InstanceContext> {
  /// Sets bytes.
  ///
  /// - Returns: the code of the trap if the store is interrupted.
  package func fillBytes(_ target: UnsafeMutableRawPointer, _ byte: UInt8, _ byteCount: Int) -> TrapCode? {
    var done = 0
    repeat {
      if isInterrupted { return .interrupted }
      let piece = Swift.min(byteCount - done, BulkWork.pieceByteCount)
      memoryFill(target + done, byte, piece)
      done += piece
    } while done < byteCount
    return nil
  }

  /// Copies bytes between areas that may overlap.
  ///
  /// - Returns: the code of the trap if the store is interrupted.
  package func copyBytes(
    from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ byteCount: Int
  ) -> TrapCode? {
    // The end is copied first if a copy from the start would overwrite what is still to be copied.
    let isBackward = UnsafeRawPointer(target) > source && UnsafeRawPointer(target) < source + byteCount
    var done = 0
    repeat {
      if isInterrupted { return .interrupted }
      let piece = Swift.min(byteCount - done, BulkWork.pieceByteCount)
      let offset = isBackward ? byteCount - done - piece : done
      memoryCopy(target + offset, source + offset, piece)
      done += piece
    } while done < byteCount
    return nil
  }

  /// Writes a value to cells of `byteCount` bytes, `count` times.
  ///
  /// - Returns: the code of the trap if the store is interrupted.
  package func fillCells(
    _ low: Slot, _ high: Slot, at target: UnsafeMutableRawPointer, byteCount: Int, count: Int
  ) -> TrapCode? {
    var done = 0
    repeat {
      if isInterrupted { return .interrupted }
      let piece = Swift.min(count - done, BulkWork.pieceByteCount / byteCount)
      HeapCell.fill(low, high, at: target + done * byteCount, byteCount: byteCount, count: piece)
      done += piece
    } while done < count
    return nil
  }
}
