import AllocationChecking
import Testing

@testable import WasmCompiler

@Suite("Register allocation of random functions")
struct RegisterAllocationFuzzTests {
  private static let rounds: UInt64 = 200

  @Test(
    "Every operand reads the right value",
    arguments: [
      (1, 4, 15, 0, false), (2, 12, 15, 4, false), (3, 30, 10, 8, false), (4, 30, 30, 20, false), (5, 60, 3, 14, false),
      (6, 12, 15, 4, true), (7, 40, 10, 10, true), (8, 20, 0, 12, true),
    ])
  func random(seed: UInt64, size: Int, calls: Int, longLived: Int, isShuffled: Bool) {
    let options = RandomMachineFunction.Options(size: size, calls: calls, longLived: longLived, isShuffled: isShuffled)
    for file in [TestRegisters.full, TestRegisters.few] {
      // One allocator for all functions, as in a compilation.
      var allocator = RegisterAllocator(file)
      var checker = AllocationChecker(file)
      for round in 0..<Self.rounds {
        let seed = seed << 32 | round
        var function = RandomMachineFunction.make(seed: seed, file: file, options: options)
        do {
          try allocator.allocate(&function)
        } catch {
          Issue.record("seed \(seed): \(error)")
          return
        }
        checker.check(function)
        let problems = checker.problems
        #expect(problems.isEmpty, "seed \(seed): \(problems.prefix(3))")
        if !problems.isEmpty { print(MachineFunctionText.text(function)); return }
      }
    }
  }
}
