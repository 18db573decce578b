import Testing

@testable import WasmCompiler

/// Simplification and strength reduction of single instructions, without value numbering.
@Suite("Simplified instructions")
struct SimplificationTextTests {
  @Test(arguments: folding + identities + conditions + conversions)
  func simplifies(_ change: PassCase) throws {
    try change.check { optimizer, graph in
      optimizer.forEachInstruction(&graph) { $0.simplify($1, &$2) }
      optimizer.removeDeadCode(&graph)
    }
  }

  @Test(arguments: strength)
  func reduces(_ change: PassCase) throws {
    try change.check { optimizer, graph in
      optimizer.forEachInstruction(&graph) { $0.reduceStrength($1, &$2) }
      optimizer.removeDeadCode(&graph)
    }
  }

  /// A function with two parameters that consists of `lines` and returns `v9`.
  private static func function(_ lines: String, returns: String = "v9", type: String = "i32") -> String {
    "block0(v0: \(type), v1: \(type)):\n\(lines)\nreturn \(returns)"
  }

  static let folding = [
    PassCase(
      "Constants are computed",
      function("v2: i32 = const 6 \n v3: i32 = const 7 \n v9: i32 = i32.mul v2, v3"),
      function("v9: i32 = const 42")),
    PassCase(
      "So are shifts, by as many bits as count",
      function("v2: i32 = const -8 \n v3: i32 = const 33 \n v9: i32 = i32.shr_s v2, v3"),
      function("v9: i32 = const -4")),
    PassCase(
      unchanged: "What would trap is not",
      function("v2: i32 = const 6 \n v3: i32 = const 0 \n v9: i32 = i32.div_u v2, v3")),
    PassCase(
      "Constants stand on the right, and comparisons turn around with them",
      function("v2: i32 = const 6 \n v9: i32 = i32.lt_s v2, v0"),
      function("v2: i32 = const 6 \n v9: i32 = i32.gt_s v0, v2")),
    PassCase(
      "Sums of constants come together",
      function("v2: i32 = const 6 \n v3: i32 = i32.add v0, v2 \n v9: i32 = i32.sub v3, v2"),
      function("v2: i32 = const 0 \n v9: i32 = i32.add v0, v2")),
    PassCase(
      "A difference is a sum",
      function("v2: i64 = const 6 \n v9: i64 = i64.sub v0, v2", type: "i64"),
      function("v2: i64 = const -6 \n v9: i64 = i64.add v0, v2", type: "i64")),
    PassCase(
      "Two shifts are one",
      function("v2: i32 = const 6 \n v3: i32 = i32.shl v0, v2 \n v9: i32 = i32.shl v3, v2"),
      function("v2: i32 = const 12 \n v9: i32 = i32.shl v0, v2")),
    PassCase(
      "Two shifts the other way extend",
      function("v2: i32 = const 24 \n v3: i32 = i32.shl v0, v2 \n v9: i32 = i32.shr_s v3, v2"),
      function("v9: i32 = i32.extend8_s v0")),
    PassCase(
      "Or clear",
      function("v2: i32 = const 24 \n v3: i32 = i32.shl v0, v2 \n v9: i32 = i32.shr_u v3, v2"),
      function("v2: i32 = const 255 \n v9: i32 = i32.and v0, v2")),
  ]

  static let identities =
    [
      ("add", "0"), ("sub", "0"), ("or", "0"), ("xor", "0"), ("shl", "32"), ("mul", "1"), ("and", "-1"),
      ("div_u", "1"),
    ].map { name, constant in
      PassCase(
        "\(name) \(constant) is nothing",
        function("v2: i32 = const \(constant) \n v9: i32 = i32.\(name) v0, v2"), function("", returns: "v0"))
    }
    + [("xor", "0"), ("sub", "0"), ("ne", "0"), ("eq", "1"), ("le_u", "1")].map { name, result in
      PassCase(
        "\(name) of twice the same is \(result)",
        function("v9: i32 = i32.\(name) v0, v0"), function("v9: i32 = const \(result)"))
    }

  static let conditions = [
    PassCase(
      "The opposite of a comparison is one",
      function("v2: i32 = i32.lt_u v0, v1 \n v9: i32 = i32.eqz v2"), function("v9: i32 = i32.ge_u v0, v1")),
    PassCase(
      "An equality with zero is a test",
      function("v2: i32 = const 0 \n v9: i32 = i32.eq v0, v2"), function("v9: i32 = i32.eqz v0")),
    PassCase(
      "Floats have no opposite comparison",
      """
      block0(v0: f64):
        v1: i32 = f64.lt v0, v0
        v2: i32 = i32.eqz v1
        return v2
      """,
      """
      block0(v0: f64):
        v1: i32 = f64.lt v0, v0
        v2: i32 = i32.eqz v1
        return v2
      """),
    PassCase(
      "Tests for zero in front of a branch go in pairs",
      """
      block0(v0: i32):
        v1: i32 = const 0
        v2: i32 = i32.ne v0, v1
        branch v2, block1, block2
      block1:
        return
      block2:
        trap !trap(unreachable)
      """,
      """
      block0(v0: i32):
        branch v0, block1, block2
      block1:
        return
      block2:
        trap !trap(unreachable)
      """),
    PassCase(
      "A selection by an opposite selects the other one",
      function("v2: i32 = i32.eqz v0 \n v9: i32 = select v0, v1, v2"), function("v9: i32 = select v1, v0, v0")),
    PassCase(
      "A selection by a constant has been made",
      function("v2: i32 = const 0 \n v9: i32 = select v0, v1, v2"), function("", returns: "v1")),
  ]

