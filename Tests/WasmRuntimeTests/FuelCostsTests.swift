import Testing
import WasmRuntime
import WebAssembly

@Suite struct FuelRateTests {
  @Test("Costs of units are rounded up and saturate")
  func rates() {
    let bytes = FuelRate(cost: 64, countLog2: 10)
    #expect(bytes.cost(of: 0) == 0)
    #expect(bytes.cost(of: 1) == 1)
    #expect(bytes.cost(of: 16) == 1)
    #expect(bytes.cost(of: 17) == 2)
    #expect(bytes.cost(of: 1024) == 64)
    #expect(bytes.cost(of: .max) == .max)
    #expect(FuelRate(cost: .max, countLog2: 0).cost(of: 1 << 48) == UInt64(UInt16.max) << 48)
    #expect(FuelRate(cost: .max, countLog2: 0).cost(of: 1 << 50) == .max)
  }
}

@Suite struct FuelScheduleTests {
  /// The charges by offset.
  private func charges(_ body: [UInt8], _ costs: FuelCosts) throws -> [Int: [Int32]] {
    var schedule = FuelSchedule(costs)
    return try body.withUnsafeBufferPointer { bytes in
      try schedule.begin(InstructionReader(base: bytes.baseAddress!, range: 0..<bytes.count))
      var result: [Int: [Int32]] = [:]
      for offset in bytes.indices {
        while let charge = schedule.charge(at: offset) { result[offset, default: []].append(charge) }
      }
      return result
    }
  }

  @Test("A segment ends with a branch and where one can lead to")
  func segments() throws {
    // local.get 0, if, nop, local.get 0, drop, else, i32.const 1, drop, end, local.get 0, drop, end
    let body: [UInt8] = [0x20, 0, 0x04, 0x40, 0x01, 0x20, 0, 0x1A, 0x05, 0x41, 1, 0x1A, 0x0B, 0x20, 0, 0x1A, 0x0B]
    #expect(try charges(body, FuelCosts()) == [0: [2], 4: [1], 9: [1], 13: [1]])
  }

  @Test("A segment may cost more than an immediate holds")
  func largeSegments() throws {
    var costs = FuelCosts()
    costs.element = .max
    costs[.allocation] = .max
    // array.new_fixed 0 100000, end
    let body: [UInt8] = [0xFB, 8, 0, 0xA0, 0x8D, 0x06, 0x0B]
    let total = 100_001 * Int(UInt16.max)
    let pieces = try #require(try charges(body, costs)[0])
    #expect(pieces.map { Int($0) }.reduce(0, +) == total)
    #expect(pieces == Array(repeating: .max, count: total / Int(Int32.max)) + [Int32(total % Int(Int32.max))])
  }
}

@Suite struct InstructionClassTests {
  @Test("Each instruction has the class of its kind")
  func classes() {
    let expected: [(InstructionClass, [Opcode])] = [
      (.structure, [.nop, .end, .drop]), (.branch, [.if, .brTable, .brOnCast]), (.call, [.call, .returnCallRef]),
      (.exception, [.throwRef]), (.variable, [.localTee, .globalGet, .select]), (.constant, [.i64Const, .refNull]),
      (.integer, [.i32Add, .i64Eqz, .i32WrapI64, .i64Extend8S, .i64MulWideS]), (.integerDivision, [.i64RemU]),
      (.float, [.f32Add, .f64Lt, .i32TruncF64S, .i64TruncSatF32U, .f64ConvertI32S, .i32ReinterpretF32]),
      (.floatDivision, [.f64Sqrt]), (.memoryAccess, [.i64Load8S, .f64Store]), (.memoryOperation, [.memoryGrow]),
      (.table, [.tableGet, .elemDrop]), (.reference, [.refIsNull, .refCast, .refI31, .refAsNonNull]),
      (.aggregateAccess, [.structGetS, .arrayCopy]), (.allocation, [.structNew, .arrayNewFixed]),
      (.vector, [.v128Load, .i8x16Shuffle]), (.atomic, [.i32AtomicRmwAdd, .atomicFence]),
    ]
    for (instructionClass, opcodes) in expected {
      for opcode in opcodes { #expect(opcode.instructionClass == instructionClass, "\(opcode)") }
    }
    #expect(Set(Opcode.allCases.map(\.instructionClass)) == Set(InstructionClass.allCases))
  }
}
