import WasmRuntime
import WebAssembly

// Fills and copies of a small constant number of bytes, as loads and stores rather than calls.
//
// An out-of-bounds fill or copy must write nothing. Memories are contiguous from 0 on, so if the last bytes are in bounds, all are: the
// last ones are written first. A store across the memory's end faults as a whole.

extension FrontEnd {
  /// The byte counts that are expanded.
  private static var smallByteCounts: ClosedRange<UInt64> { 1...64 }

  /// The value of a byte count, if it is a small constant and accesses to the memory need no check.
  private mutating func smallByteCount(_ count: Value, _ memory: UInt32) -> Int? {
    guard let bits = constantBits(count), Self.smallByteCounts.contains(bits) else { return nil }
    let facts = facts.memories[memory]
    return facts.isGuarded && !facts.isShared ? Int(bits) : nil
  }

  /// Accesses that together cover a number of bytes; the last ones may overlap.
  private static func pieces(_ byteCount: Int) -> [(offset: Int, width: Int)] {
    var width = 16
    while width > byteCount { width /= 2 }
    var pieces = stride(from: 0, through: byteCount - width, by: width).map { (offset: $0, width: width) }
    let rest = byteCount % width
    if rest == 1 {
      pieces.append((byteCount - 1, 1))
    } else if rest > 0 {
      var last = width
      while last / 2 >= rest { last /= 2 }
      pieces.append((byteCount - last, last))
    }
    return pieces
  }

  private static func opcodes(_ width: Int) -> (load: Opcode, store: Opcode, type: IRType) {
    switch width {
    case 16: (.v128Load, .v128Store, .v128)
    case 8: (.i64Load, .i64Store, .i64)
    case 4: (.i32Load, .i32Store, .i32)
    case 2: (.i32Load16U, .i32Store16, .i32)
    default: (.i32Load8U, .i32Store8, .i32)
    }
  }

  private mutating func access(
    _ operation: Operation, _ opcode: Opcode, _ type: IRType, _ memory: UInt32, _ address: Value,
    _ piece: (offset: Int, width: Int), _ stored: Value = .none
  ) -> Value {
    let argument = MemoryArgument(alignmentLog2: 0, memory: memory, offset: UInt64(piece.offset))
    let place = place(argument, address, byteCount: UInt64(piece.width))
    return emit(
      Instruction(
        operation: operation, type: type, opcode: opcode, region: .memory,
        // Loads are in order, so the first one that faults begins inside, or where the copy does.
        trap: Instruction.trap(ofPartAt: operation == .store ? piece.offset : 0), a: place.base, b: place.index,
        c: stored,
        immediate: place.offset, source: source))
  }

  // MARK: Instructions

  /// Copies inline, if possible.
  mutating func copySmall(
    _ count: Value, to target: UInt32, _ address: Value, from source: UInt32, _ sourceAddress: Value
  ) -> Bool {
    guard let byteCount = smallByteCount(count, target), smallByteCount(count, source) != nil else { return false }
    let pieces = Self.pieces(byteCount)
    // All bytes are read before any is written, since the ranges may overlap.
    let values = pieces.map { piece in
      let opcodes = Self.opcodes(piece.width)
      return access(.load, opcodes.load, opcodes.type, source, sourceAddress, piece)
    }
    for (piece, value) in zip(pieces, values).reversed() {
      _ = access(.store, Self.opcodes(piece.width).store, .none, target, address, piece, value)
    }
    return true
  }

  /// Fills inline, if possible.
  mutating func fillSmall(_ count: Value, in memory: UInt32, _ address: Value, with byte: Value) -> Bool {
    guard let byteCount = smallByteCount(count, memory) else { return false }
    var patterns: [Int: Value] = [:]
    for piece in Self.pieces(byteCount).reversed() {
      let pattern = patterns[piece.width] ?? pattern(of: byte, piece.width)
      patterns[piece.width] = pattern
      _ = access(.store, Self.opcodes(piece.width).store, .none, memory, address, piece, pattern)
    }
    return true
  }

  /// A value with one byte repeated.
  private mutating func pattern(of byte: Value, _ width: Int) -> Value {
    let ones: UInt64 = 0x0101_0101_0101_0101
    if let bits = constantBits(byte) {
      let pattern = (bits & 0xFF) &* ones
      switch width {
      case 16: return vectorConstant(pattern, pattern)
      case 8: return i64(pattern)
      default: return i32(UInt32(truncatingIfNeeded: pattern))
      }
    }
    switch width {
    case 16: return wasm(.i8x16Splat, .v128, byte)
    case 1: return byte
    case 8: return wasm(.i64Mul, .i64, extended(wasm(.i32And, .i32, byte, i32(0xFF))), i64(ones))
    default:
      return wasm(.i32Mul, .i32, wasm(.i32And, .i32, byte, i32(0xFF)), i32(UInt32(truncatingIfNeeded: ones)))
    }
  }
}