  static let conversions = [
    PassCase(
      "What is made wider and narrow again is what it was",
      function("v2: i64 = i64.extend_i32_s v0 \n v9: i32 = i32.wrap_i64 v2"), function("", returns: "v0")),
    PassCase(
      "Bits that go to a float and back are what they were",
      function("v2: f32 = f32.reinterpret_i32 v0 \n v9: i32 = i32.reinterpret_f32 v2"), function("", returns: "v0")),
    PassCase(
      unchanged: "What is made narrow and wider again is not",
      function("v2: i32 = i32.wrap_i64 v0 \n v9: i64 = i64.extend_i32_u v2", type: "i64")),
    PassCase(
      "Constants are converted",
      function("v2: i32 = const -1 \n v9: f64 = f64.convert_i32_u v2"),
      function("v9: f64 = const 0x41efffffffe00000")),
  ]

  static let strength = [
    PassCase(
      "A multiplication by a power of two is a shift",
      function("v2: i32 = const 8 \n v9: i32 = i32.mul v0, v2"),
      function("v2: i32 = const 3 \n v9: i32 = i32.shl v0, v2")),
    PassCase(
      unchanged: "One by another number is none",
      function("v2: i32 = const 10 \n v9: i32 = i32.mul v0, v2")),
    PassCase(
      "An unsigned remainder by a power of two is what is below",
      function("v2: i64 = const 8 \n v9: i64 = i64.rem_u v0, v2", type: "i64"),
      function("v2: i64 = const 7 \n v9: i64 = i64.and v0, v2", type: "i64")),
    PassCase(
      "A division by ten is a multiplication",
      function("v2: i32 = const 10 \n v9: i32 = i32.div_u v0, v2"),
      function(
        """
        v2: i64 = i64.extend_i32_u v0
        v3: i64 = const 3435973837
        v4: i64 = i64.mul v2, v3
        v5: i64 = const 35
        v6: i64 = i64.shr_u v4, v5
        v9: i32 = i32.wrap_i64 v6
        """)),
    PassCase(
      "A division by seven, whose reciprocal has 33 bits, too",
      function("v2: i32 = const 7 \n v9: i32 = i32.div_u v0, v2"),
      function(
        """
        v2: i64 = i64.extend_i32_u v0
        v3: i64 = const 613566757
        v4: i64 = i64.mul v2, v3
        v5: i64 = const 32
        v6: i64 = i64.shr_u v4, v5
        v7: i64 = i64.sub v2, v6
        v8: i64 = const 1
        v10: i64 = i64.shr_u v7, v8
        v11: i64 = i64.add v10, v6
        v12: i64 = const 2
        v13: i64 = i64.shr_u v11, v12
        v9: i32 = i32.wrap_i64 v13
        """)),
    PassCase(
      "A signed division adds one to what is negative",
      function("v2: i32 = const 10 \n v9: i32 = i32.div_s v0, v2"),
      function(
        """
        v2: i64 = i64.extend_i32_s v0
        v3: i64 = const 3435973837
        v4: i64 = i64.mul v2, v3
        v5: i64 = const 35
        v6: i64 = i64.shr_s v4, v5
        v7: i64 = const 63
        v8: i64 = i64.shr_u v2, v7
        v10: i64 = i64.add v6, v8
        v9: i32 = i32.wrap_i64 v10
        """)),
    PassCase(
      "A signed division by a power of two is shifts, with one less than it added to what is negative",
      function("v2: i32 = const 8 \n v9: i32 = i32.div_s v0, v2"),
      function(
        """
        v2: i32 = const 31
        v3: i32 = i32.shr_s v0, v2
        v4: i32 = const 29
        v5: i32 = i32.shr_u v3, v4
        v6: i32 = i32.add v0, v5
        v7: i32 = const 3
        v9: i32 = i32.shr_s v6, v7
        """)),
    PassCase(
      "Its remainder is what is left of the multiple; of 2, the sign is what is added",
      function("v2: i64 = const 2 \n v9: i64 = i64.rem_s v0, v2", type: "i64"),
      function(
        """
        v2: i64 = const 63
        v3: i64 = i64.shr_u v0, v2
        v4: i64 = i64.add v0, v3
        v5: i64 = const -2
        v6: i64 = i64.and v4, v5
        v9: i64 = i64.sub v0, v6
        """, type: "i64")),
  ]
}

extension Optimizer {
  /// Applies a change to each instruction in order, with its operands resolved.
  fileprivate mutating func forEachInstruction(
    _ graph: inout FunctionGraph, _ change: (inout Optimizer, Value, inout FunctionGraph) -> Void
  ) {
    for block in flow.order.indices {
      var value = graph[flow.order[block]].first
      while !value.isNone {
        let next = graph[value].next
        graph.resolveOperands(value)
        change(&self, value, &graph)
        value = next
      }
    }
  }
}
