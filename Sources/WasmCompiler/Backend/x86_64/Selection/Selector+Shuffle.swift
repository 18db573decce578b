import WebAssembly

// Byte shuffles, by the cheapest instruction for the pattern.

/// Sixteen byte indices: 0 to 15 for the first vector, 16 to 31 for the second.
struct ShufflePattern {
  var bytes: SIMD16<UInt8>

  init(_ low: UInt64, _ high: UInt64) { bytes = unsafeBitCast(SIMD2(low, high), to: SIMD16<UInt8>.self) }

  init(bytes: SIMD16<UInt8>) { self.bytes = bytes }

  /// The indices of lanes of `byteCount` bytes, if whole lanes are moved.
  func lanes(_ byteCount: Int) -> [UInt8]? {
    var lanes: [UInt8] = []
    for start in stride(from: 0, to: 16, by: byteCount) {
      let first = bytes[start]
      guard Int(first) % byteCount == 0 else { return nil }
      for offset in 1..<byteCount where bytes[start + offset] != first + UInt8(offset) { return nil }
      lanes.append(first / UInt8(byteCount))
    }
    return lanes
  }

  /// The same pattern with the vectors swapped.
  var swapped: ShufflePattern { ShufflePattern(bytes: bytes ^ SIMD16(repeating: 16)) }

  /// Whether all bytes come from the first vector.
  var usesFirstOnly: Bool { bytes.max() < 16 }

  /// The shift count in bytes, if the pattern shifts the 32 bytes of both vectors down.
  var rotation: UInt8? {
    let steps = SIMD16<UInt8>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) &+ SIMD16(repeating: bytes[0])
    return bytes == steps & SIMD16(repeating: 31) && bytes[0] < 16 ? bytes[0] : nil
  }

  /// The rotation of the first vector in bytes, if the pattern is one.
  var rotationOfFirst: UInt8? {
    let steps = SIMD16<UInt8>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) &+ SIMD16(repeating: bytes[0])
    return bytes == steps & SIMD16(repeating: 15) ? bytes[0] : nil
  }

  /// The two halves of the pattern for `pshufb`: bytes that come from the other vector have their sign set and become 0.
  var selectors: (low: UInt64, high: UInt64) {
    let outside = bytes .> SIMD16(repeating: 15)
    let halves = unsafeBitCast(bytes.replacing(with: SIMD16(repeating: 0x80), where: outside), to: SIMD2<UInt64>.self)
    return (halves.x, halves.y)
  }

  /// The instructions that interleave lanes of 1, 2, 4 and 8 bytes: of the lower and of the upper halves.
  static let interleavings: [(byteCount: Int, low: Encoding, high: Encoding)] = [
    (1, .punpcklbw, .punpckhbw), (2, .punpcklwd, .punpckhwd), (4, .punpckldq, .punpckhdq),
    (8, .punpcklqdq, .punpckhqdq),
  ]

  /// The instruction that interleaves the lanes of both vectors according to the pattern.
  var interleaving: Encoding? {
    for row in Self.interleavings {
      guard let lanes = lanes(row.byteCount) else { continue }
      let count = UInt8(lanes.count)
      for (start, encoding) in [(UInt8(0), row.low), (count / 2, row.high)]
      where lanes.indices.allSatisfy({ lanes[$0] == start + UInt8($0) / 2 + ($0 % 2 == 0 ? 0 : count) }) {
        return encoding
      }
    }
    return nil
  }

  /// Four lane indices as an immediate.
  static func constant(_ lanes: some Collection<UInt8>) -> UInt8 { lanes.reversed().reduce(0) { $0 << 2 | $1 & 3 } }

  /// The mask of words that come from the second vector, if all words keep their positions.
  var blend: UInt8? {
    guard let lanes = lanes(2) else { return nil }
    var mask: UInt8 = 0
    for (place, lane) in lanes.enumerated() {
      guard Int(lane) % 8 == place else { return nil }
      if lane >= 8 { mask |= 1 << UInt8(place) }
    }
    return mask
  }
}

extension Selector {
  mutating func lowerShuffle(_ value: Value) {
    let instruction = graph[value]
    var pattern = ShufflePattern(instruction.immediate, graph.vectorHighs[Int(instruction.index)])
    var (first, second) = (graph.resolve(instruction.a), graph.resolve(instruction.b))
    if first == second { pattern.bytes &= SIMD16(repeating: 15) }
    if pattern.swapped.usesFirstOnly || isZero(first) {
      swap(&first, &second)
      pattern = pattern.swapped
    }
    let result = register(of: value)
    if pattern.usesFirstOnly {
      shuffle(vector(first), pattern, into: result)
    } else if isZero(second), pattern.interleaving == nil {
      let selectors = pattern.selectors
      binary(.pshufb, vector(first), self.pattern(selectors.low, selectors.high), into: result)
    } else {
      shuffle(vector(first), vector(second), pattern, into: result)
    }
  }

