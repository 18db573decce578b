import Testing

@testable import WasmCompiler

@Suite("Register allocation")
struct RegisterAllocationTests {
  /// The allocated function, after the checker found nothing wrong.
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

  @Test("dump")
  func dump() throws {
    for text in [
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
      0:
        v0!r7 v1!r6 =
        v2~ = v0 v1 commutative
        v3~ = v0 v2
        v3!r0
      """,
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
      0:
        v0!r7 v1!r6 v9!r2 =
        -
        -> 1(v0 v1)
      1(v2 v3): loop 3
        v4~ = v2 v9
        v4
        -> 2
        -> 4
      2:
        v5~ = v3
        v5
        -> 3
        -> 5
      3:
        -
        -> 1(v4 v5)
      4:
        v4!r0
      5: cold
        v9!r7 clobber 1
        -
        -> 1(v4 v5)
      """,
    ] {
      print(try Self.allocate(text))
      print("-----")
    }
  }
}
