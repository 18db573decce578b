import Testing
import WasmBinary
import WasmRuntime
import WasmText
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
  private struct NoNames: DebugNames {
    var moduleName: String? { nil }
    func functionName(_ index: UInt32) -> String? { nil }
    func tagName(_ index: UInt32) -> String? { nil }
  }

  /// The charges of the last function, by offset from its first instruction.
  ///
  /// - Parameter end: the number of bytes of the body that are looked at; nil for all.
  private func charges(
    _ fields: String, _ costs: FuelCosts = FuelCosts(), upTo end: Int? = nil
  ) throws -> [Int: [Int32]] {
    let bytes = try assembleModule(Array("(module \(fields))".utf8), options: WatOptions()).bytes
    let image = try ModuleImage(Decoder.decode(bytes), registry: TypeRegistry(), names: NoNames())
    var schedule = FuelSchedule(costs)
    let index = image.module.functions.count - 1
    try schedule.begin(function: index, of: image)
    var result: [Int: [Int32]] = [:]
    var start: Int?
    for offset in image.module.functions[index].body.prefix(end ?? .max) {
      while let charge = schedule.charge(at: offset) {
        start = start ?? offset
        result[offset - start!, default: []].append(charge)
      }
    }
    return result
  }

  private func total(_ fields: String, _ costs: FuelCosts = FuelCosts()) throws -> Int {
    try charges(fields, costs).values.joined().reduce(0) { $0 + Int($1) }
  }

  @Test("A segment ends with a branch and where one can lead to")
  func segments() throws {
    let text = """
      (func (param i32)
        local.get 0 if nop local.get 0 drop else i32.const 1 drop end local.get 0 drop)
      """
    #expect(try charges(text) == [0: [2], 4: [1], 9: [1], 13: [1]])
  }

  @Test("A loop is charged where it begins, and its body for each iteration")
  func loops() throws {
    #expect(try charges("(func (loop (loop (br 1))))") == [0: [1], 2: [1], 4: [1]])
  }

  @Test("A segment may cost more than an immediate holds")
  func largeSegments() throws {
    var costs = FuelCosts()
    costs.element = .max
    costs[.allocation] = .max
    costs[.reference] = 0
    let pieces = try #require(
      try charges(
        "(type $a (array i32)) (func (param i32) local.get 0 array.new_fixed $a 100000 drop)", costs)[0])
    let total = 1 + 100_001 * Int(UInt16.max)
    #expect(pieces.map { Int($0) }.reduce(0, +) == total)
    #expect(pieces == Array(repeating: .max, count: total / Int(Int32.max)) + [Int32(total % Int(Int32.max))])
  }

  @Test("Sums of costs end at the largest number: unreachable code can have any operands")
  func saturation() throws {
    var costs = FuelCosts()
    costs.element = .max
    let arrays = String(repeating: "array.new_fixed $a 4294967295 drop ", count: 70_000)
    #expect(try charges("(type $a (array i32)) (func unreachable \(arrays) unreachable)", costs, upTo: 1) == [:])
  }

  @Test("Values that move, locals, fields and clauses cost something")
  func values() throws {
    let many = String(repeating: "i32 ", count: 80)
    let types = """
      (type $many (func (param \(many)) (result \(many))))
      (type $struct (struct (field \(many))))
      (tag $t (param \(many)))
      (table 1 funcref)
      """
    // One for the call, ten for its parameters, ten for its results, ten for the function's.
    #expect(try total("\(types) (func $f (type $many) call $f)") == 31)
    #expect(try total("\(types) (func $f (type $many) i32.const 0 call_indirect (type $many))") == 32)
    #expect(try total("\(types) (func (type $many) return)") == 20)
    #expect(try total("\(types) (func (block (type $many) br 0) unreachable)") == 31)
    #expect(try total("\(types) (func (block (type $many) i32.const 0 br_table 0 0) unreachable)") == 32)
    #expect(try total("\(types) (func (throw $t))") == 74)
    #expect(try total("\(types) (func (drop (struct.new_default $struct)))") == 81)
    #expect(try total("(func (local \(many)))") == 10)
    #expect(try total("(func (local i32 i32 i32 i32 i32 i32 i32))") == 0)
    // A block with two clauses, one of them with values.
    #expect(
      try total(
        "\(types) (func (block (block (type $many) (try_table (catch $t 0) (catch_all 1)) unreachable) unreachable))")
        == 3 + 10 + 20)
  }
}

@Suite struct InstructionClassTests {
  @Test("Each instruction has the class of its kind")
  func classes() {
    let expected: [(InstructionClass, [Opcode])] = [
      (.structure, [.nop, .end, .drop]), (.branch, [.loop, .if, .brTable, .brOnCast]),
      (.call, [.call, .returnCallRef]),
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
