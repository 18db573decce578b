import Testing
import WasmText

@testable import WasmCompiler

/// The machine instructions selected for WebAssembly instructions, listed before register allocation.
@Suite("Selection")
struct SelectionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    /// The fields of a function in the text format.
    var function: String
    /// Parts of the listing, in this order.
    var has: [String]
    var hasNot: [String] = []
    var features: X86_64Features = .baseline

    var testDescription: String { name }
  }

  private static func listing(_ function: String, _ features: X86_64Features) throws -> String {
    let facts = ModuleFacts(try image(try assemble("(module (memory 1) (func \(function)))")))
    var compiler = FunctionCompiler<NativeBackend>(
      facts, CompilerOptions(level: .none, processor: ProcessorFeatures(features)))
    return try compiler.listing(0, allocated: false)
  }

  @Test("Patterns", arguments: comparisons + memory + arithmetic + control)
  func pattern(_ example: Case) throws {
    let listing = try Self.listing(example.function, example.features)
    var rest = Substring(listing)
    for part in example.has {
      let range = rest.firstRange(of: part)
      #expect(range != nil, "no \(part) in\n\(listing)")
      if let range { rest = rest[range.upperBound...] }
    }
    for part in example.hasNot { #expect(!listing.contains(part), "\(part) in\n\(listing)") }
  }

  static let comparisons = [
    Case(
      name: "A comparison is part of the branch",
      function:
        "(param i32 i32) (result i32) (if (i32.lt_s (local.get 0) (local.get 1)) (then (return (i32.const 1)))) (i32.const 2)",
      has: ["compareBranch cmp less.dword"], hasNot: ["compareSet"]),
    Case(
      name: "A test for zero turns the condition around",
      function: "(param i32 i32) (block (br_if 0 (i32.eqz (i32.eq (local.get 0) (local.get 1)))) unreachable)",
      has: ["compareBranch cmp notEqual.dword"], hasNot: ["compareSet"]),
    Case(
      name: "Constants stand on the right",
      function: "(param i32) (result i32) (i32.lt_u (i32.const 5) (local.get 0))",
      has: ["compareSet cmp above #5.dword"]),
    Case(
      name: "Zero needs no constant",
      function: "(param i64) (result i32) (i64.lt_s (local.get 0) (i64.const 0))", has: ["compareSet test sign.qword"]),
    Case(
      name: "A mask is tested",
      function: "(param i32) (block (br_if 0 (i32.and (local.get 0) (i32.const 4))) unreachable)",
      has: ["compareBranch test notEqual #4.dword"], hasNot: ["and"]),
    Case(
      name: "A byte is compared where it stands",
      function: "(param i32) (block (br_if 0 (i32.eq (i32.load8_u (local.get 0)) (i32.const 200))) unreachable)",
      has: ["compareBranch cmp equal #200.byte [memoryBaseIndex]"], hasNot: ["movzx8"]),
    Case(
      name: "All bytes of a 64-bit load are read, so that it faults where it must",
      function: "(param i32) (block (br_if 0 (i64.eqz (i64.and (i64.load (local.get 0)) (i64.const 1)))) unreachable)",
      has: ["test equal #1.qword [memoryBaseIndex]"]),
    Case(
      name: "Floats that are smaller are the larger ones' others",
      function: "(param f64 f64) (result i32) (f64.lt (local.get 0) (local.get 1))",
      has: ["parameters =v1:xmm0, =v2:xmm1", "compareSet float64 above.qword =v0, v2, v1"]),
    Case(
      name: "A select is a conditional move",
      function:
        "(param i64 i64 i32 i32) (result i64) (select (local.get 0) (local.get 1) (i32.gt_u (local.get 2) (local.get 3)))",
      has: ["compareSelect cmp"], hasNot: ["compareSet", "compareBranch"]),
  ]

  static let memory = [
    Case(
      name: "A load is an operand",
      function: "(param i32 i32) (result i32) (i32.add (local.get 0) (i32.load offset=12 (local.get 1)))",
      has: ["add.dword [memoryBaseIndex 12]"], hasNot: ["mov.dword"]),
    Case(
      name: "A load does not move over a store",
      function:
        "(param i32 i32) (result i32) (i32.load (local.get 1)) (i32.store (local.get 0) (i32.const 7)) (i32.add (local.get 0))",
      has: ["mov.dword [memoryBaseIndex]", "mov #7.dword [memoryBaseIndex]", "add.dword"],
      hasNot: ["add.dword [memoryBaseIndex]"]),
    Case(
      name: "A load that is used twice happens once",
      function: "(param i32) (result i32) (local i32) (i32.add (local.tee 1 (i32.load (local.get 0))) (local.get 1))",
      has: ["mov.dword [memoryBaseIndex]", "add.dword"], hasNot: ["add.dword [memoryBaseIndex]"]),
    Case(
      name: "A sum that may wrap is no displacement",
      function: "(param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 8)))",
      has: ["add #8.dword", "mov.dword [memoryBaseIndex]"]),
    Case(
      name: "A sum that cannot wrap is a displacement",
      function: "(param i32) (result i32) (i32.load (i32.add (i32.and (local.get 0) (i32.const 255)) (i32.const 8)))",
      has: ["movzx8.dword", "mov.dword [memoryBaseIndex 8]"]),
    Case(
      name: "A shift that may lose bits is no scale",
      function: "(param i32) (result i32) (i32.load (i32.shl (local.get 0) (i32.const 2)))",
      has: ["shl #2.dword", "mov.dword [memoryBaseIndex]"]),
    Case(
      name: "A shift of few bits is a scale",
      function: "(param i32) (result i32) (i32.load (i32.shl (i32.load8_u (local.get 0)) (i32.const 2)))",
      has: ["movzx8.dword [memoryBaseIndex]", "mov.dword [memoryBaseIndex*4]"]),
    Case(
      name: "An address that is a constant is a displacement",
      function: "(result i32) (i32.load offset=4 (i32.const 1024))", has: ["mov.dword [memoryBase 1028]"]),
    Case(
      name: "Memory is changed in place",
      function: "(param i32) (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1)))",
      has: ["add #1.dword [memoryBaseIndex]"], hasNot: ["mov.dword"]),
    Case(
      name: "A constant is stored as it is",
      function: "(param i32) (i64.store (local.get 0) (i64.const -1))", has: ["mov #-1.qword [memoryBaseIndex]"],
      hasNot: ["constant"]),
  ]

  static let arithmetic = [
    Case(
      name: "A product with 5 is an address",
      function: "(param i32) (result i32) (i32.mul (local.get 0) (i32.const 5))", has: ["address.dword [baseIndex*4]"]),
    Case(
      name: "A sum with a shifted operand is an address",
      function: "(param i64 i64) (result i64) (i64.add (local.get 0) (i64.shl (local.get 1) (i64.const 3)))",
      has: ["address.qword [baseIndex*8]"], hasNot: ["shl"]),
    Case(
      name: "A mask of a byte is an extension",
      function: "(param i64) (result i64) (i64.and (local.get 0) (i64.const 255))", has: ["movzx8.dword"]),
    Case(
      name: "What does not fit into 32 bits is a constant of its own",
      function: "(param i64) (result i64) (i64.xor (local.get 0) (i64.const 0x123456789A))",
      has: ["constant #78187493530", "xor.qword"]),
    Case(
      name: "Divisions have their registers",
      function: "(param i32 i32) (result i32) (i32.rem_u (local.get 0) (local.get 1))",
      has: ["compareTrap", "remainderUnsigned =early v0:rdx", ":rax"]),
    Case(
      name: "Shifts without BMI2 count in rcx",
      function: "(param i32 i32) (result i32) (i32.shl (local.get 0) (local.get 1))", has: ["shl.dword", ":rcx"]),
    Case(
      name: "Shifts with BMI2 count anywhere",
      function: "(param i32 i32) (result i32) (i32.shl (local.get 0) (i32.and (local.get 1) (i32.const 31)))",
      has: ["shlx.dword"], hasNot: [":rcx", "and"], features: [.bmi2]),
    Case(
      name: "With BMI1, what is not in a mask is one instruction",
      function: "(param i64 i64) (result i64) (i64.and (local.get 0) (i64.xor (local.get 1) (i64.const -1)))",
      has: ["andn.qword"], hasNot: ["not", "xor"], features: [.bmi1]),
    Case(
      name: "Nobody makes what nobody uses",
      function: "(param i32) (result i32) (drop (i32.mul (local.get 0) (local.get 0))) (local.get 0)",
      has: ["return"], hasNot: ["imul"]),
    Case(
      name: "An extension without sign costs nothing",
      function: "(param i32) (result i64) (i64.extend_i32_u (local.get 0))", has: ["rename"]),
    Case(
      name: "Constants of floats are read where they stand",
      function: "(param f64) (result f64) (f64.mul (local.get 0) (f64.const 1.5))", has: ["mulsd.qword [pool]"]),
  ]

  static let control = [
    Case(
      name: "Few cases are compared one by one",
      function: "(param i32) (block (block (block (br_table 0 1 2 (local.get 0))) (return)) unreachable)",
      has: ["switchChain"]),
    Case(
      name: "Many cases are a table, and equal ones one edge",
      function: "(param i32) (block (block (br_table 0 1 0 1 0 1 0 1 (local.get 0))) (return)) unreachable",
      has: ["switchTable", "-> block1, block2\n"]),
    Case(
      name: "Traps stand at the end",
      function: "(param i32) (result i32) (if (local.get 0) (then unreachable)) (i32.const 1)",
      has: ["return", "cold", "trap"]),
    Case(
      name: "An edge from a branch to a loop's header with another one has a block of its own",
      function:
        "(param i32) (local i32) (loop (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (local.get 0))))",
      has: ["loop", "compareBranch", "jump"]),
  ]
}
