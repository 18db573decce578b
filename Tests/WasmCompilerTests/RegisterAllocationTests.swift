import AllocationChecking
import Testing

@testable import WasmCompiler

@Suite("Register allocation")
struct RegisterAllocationTests {
  /// The allocated function, which the checker has verified.
  private static func allocate(_ text: String, _ file: RegisterFile = TestRegisters.full) throws -> String {
    var function = MachineFunctionText.parse(text, clobbers: TestRegisters.clobbers(file))
    var allocator = RegisterAllocator(file)
    try allocator.allocate(&function)
    var checker = AllocationChecker(file)
    checker.check(function)
    let problems = checker.problems
    #expect(problems.isEmpty, "\(problems)")
    return MachineFunctionText.text(function)
  }

  private static func expect(_ text: String, _ expected: String, _ file: RegisterFile = TestRegisters.full) throws {
    let lines = try allocate(text, file).split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    let expectedLines = expected.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines == expectedLines, "\(lines.joined(separator: "\n"))")
  }

  @Test("A value live across calls is stored once, and loaded only where a register is needed")
  func calls() throws {
    try Self.expect(
      """
      0:
        v0!r7 =
        v0
        - clobber 1
        v0
        v0
        - clobber 1
        v0?
      """,
      """
      0():
        0: def v0!=r7
        [s0 = r7]
        1: v0=r7
        2: clobber 1
        [r7 = s0]
        3: v0=r7
        4: v0=r7
        5: clobber 1
        6: v0?=s0
      """)
  }

  @Test("A value live across a call that preserves some registers stays in one of them")
  func sparedRegisters() throws {
    try Self.expect(
      """
      0:
        v0!r7 =
        - clobber 2
        v0!r0
      """,
      """
      0():
        0: def v0!=r7
        [r3 = r7]
        1: clobber 2
        [r0 = r3]
        2: v0!=r0
      """)
  }

  @Test("Operands of a commutative instruction are exchanged if that saves a copy")
  func commutative() throws {
    try Self.expect(
      """
      0:
        v0!r7 v1!r6 =
        v2~ = v0 v1 commutative
        v3~ = v0 v2
        v3!r0
      """,
      """
      0():
        0: def v0!=r7, def v1!=r6
        1: def v2~=r6, v1=r6, v0=r7
        2: def v3~=r7, v0=r7, v2=r6
        [r0 = r7]
        3: v3!=r0
      """)
  }

  @Test("Parameters of a loop and their arguments share registers")
  func loop() throws {
    try Self.expect(
      """
      0:
        v0!r7 v1!r6 =
        -
        -> 1(v0 v1)
      1(v2 v3): loop 2
        v4~ = v2 v3
        v4
        -> 2
        -> 3
      2:
        v5~ = v3
        -
        -> 1(v4 v5)
      3:
        v4!r0
      """,
      """
      0():
        0: def v0!=r7, def v1!=r6
        1:
        -> 1(v0 v1)
      1(v2 v3):
        2: def v4~=r7, v2=r7, v3=r6
        3: v4=r7
        -> 2()
        -> 3()
      2():
        4: def v5~=r6, v3=r6
        5:
        -> 1(v4 v5)
      3():
        [r0 = r7]
        6: v4!=r0
      """)
  }

  @Test("A call in a cold block adds no moves to the loop around it")
  func coldCall() throws {
    try Self.expect(
      """
      0:
        v0!r7 v1!r6 v2!r2 =
        -
        -> 1(v0 v1)
      1(v3 v4): loop 3
        v5~ = v3 v2
        v5
        -> 2
        -> 4
      2:
        v6~ = v4
        v6
        -> 3
        -> 5
      3:
        -
        -> 1(v5 v6)
      4:
        v5!r0
      5: cold
        v2!r7 clobber 1
        -
        -> 1(v5 v6)
      """,
      """
      0():
        0: def v0!=r7, def v1!=r6, def v2!=r2
        1:
        -> 1(v0 v1)
      1(v3 v4):
        2: def v5~=r7, v3=r7, v2=r2
        3: v5=r7
        -> 2()
        -> 4()
      2():
        4: def v6~=r6, v4=r6
        5: v6=r6
        -> 3()
        -> 5()
      3():
        6:
        -> 1(v5 v6)
      4():
        [r0 = r7]
        7: v5!=r0
      5(): cold
        [s1 = r7]
        [s2 = r6]
        [r7 = r2]
        [s0 = r2]
        8: v2!=r7, clobber 1
        [r6 = s2]
        [r7 = s1]
        [r2 = s0]
        9:
        -> 1(v5 v6)
      """)
  }

  @Test("Exchanged values go through the scratch register")
  func exchange() throws {
    try Self.expect(
      """
      0:
        v0!r7 v1!r6 =
        -
        -> 1(v0 v1)
      1(v2 v3): loop 1
        v2 v3
        -
        -> 1(v3 v2)
      """,
      """
      0():
        0: def v0!=r7, def v1!=r6
        1:
        -> 1(v0 v1)
      1(v2 v3):
        2: v2=r7, v3=r6
        [r11 = r7]
        [r7 = r6]
        [r6 = r11]
        3:
        -> 1(v3 v2)
      """)
  }

  @Test("With too many values, those that the loop does not read stay in memory")
  func pressure() throws {
    let text = try Self.allocate(
      """
      0:
        v0!r7 v1!r6 v2!r2 v3!r1 v4!r0 =
        v5 =
        v6 =
        v7 =
        -
        -> 1
      1: loop 2
        v0 v1 v2
        v3 v4 v5
        -> 2
        -> 3
      2:
        -
        -> 1
      3:
        v6 v7
        v0 v1 v2 v3 v4 v5
      """, TestRegisters.few)
    let loop = text.split(separator: "1():").last?.split(separator: "3():").first ?? ""
    #expect(!loop.contains("["), "no moves in the loop: \(text)")
  }

  @Test("Landing pads find values in slots, and the exception in its register")
  func landingPad() throws {
    try Self.expect(
      """
      0:
        v0!r7 v1!r6 =
        v2!r0 = v0!r7 clobber 2
        -
        -> 1
        -> 2
      1:
        v1!r0 v2!r7
      2: cold pad
        v3!r0 =
        v1!r0 v3!r7
      """,
      """
      0():
        0: def v0!=r7, def v1!=r6
        [s0 = r6]
        1: def v2!=r0, v0!=r7, clobber 2
        [r7 = r0]
        2:
        -> 1()
        -> 2()
      1():
        [r0 = s0]
        3: v1!=r0, v2!=r7
      2(): cold pad
        [r6 = s0]
        4: def v3!=r0
        [r7 = r0]
        [r0 = r6]
        5: v1!=r0, v3!=r7
      """)
  }

  /// A chain of `blocks` with `values` that are live to the end.
  private static func chain(blocks: Int, values: Int) -> MachineFunction {
    var function = MachineFunction()
    function.clobbers = TestRegisters.clobbers(TestRegisters.full)
    for _ in 0..<values { _ = function.makeRegister(.i64) }
    for block in 0..<blocks {
      var record = MachineFunction.BlockRecord(firstInstruction: UInt32(function.instructions.count))
      record.firstEdge = UInt32(function.edges.count)
      record.firstPredecessor = UInt32(function.predecessors.count)
      for value in 0..<values where block == 0 || block == blocks - 1 {
        function.instructions.append(
          MachineInstruction(opcode: 0, operandCount: 1, firstOperand: UInt32(function.operands.count)))
        function.operands.append(
          MachineOperand(
            register: VirtualRegister(value), role: block == 0 ? .definition : .use, constraint: .register))
      }
      function.instructions.append(MachineInstruction(opcode: 0, firstOperand: UInt32(function.operands.count)))
      record.instructionCount = UInt32(function.instructions.count) - record.firstInstruction
      if block > 0 {
        function.predecessors.append(UInt32(block - 1))
        record.predecessorCount = 1
      }
      if block < blocks - 1 {
        function.edges.append(MachineFunction.EdgeRecord(target: UInt32(block + 1)))
        record.edgeCount = 1
      }
      function.blocks.append(record)
    }
    return function
  }

  @Test("Many blocks, and many values that are live through all of them")
  func size() throws {
    var allocator = RegisterAllocator(TestRegisters.full)
    var function = Self.chain(blocks: 20_000, values: 2_000)
    try allocator.allocate(&function)
    // Each value that is not in a register is stored once and loaded once.
    #expect(function.moves.count <= 2 * 2_000)
    #expect(function.moves.count >= 2 * (2_000 - TestRegisters.full.integers.count))
  }

  @Test("A function whose liveness needs too much memory is refused")
  func refusal() {
    var allocator = RegisterAllocator(TestRegisters.full)
    var function = Self.chain(blocks: 60_000, values: 10_000)
    #expect(throws: RegisterAllocationError.functionTooComplex(blocks: 60_000, liveValues: 10_000)) {
      try allocator.allocate(&function)
    }
  }
}
