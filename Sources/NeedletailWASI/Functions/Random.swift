import Needletail
import NeedletailSystem
import WebAssembly

/// The guest's source of random bytes.
struct GuestRandom {
  private let source: WASI.RandomSource
  /// The state of SplitMix64 (Steele, Lea and Flood 2014), for seeded runs.
  private var state: UInt64 = 0

  init(_ source: WASI.RandomSource) {
    self.source = source
    if case .seeded(let seed) = source { state = seed }
  }

  /// The most bytes filled between two checks for an interrupt. A multiple of 8, so that a seeded stream is the same as
  /// without pieces.
  static let pieceCount = 1 << 20

  /// Whether a request may be filled in pieces. An embedder's closure receives each request as a whole.
  var fillsInPieces: Bool {
    if case .closure = source { false } else { true }
  }

  /// Fills a request or, if ``fillsInPieces``, a piece of one.
  mutating func fill(_ bytes: UnsafeMutableRawBufferPointer) throws(Errno) {
    guard bytes.count > 0 else { return }
    switch source {
    case .system: try onHost { () throws(SystemError) in try RandomBytes.fill(bytes) }
    case .seeded: fillFromSeed(bytes)
    case .closure(let body):
      do { try body(bytes) } catch { throw error as? Errno ?? .io }
    }
  }

  private mutating func fillFromSeed(_ bytes: UnsafeMutableRawBufferPointer) {
    var index = 0
    while index < bytes.count {
      var word = next()
      for _ in 0..<min(8, bytes.count - index) {
        bytes[index] = UInt8(truncatingIfNeeded: word)
        word >>= 8
        index += 1
      }
    }
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

extension WASI {
  func defineRandom(_ functions: HostFunctions) throws {
    try functions.define("random_get") { [self] (memory: GuestMemory, buffer: UInt32, count: UInt32) throws(Errno) in
      guard Int(count) <= configuration.limits.randomBytes else {
        throw deny(.inval, nil, "more than \(ByteCount.format(configuration.limits.randomBytes)) at once not granted")
      }
      let bytes = try memory.bytes(at: buffer, count: count)
      guard random.fillsInPieces else { return try random.fill(bytes) }
      var filled = 0
      while filled < bytes.count {
        // Filling the default limit takes up to 0.2 s, and the guest can call again at once.
        try requireGoingOn()
        let piece = bytes[filled..<min(filled + GuestRandom.pieceCount, bytes.count)]
        try random.fill(UnsafeMutableRawBufferPointer(rebasing: piece))
        filled += piece.count
      }
    }
  }
}
