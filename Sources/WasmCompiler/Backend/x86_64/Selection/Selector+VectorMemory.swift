import WebAssembly

// Loads and stores of vectors and of lanes.

extension Selector {
  /// How a load of the standard is selected.
  private enum VectorLoad {
    /// One instruction.
    case whole(Encoding)
    /// All lanes of 2ⁿ bytes.
    case splat(Int)
    /// One lane; the others are those of a vector.
    case lane(Encoding, OperandSize)
  }

  private func vectorLoad(_ opcode: Opcode) -> VectorLoad {
    switch opcode {
    case .v128Load8x8S: .whole(.pmovsxbw)
    case .v128Load8x8U: .whole(.pmovzxbw)
    case .v128Load16x4S: .whole(.pmovsxwd)
    case .v128Load16x4U: .whole(.pmovzxwd)
    case .v128Load32x2S: .whole(.pmovsxdq)
    case .v128Load32x2U: .whole(.pmovzxdq)
    case .v128Load32Zero: .whole(.movss)
    case .v128Load64Zero: .whole(.movsd)
    case .v128Load8Splat: .splat(0)
    case .v128Load16Splat: .splat(1)
    case .v128Load32Splat: .splat(2)
    case .v128Load64Splat: .splat(3)
    case .v128Load8Lane: .lane(.pinsrb, .dword)
    case .v128Load16Lane: .lane(.pinsrw, .dword)
    case .v128Load32Lane: .lane(.pinsrd, .dword)
    case .v128Load64Lane: .lane(.pinsrd, .qword)
    default: .whole(.movups)
    }
  }

  mutating func lowerVectorLoad(_ value: Value) {
    let result = register(of: value)
    switch vectorLoad(graph[value].opcode) {
    case .whole(let encoding):
      let address = address(of: value)
      unary(encoding, .memory(address), into: result)
    case .splat(let laneSize): loadSplat(value, laneSize, into: result)
    case .lane(let encoding, let size):
      let operand = vector(graph[value].c)
      let address = address(of: value)
      binary(
        encoding, operand, .memory(address), UInt8(truncatingIfNeeded: graph[value].index), size: size, into: result)
    }
  }

  private mutating func loadSplat(_ value: Value, _ laneSize: Int, into result: VirtualRegister) {
    let address = address(of: value)
    switch laneSize {
    case 0 where features.contains(.avx2): unary(.vpbroadcastb, .memory(address), into: result)
    case 1 where features.contains(.avx2): unary(.vpbroadcastw, .memory(address), into: result)
    case 0: splat(laneSize: 0, vector: binary(.pinsrb, zero(), .memory(address), 0), into: result)
    case 1: splat(laneSize: 1, vector: binary(.pinsrw, zero(), .memory(address), 0), into: result)
    case 2 where usesAVX: unary(.vbroadcastss, .memory(address), into: result)
    case 2: splat(laneSize: 2, vector: unary(.movss, .memory(address)), into: result)
    default: unary(.movddup, .memory(address), into: result)
    }
  }

  mutating func lowerVectorStore(_ value: Value) {
    let lane = UInt8(truncatingIfNeeded: graph[value].index)
    let (encoding, size): (Encoding, OperandSize) =
      switch graph[value].opcode {
      case .v128Store8Lane: (.pextrb, .dword)
      case .v128Store16Lane: (.pextrw, .dword)
      case .v128Store32Lane: lane == 0 ? (.movssStore, .dword) : (.pextrd, .dword)
      case .v128Store64Lane: lane == 0 ? (.movlpsStore, .dword) : (.movhpsStore, .dword)
      default: (.movupsStore, .dword)
      }
    let operand = vector(graph[value].c)
    let address = address(of: value)
    begin(.vectorStore, size, encoding, constant: Int32(lane))
    use(operand)
    use(address)
  }
}
