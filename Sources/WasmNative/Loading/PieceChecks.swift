import NeedletailSystem

/// What the pieces of an artifact are checked with.
///
/// Checksums detect accidents. They suffice while an artifact is opened, since it is trusted then, and for bytes in memory. Later, its file
/// could be changed by somebody who must not choose the code of this process, such as the guest that runs it. So everything that is read
/// from a file later is checked with digests, which were read when the artifact was opened.
struct PieceChecks {
  var checksums: [UInt64] = []
  /// Empty if everything is loaded when the artifact is opened.
  var digests: [BLAKE3.Digest] = []

  /// Nothing else holds the arrays to write to them, so their addresses are fixed.
  struct Part {
    let checksums: ArraySlice<UInt64>
    let digests: ArraySlice<BLAKE3.Digest>
  }

  /// The checks of some pieces.
  func part(_ pieces: Range<Int>) -> Part {
    Part(checksums: checksums[pieces], digests: digests.isEmpty ? [] : digests[pieces])
  }

  /// The checks of an artifact's pieces.
  ///
  /// - Parameters:
  ///   - parts: the ranges that begin with a new piece.
  ///   - hasDigests: whether parts can be loaded after the artifact was opened.
  init(_ artifact: UnsafeRawBufferPointer, _ parts: [Range<Int>], hasDigests: Bool) {
    for part in parts {
      for start in stride(from: part.lowerBound, to: part.upperBound, by: PagedBytes.pieceByteCount) {
        let end = min(start + PagedBytes.pieceByteCount, part.upperBound)
        let piece = UnsafeRawBufferPointer(rebasing: artifact[start..<end])
        checksums.append(Checksum.of(piece))
        if hasDigests { digests.append(BLAKE3.hash(piece)) }
      }
    }
  }

  /// - Parameters:
  ///   - bytes: the tables of checksums and digests, as they are stored, with the padding between them.
  ///   - digests: the range of the digests.
  init(_ bytes: UnsafeRawBufferPointer, checksumCount: Int, digests: Range<Int>) {
    checksums = Self.rows(bytes[..<(checksumCount * MemoryLayout<UInt64>.stride)])
    self.digests = Self.rows(bytes[digests])
  }

  private static func rows<Row: BitwiseCopyable>(_ bytes: Slice<UnsafeRawBufferPointer>) -> [Row] {
    [Row](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Row>.stride) { rows, count in
      count = rows.count
      if let target = rows.baseAddress, let base = UnsafeRawBufferPointer(rebasing: bytes).baseAddress {
        memoryCopy(target, base, bytes.count)
      }
    }
  }

  /// Writes both tables.
  func write(checksums target: UnsafeMutableRawPointer, digests digestTarget: UnsafeMutableRawPointer) {
    Self.write(checksums, to: target)
    Self.write(digests, to: digestTarget)
  }

  private static func write<Row: BitwiseCopyable>(_ rows: [Row], to target: UnsafeMutableRawPointer) {
    rows.withUnsafeBytes { if let base = $0.baseAddress { memoryCopy(target, base, $0.count) } }
  }
}
