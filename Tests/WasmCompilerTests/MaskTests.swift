import Foundation
import Testing

@testable import WasmCompiler
@testable import WasmNative

/// Indices and addresses are masked by their checks, so that nothing outside is read under speculation.
@Suite("Masks of checked accesses")
struct MaskTests {
  struct Access: CustomTestStringConvertible, Sendable {
    var name: String
    var fields: String
    /// How many masks the graph of the front end has.
    var count = 1

    var testDescription: String { name }
  }

  static let accesses = [
    Access(
      name: "table.get",
      fields: "(table 1 externref) (func (param i32) (result externref) (table.get 0 (local.get 0)))"),
    Access(
      name: "table.set",
      fields: "(table 1 externref) (func (param i32 externref) (table.set 0 (local.get 0) (local.get 1)))"),
    Access(
      name: "table of 64 bits",
      fields: "(table i64 1 externref) (func (param i64) (result externref) (table.get 0 (local.get 0)))"),
    Access(name: "call_indirect", fields: "(table 1 funcref) (func (param i32) (call_indirect (local.get 0)))"),
    Access(
      name: "return_call_indirect", fields: "(table 1 funcref) (func (param i32) (return_call_indirect (local.get 0)))"),
    Access(
      name: "64-bit memory", fields: "(memory i64 1) (func (param i64) (result i32) (i32.load (local.get 0)))"),
    Access(
      name: "store to a 64-bit memory",
      fields: "(memory i64 1) (func (param i64) (i32.store offset=100000 (local.get 0) (i32.const 1)))"),
    Access(
      name: "pages of one byte",
      fields: "(memory 1 (pagesize 1)) (func (param i32) (result i32) (i32.load8_u (local.get 0)))"),
    Access(
      name: "an offset beyond the guard",
      fields: "(memory 1) (func (param i32) (result i32) (i32.load offset=0x80000000 (local.get 0)))"),
    Access(
      name: "a shared 64-bit memory, which may have grown",
      fields: "(memory i64 1 2 shared) (func (param i64) (result i32) (i32.atomic.load (local.get 0)))", count: 2),
    Access(
      name: "a constant index that the table may lack",
      fields: "(table 1 externref) (func (result externref) (table.get 0 (i32.const 1)))"),
    Access(
      name: "a constant address that the memory may lack",
      fields: "(memory i64 1) (func (result i32) (i32.load (i64.const 65533)))"),
  ]

  private static func graphText(_ access: Access) throws -> String { try graph(of: "(module \(access.fields))") }

  private static func code(_ fields: String, _ level: OptimizationLevel) throws -> String {
    let inspector = ModuleInspector(
      try image(assembled("(module \(fields))")), CompilerOptions(level: level, processor: .baseline))
    return try inspector.code(0) { "f\($0)" }.text
  }

  @Test("The graph has a mask", arguments: accesses)
  func graphs(access: Access) throws {
    let text = try Self.graphText(access)
    #expect(text.components(separatedBy: " = mask ").count == access.count + 1, "\(text)")
  }

  @Test("The code has a conditional move for it at each level", arguments: accesses, OptimizationLevel.allCases)
  func code(access: Access, level: OptimizationLevel) throws {
    let text = try Self.code(access.fields, level)
    #expect(text.contains("cmov"), "\(text)")
  }

  @Test(
    "What is always inside needs none",
    arguments: [
      "(table 2 externref) (func (result externref) (table.get 0 (i32.const 1)))",
      "(memory i64 1) (func (result i32) (i32.load offset=4 (i64.const 65528)))",
      "(memory 1) (func (param i32) (result i32) (i32.load offset=4 (local.get 0)))",
    ], OptimizationLevel.allCases)
  func inside(fields: String, level: OptimizationLevel) throws {
    #expect(try !graph(of: "(module \(fields))").contains(" = mask "))
    #expect(try !Self.code(fields, level).contains("cmov"))
  }

  @Test("The index into a table of jumps is masked", arguments: OptimizationLevel.allCases)
  func jumpTables(level: OptimizationLevel) throws {
    let blocks = String(repeating: "(block ", count: 9)
    let ends = (1...9).map { ") (if (i32.eq (local.get 1) (i32.const \($0))) (then (return (i32.const \($0)))))" }
    let text = try Self.code(
      "(func (param i32 i32) (result i32) \(blocks) (br_table 0 1 2 3 4 5 6 7 8 (local.get 0)) \(ends.joined()) (i32.const 0))",
      level)
    let lines = text.split(separator: "\n")
    let jump = try #require(lines.firstIndex { $0.contains("movsxd") }, "\(text)")
    #expect(lines[..<jump].suffix(3).contains { $0.contains("cmovb") }, "\(text)")
  }

  @Test("One comparison is enough for the check and the mask", arguments: OptimizationLevel.allCases)
  func comparisons(level: OptimizationLevel) throws {
    for index in [0, 3] {
      let text = try Self.code(Self.accesses[index].fields, level)
      let bound = text.split(separator: "\n").filter { $0.contains("cmp ") && !$0.contains("[r15") }
      // An indirect call compares types and contexts besides.
      #expect(bound.count == (index == 0 ? 1 : 3), "\(text)")
    }
  }

  @Test("An access whose check goes is masked by the check that is left")
  func sharedMasks() throws {
    let text = """
      block0(v0: i64, v1: i32, v2: i64):
        v3: i64 = i64.extend_i32_u v1
        v4: i64 = const 8
        v5: i64 = i64.add v3, v4
        v6: i64 = i64.load [v0 + 8] !memoryCells
        v7: i32 = i64.gt_u v5, v6
        trap_if v7 !trap(outOfBoundsMemoryAccess)
        v8: i64 = i64.add v2, v3
        v9: i64 = mask v8, v7
        v10: i64 = i64.load [v9] !memory !guarded
        v11: i64 = const 4
        v12: i64 = i64.add v3, v11
        v13: i32 = i64.gt_u v12, v6
        trap_if v13 !trap(outOfBoundsMemoryAccess)
        v14: i64 = mask v8, v13
        v15: i32 = i32.load [v14] !memory !guarded
        return
      """
    let expected = """
      block0(v0: i64, v1: i32, v2: i64):
        v3: i64 = i64.extend_i32_u v1
        v4: i64 = const 8
        v5: i64 = i64.add v3, v4
        v6: i64 = i64.load [v0 + 8] !memoryCells
        v7: i32 = i64.gt_u v5, v6
        trap_if v7 !trap(outOfBoundsMemoryAccess)
        v8: i64 = i64.add v2, v3
        v9: i64 = mask v8, v7
        v10: i64 = i64.load [v9] !memory !guarded
        v11: i64 = const 4
        v12: i64 = i64.add v3, v11
        v13: i32 = i64.gt_u v12, v6
        v14: i32 = i32.load [v9] !memory !guarded
        return
      """
    try PassCase("shared masks", text, expected).check { $0.removeBoundsChecks(&$1) }
  }
}
