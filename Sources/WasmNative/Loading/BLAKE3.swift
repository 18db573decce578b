import NeedletailSystem

/// The cryptographic hash BLAKE3, for up to 16 KiB. (J. O'Connor, J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn: "BLAKE3: one function, fast
/// everywhere", 2020.)
///
/// Written here because the core has no dependencies, and because signal handlers use it: it allocates nothing. Bytes are hashed in chunks
/// of 1 KiB, which are the leaves of a binary tree. Four chunks, and four pairs of nodes, are compressed at the same time.
enum BLAKE3 {
  struct Digest: BitwiseCopyable, Equatable {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static func == (a: Digest, b: Digest) -> Bool {
      (a.words.0 ^ b.words.0) | (a.words.1 ^ b.words.1) | (a.words.2 ^ b.words.2) | (a.words.3 ^ b.words.3) == 0
    }
  }

  /// The largest number of bytes that have a hash.
  static let maximumByteCount = 16 * chunkByteCount

  /// A word of four chunks or pairs.
  private typealias Words = SIMD4<UInt32>

  private static let chunkByteCount = 1024
  private static let blockByteCount = 64
  private static let nodeByteCount = 32
  private static let laneCount = 4

  /// The domains that a block belongs to.
  private enum Flag {
    static let chunkStart: UInt32 = 1
    static let chunkEnd: UInt32 = 2
    static let parent: UInt32 = 4
    static let root: UInt32 = 8
  }

  /// The hash of at most ``maximumByteCount`` bytes. Async-signal-safe.
  static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest {
    precondition(bytes.count <= maximumByteCount, "more bytes than the tree holds")
    // Up to 1 KiB is allocated on the stack.
    return withUnsafeTemporaryAllocation(byteCount: 16 * nodeByteCount + blockByteCount * laneCount, alignment: 16) {
      let nodes = $0.baseAddress!
      memoryFill(nodes, 0, 16 * nodeByteCount)
      let message = (nodes + 16 * nodeByteCount).bindMemory(to: Words.self, capacity: 16)
      var count = hashChunks(bytes, to: nodes, message)
      while count > 1 { count = joinPairs(nodes, count, message) }
      return nodes.load(as: Digest.self)
    }
  }

  /// Hashes all chunks; returns their number. The only chunk is the root.
  private static func hashChunks(
    _ bytes: UnsafeRawBufferPointer, to nodes: UnsafeMutableRawPointer, _ message: UnsafeMutablePointer<Words>
  ) -> Int {
    var index = 0
    while (index + laneCount) * chunkByteCount <= bytes.count {
      var state = State()
      let start = bytes.baseAddress! + index * chunkByteCount
      let counter = Words(0, 1, 2, 3) &+ Words(repeating: UInt32(truncatingIfNeeded: index))
      for block in 0..<chunkByteCount / blockByteCount {
        load(start + block * blockByteCount, distance: chunkByteCount, to: message)
        var flags = block == 0 ? Flag.chunkStart : 0
        if block == chunkByteCount / blockByteCount - 1 { flags |= Flag.chunkEnd }
        state.compress(message, counter: counter, byteCount: UInt32(blockByteCount), flags)
      }
      for lane in 0..<laneCount { state.store(lane, to: nodes + (index + lane) * nodeByteCount) }
      index += laneCount
    }
    while index * chunkByteCount < bytes.count || index == 0 {
      let chunk = index * chunkByteCount..<min((index + 1) * chunkByteCount, bytes.count)
      hashChunk(UnsafeRawBufferPointer(rebasing: bytes[chunk]), index, isRoot: bytes.count <= chunkByteCount, message)
        .store(0, to: nodes + index * nodeByteCount)
      index += 1
    }
    return index
  }

  /// Hashes one chunk, in all lanes.
  private static func hashChunk(
    _ chunk: UnsafeRawBufferPointer, _ index: Int, isRoot: Bool, _ message: UnsafeMutablePointer<Words>
  ) -> State {
    var state = State()
    var position = 0
    repeat {
      let byteCount = min(chunk.count - position, blockByteCount)
      for word in 0..<16 {
        var value: UInt32 = 0
        for byte in 0..<4 where 4 * word + byte < byteCount {
          value |= UInt32(chunk[position + 4 * word + byte]) << UInt32(8 * byte)
        }
        message[word] = Words(repeating: value)
      }
      var flags = position == 0 ? Flag.chunkStart : 0
      position += byteCount
      if position == chunk.count { flags |= isRoot ? Flag.chunkEnd | Flag.root : Flag.chunkEnd }
      state.compress(
        message, counter: Words(repeating: UInt32(truncatingIfNeeded: index)), byteCount: UInt32(byteCount), flags)
    } while position < chunk.count
    return state
  }

  /// Replaces the nodes of a level by those of the next one; the last node of an odd number stays as it is. Returns the number of nodes.
  private static func joinPairs(
    _ nodes: UnsafeMutableRawPointer, _ count: Int, _ message: UnsafeMutablePointer<Words>
  ) -> Int {
    let pairCount = count / 2
    for first in stride(from: 0, to: pairCount, by: laneCount) {
      // The results of lanes without a pair are not used.
      load(nodes + first * blockByteCount, distance: blockByteCount, to: message)
      var state = State()
      let flags = count == 2 ? Flag.parent | Flag.root : Flag.parent
      state.compress(message, counter: Words(repeating: 0), byteCount: UInt32(blockByteCount), flags)
      for lane in 0..<min(laneCount, pairCount - first) {
        state.store(lane, to: nodes + (first + lane) * nodeByteCount)
      }
    }
    guard count % 2 == 1 else { return pairCount }
    memoryCopy(nodes + pairCount * nodeByteCount, nodes + (count - 1) * nodeByteCount, nodeByteCount)
    return pairCount + 1
  }

