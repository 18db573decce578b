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