  private mutating func isZero(_ value: Value) -> Bool {
    graph[value].operation == .constant && graph[value].immediate == 0
      && graph.vectorHighs[Int(graph[value].index)] == 0
  }

  /// A shuffle of one vector.
  private mutating func shuffle(_ operand: VirtualRegister, _ pattern: ShufflePattern, into result: VirtualRegister) {
    if pattern.rotationOfFirst == 0 {
      unary(.movaps, .register(operand), into: result)
    } else if let lanes = pattern.lanes(4) {
      unary(.pshufd, .register(operand), ShufflePattern.constant(lanes), into: result)
    } else if let lanes = pattern.lanes(2), lanes[4...].elementsEqual(4..<8), lanes[..<4].allSatisfy({ $0 < 4 }) {
      unary(.pshuflw, .register(operand), ShufflePattern.constant(lanes[..<4]), into: result)
    } else if let lanes = pattern.lanes(2), lanes[..<4].elementsEqual(0..<4), lanes[4...].allSatisfy({ $0 >= 4 }) {
      unary(.pshufhw, .register(operand), ShufflePattern.constant(lanes[4...]), into: result)
    } else if pattern.bytes == .zero, features.contains(.avx2) {
      unary(.vpbroadcastb, .register(operand), into: result)
    } else if let count = pattern.rotationOfFirst {
      binary(.palignr, operand, .register(operand), count, into: result)
    } else if let encoding = ShufflePattern.interleavings.lazy.compactMap({ Self.doubling(pattern, $0) }).first {
      binary(encoding, operand, operand, into: result)
    } else {
      let selectors = pattern.selectors
      binary(.pshufb, operand, self.pattern(selectors.low, selectors.high), into: result)
    }
  }

  /// The instruction that interleaves a vector with itself according to the pattern.
  private static func doubling(
    _ pattern: ShufflePattern, _ row: (byteCount: Int, low: Encoding, high: Encoding)
  ) -> Encoding? {
    guard let lanes = pattern.lanes(row.byteCount) else { return nil }
    if lanes.indices.allSatisfy({ Int(lanes[$0]) == $0 / 2 }) { return row.low }
    return lanes.indices.allSatisfy({ Int(lanes[$0]) == ($0 + lanes.count) / 2 }) ? row.high : nil
  }

  /// A shuffle of two vectors.
  private mutating func shuffle(
    _ first: VirtualRegister, _ second: VirtualRegister, _ pattern: ShufflePattern, into result: VirtualRegister
  ) {
    if let encoding = pattern.interleaving {
      binary(encoding, first, second, into: result)
    } else if let encoding = pattern.swapped.interleaving {
      binary(encoding, second, first, into: result)
    } else if let mask = pattern.blend {
      binary(.pblendw, first, .register(second), mask, into: result)
    } else if let count = pattern.rotation {
      // The instruction's first operand is the upper one.
      binary(.palignr, second, .register(first), count, into: result)
    } else if let count = pattern.swapped.rotation {
      binary(.palignr, first, .register(second), count, into: result)
    } else if let lanes = pattern.lanes(4), lanes[..<2].allSatisfy({ $0 < 4 }), lanes[2...].allSatisfy({ $0 >= 4 }) {
      binary(.shufps, first, .register(second), ShufflePattern.constant(lanes), into: result)
    } else if let lanes = pattern.lanes(4), lanes[..<2].allSatisfy({ $0 >= 4 }), lanes[2...].allSatisfy({ $0 < 4 }) {
      binary(.shufps, second, .register(first), ShufflePattern.constant(lanes), into: result)
    } else {
      let (ofFirst, ofSecond) = (pattern.selectors, pattern.swapped.selectors)
      let left = binary(.pshufb, first, self.pattern(ofFirst.low, ofFirst.high))
      let right = binary(.pshufb, second, self.pattern(ofSecond.low, ofSecond.high))
      binary(.por, left, right, into: result)
    }
  }

  /// A shuffle by indices that are known only at run time: indices above 15 give 0, which `pshufb` does only for those above 127.
  mutating func lowerSwizzle(_ value: Value) {
    let operand = vector(graph[value].a)
    let indices = graph.resolve(graph[value].b)
    let result = register(of: value)
    if graph[indices].operation == .constant {
      let selectors = ShufflePattern(graph[indices].immediate, graph.vectorHighs[Int(graph[indices].index)]).selectors
      binary(.pshufb, operand, pattern(selectors.low, selectors.high), into: result)
    } else {
      let bounded = binary(.paddusb, vector(indices), pattern(0x7070_7070_7070_7070))
      binary(.pshufb, operand, bounded, into: result)
    }
  }
}