  /// Reads the blocks of all lanes.
  @inline(__always)
  private static func load(_ start: UnsafeRawPointer, distance: Int, to message: UnsafeMutablePointer<Words>) {
    for word in 0..<16 {
      let place = start + 4 * word
      func lane(_ index: Int) -> UInt32 {
        UInt32(littleEndian: place.loadUnaligned(fromByteOffset: index * distance, as: UInt32.self))
      }
      message[word] = Words(lane(0), lane(1), lane(2), lane(3))
    }
  }

  /// The state of four compressions: a matrix of 4 × 4 words, by rows. Between blocks, the first two rows are the chaining value.
  private struct State {
    private var a0 = Words(repeating: 0x6A09_E667)
    private var a1 = Words(repeating: 0xBB67_AE85)
    private var a2 = Words(repeating: 0x3C6E_F372)
    private var a3 = Words(repeating: 0xA54F_F53A)
    private var b0 = Words(repeating: 0x510E_527F)
    private var b1 = Words(repeating: 0x9B05_688C)
    private var b2 = Words(repeating: 0x1F83_D9AB)
    private var b3 = Words(repeating: 0x5BE0_CD19)
    private var c0 = Words(repeating: 0)
    private var c1 = Words(repeating: 0)
    private var c2 = Words(repeating: 0)
    private var c3 = Words(repeating: 0)
    private var d0 = Words(repeating: 0)
    private var d1 = Words(repeating: 0)
    private var d2 = Words(repeating: 0)
    private var d3 = Words(repeating: 0)

    /// Compresses a block. Changes the message.
    @inline(never)
    mutating func compress(_ m: UnsafeMutablePointer<Words>, counter: Words, byteCount: UInt32, _ flags: UInt32) {
      c0 = Words(repeating: 0x6A09_E667)
      c1 = Words(repeating: 0xBB67_AE85)
      c2 = Words(repeating: 0x3C6E_F372)
      c3 = Words(repeating: 0xA54F_F53A)
      d0 = counter
      d1 = Words(repeating: 0)
      d2 = Words(repeating: byteCount)
      d3 = Words(repeating: flags)
      var round = 0
      while true {
        // Columns, then diagonals.
        Self.mix(&a0, &b0, &c0, &d0, m[0], m[1])
        Self.mix(&a1, &b1, &c1, &d1, m[2], m[3])
        Self.mix(&a2, &b2, &c2, &d2, m[4], m[5])
        Self.mix(&a3, &b3, &c3, &d3, m[6], m[7])
        Self.mix(&a0, &b1, &c2, &d3, m[8], m[9])
        Self.mix(&a1, &b2, &c3, &d0, m[10], m[11])
        Self.mix(&a2, &b3, &c0, &d1, m[12], m[13])
        Self.mix(&a3, &b0, &c1, &d2, m[14], m[15])
        round += 1
        if round == 7 { break }
        Self.permute(m)
      }
      a0 ^= c0
      a1 ^= c1
      a2 ^= c2
      a3 ^= c3
      b0 ^= d0
      b1 ^= d1
      b2 ^= d2
      b3 ^= d3
    }

    /// Writes a lane's chaining value.
    func store(_ lane: Int, to node: UnsafeMutableRawPointer) {
      let words = node.assumingMemoryBound(to: UInt32.self)
      words[0] = a0[lane].littleEndian
      words[1] = a1[lane].littleEndian
      words[2] = a2[lane].littleEndian
      words[3] = a3[lane].littleEndian
      words[4] = b0[lane].littleEndian
      words[5] = b1[lane].littleEndian
      words[6] = b2[lane].littleEndian
      words[7] = b3[lane].littleEndian
    }

    /// Brings the message's words into the order of the next round.
    @inline(__always)
    private static func permute(_ m: UnsafeMutablePointer<Words>) {
      let words = (
        m[2], m[6], m[3], m[10], m[7], m[0], m[4], m[13], m[1], m[11], m[12], m[5], m[9], m[14], m[15], m[8]
      )
      UnsafeMutableRawPointer(m).storeBytes(of: words, as: type(of: words))
    }

    @inline(__always)
    private static func mix(
      _ a: inout Words, _ b: inout Words, _ c: inout Words, _ d: inout Words, _ x: Words, _ y: Words
    ) {
      a = a &+ b &+ x
      d = rotated(d ^ a, 16)
      c = c &+ d
      b = rotated(b ^ c, 12)
      a = a &+ b &+ y
      d = rotated(d ^ a, 8)
      c = c &+ d
      b = rotated(b ^ c, 7)
    }

    /// Words rotated right. The left shift is a product, because the optimizer rotates words one by one if it recognizes a rotation, which
    /// takes four times as long.
    @inline(__always)
    private static func rotated(_ words: Words, _ count: UInt32) -> Words {
      (words &>> Words(repeating: count)) | (words &* Words(repeating: 1 << (32 - count)))
    }
  }
}
