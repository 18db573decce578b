import Testing
import WebAssembly

@testable import WasmCompiler

@Suite("Simplification of instructions")
struct SimplificationTests {
  private static let edges: [UInt64] = [
    0, 1, 2, 3, 5, 7, 9, 10, 31, 32, 63, 64, 100, 127, 128, 255, 641, 1000, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000,
    1_000_000_007,
    0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xAAAA_AAAB, 0xCCCC_CCCD, 0xFFFF_FFF9, 0xFFFF_FFFE, 0xFFFF_FFFF,
  ]

  private static func wide(_ bits: UInt64) -> UInt64 { UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: bits))) }

  @Test("An operation with a constant keeps its results", arguments: IntegerOperations.shared.binaryOperations)
  func constants(operation: IntegerOperation) {
    for isWide in [false, true] {
      let type: IRType = isWide ? .i64 : .i32
      let opcode = IntegerOperations.shared.opcode(operation, isWide: isWide)
      let result: IRType = operation.isComparison ? .i32 : type
      for edge in Self.edges {
        let constant = isWide ? Self.wide(edge) : edge
        for constantIsLeft in [false, true] {
          var function = StraightLine()
          let parameter = function.parameter(type)
          let other = function.constant(type, constant)
          let (a, b) = constantIsLeft ? (other, parameter) : (parameter, other)
          function.finish(returning: function.wasm(opcode, result, a, b))
          function.optimize()
          for dividend in Self.edges {
            let argument = isWide ? Self.wide(dividend) : dividend
            let (x, y) = constantIsLeft ? (constant, argument) : (argument, constant)
            guard let wanted = operation.evaluate(x, y, isWide: isWide) else { continue }
            #expect(function.evaluate([argument]) == wanted, "\(opcode.mnemonic) \(x) \(y)")
          }
        }
      }
    }
  }

  private static let wideEdges: [UInt64] = [
    1, 2, 3, 5, 6, 7, 10, 45_000, 1_000_000_007, 1_000_000_000_000_000_003, 1 << 32, 1 << 33 + 1, 1 << 62, 1 << 62 + 1,
    .max >> 1, 1 << 63, 1 << 63 + 1, 0xAAAA_AAAA_AAAA_AAAB, 0xCCCC_CCCC_CCCC_CCCD, .max - 1, .max,
  ]

  @Test("64-bit division by a constant needs no division", arguments: [IntegerOperation.divS, .divU, .remS, .remU])
  func wideDivision(operation: IntegerOperation) {
    let opcode = IntegerOperations.shared.opcode(operation, isWide: true)
    for divisor in Self.wideEdges {
      var function = StraightLine()
      let dividend = function.parameter(.i64)
      function.finish(returning: function.wasm(opcode, .i64, dividend, function.constant(.i64, divisor)))
      function.optimize()
      let isSigned = operation == .divS || operation == .remS
      if !isSigned || Int64(bitPattern: divisor).magnitude > 1 && divisor != 1 << 63 {
        #expect(!function.opcodes.contains(opcode), "\(opcode.mnemonic) \(divisor)")
      }
      for edge in Self.wideEdges {
        // Around multiples of the divisor, where rounding differs.
        let multiple = edge &* divisor
        for argument in [0, edge, multiple, multiple &- 1, multiple &+ 1, 0 &- edge] {
          guard let wanted = operation.evaluate(argument, divisor, isWide: true) else { continue }
          #expect(function.evaluate([argument]) == wanted, "\(opcode.mnemonic) \(argument) \(divisor)")
        }
      }
    }
  }

  @Test("Two operations with constants keep their results")
  func pairs() {
    let constants: [UInt64] = [0, 1, 3, 16, 31, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
    for first in IntegerOperations.shared.binaryOperations where !first.isComparison {
      for second in IntegerOperations.shared.binaryOperations {
        for x in constants {
          for y in constants {
            let opcodes = (
              IntegerOperations.shared.opcode(first, isWide: false),
              IntegerOperations.shared.opcode(second, isWide: false)
            )
            var function = StraightLine()
            let inner = function.wasm(opcodes.0, .i32, function.parameter(.i32), function.constant(.i32, x))
            function.finish(returning: function.wasm(opcodes.1, .i32, inner, function.constant(.i32, y)))
            function.optimize()
            for argument in constants {
              guard let middle = first.evaluate(argument, x, isWide: false),
                let wanted = second.evaluate(middle, y, isWide: false)
              else { continue }
              #expect(
                function.evaluate([argument]) == wanted,
                "\(opcodes.0.mnemonic) \(x), \(opcodes.1.mnemonic) \(y): \(argument)")
            }
          }
        }
      }
    }
  }

  @Test(
    "Multiplications and divisions by constants are replaced",
    arguments: [
      (Opcode.i32DivU, UInt64(10)), (.i32DivS, 10), (.i32DivU, 7), (.i32RemU, 7), (.i32RemS, 1000), (.i32DivU, 8),
      (.i32RemU, 8),
      (.i32DivS, 0xFFFF_FFF6),
    ])
  func strength(opcode: Opcode, divisor: UInt64) {
    var function = StraightLine()
    let parameter = function.parameter(.i32)
    function.finish(returning: function.wasm(opcode, .i32, parameter, function.constant(.i32, divisor)))
    function.optimize()
    let left = function.opcodes
    #expect(!left.contains(opcode))
  }

  @Test("Equal computations are merged, and double negations of conditions removed")
  func numbering() {
    var function = StraightLine()
    let (a, b) = (function.parameter(.i32), function.parameter(.i32))
    let sum = function.wasm(.i32Add, .i32, a, b)
    let same = function.wasm(.i32Add, .i32, function.wasm(.i32Sub, .i32, a, function.constant(.i32, 0)), b)
    let isLess = function.wasm(.i32LtS, .i32, sum, same)
    let less = function.wasm(.i32LtS, .i32, sum, b)
    let negated = function.wasm(.i32Eqz, .i32, less)
    function.finish(returning: function.wasm(.i32Or, .i32, isLess, negated))
    function.optimize()
    let left = function.opcodes
    #expect(left == [.i32Add, .i32GeS])
  }
}

extension IntegerOperations {
  /// All operations with two operands.
  var binaryOperations: [IntegerOperation] {
    (0...IntegerOperation.extend16S.rawValue).compactMap(IntegerOperation.init).filter { !$0.isUnary }
  }
}
