import WebAssembly

/// What the execution of code costs, in units of fuel.
///
/// The costs depend on the code alone, so they are the same for the interpreter and for compiled code at each level, and remain the same
/// when a function is compiled while it runs. Code is charged in segments: stretches of instructions in a row that end with a branch, a
/// call, or a place that a branch can lead to. A segment is charged as a whole before its first instruction, and runs only if there is
/// enough fuel for it. So when an instruction traps, its whole segment has been charged.
///
/// ```swift
/// var configuration = Engine.Configuration()
/// var costs = FuelCosts()
/// costs[.integerDivision] = 8
/// costs.hostCall = 500
/// configuration.fuel = costs
/// ```
public struct FuelCosts: Hashable, Sendable {
  /// By class: the cost of an instruction.
  private var instructions: [UInt16]

  /// The cost of 1,024 bytes that a bulk operation of a memory writes, rounded up to a whole unit for each operation.
  public var kibibyte: UInt16 = 64
  /// The cost of a page that `memory.grow` asks for, whether the memory grows or not.
  public var page: UInt16 = 1024
  /// The cost of an element that a bulk operation of a table or array writes, or with which it is created; and of a field of a structure
  /// that is created.
  public var element: UInt16 = 1
  /// The cost of each full eight values that a block, branch, call, return or exception moves, and of each full eight locals that a
  /// function declares: 7 cost nothing, and 15 as much as 8.
  public var eightValues: UInt16 = 1
  /// The cost of `try_table` and `try`, and of each of their clauses, with which an exception may be compared. Charged when the block
  /// begins.
  public var clause: UInt16 = 1
  /// The cost of a call of a host function, in addition to that of the calling instruction.
  public var hostCall: UInt16 = 0

  /// Creates the default costs: nothing for ``InstructionClass/structure``, 64 for ``InstructionClass/exception``, and 1 for every other
  /// instruction.
  public init() {
    instructions = InstructionClass.allCases.map { instructionClass in
      switch instructionClass {
      case .structure: 0
      case .exception: 64
      default: 1
      }
    }
  }

  /// The cost of an instruction of a class.
  public subscript(_ instructionClass: InstructionClass) -> UInt16 {
    get { instructions[Int(instructionClass.rawValue)] }
    set { instructions[Int(instructionClass.rawValue)] = newValue }
  }

  /// All costs, in a fixed order, for identities of compiled code.
  package var words: [UInt16] { instructions + [kibibyte, page, element, eightValues, clause, hostCall] }
}

/// What an instruction costs for each unit of its last operand, which is a number of bytes, pages or elements.
package struct FuelRate: Hashable, Sendable {
  /// The cost of 2 to the power of ``countLog2`` units.
  package var cost: UInt16
  package var countLog2: UInt8

  package init(cost: UInt16, countLog2: UInt8) {
    self.cost = cost
    self.countLog2 = countLog2
  }

  /// The cost of a number of units, rounded up; `UInt64.max` if it is larger.
  package func cost(of count: UInt64) -> UInt64 {
    let (high, low) = count.multipliedFullWidth(by: UInt64(cost))
    guard high == 0 else { return .max }
    let (sum, overflow) = low.addingReportingOverflow((1 << UInt64(countLog2)) - 1)
    return overflow ? .max : sum >> UInt64(countLog2)
  }
}

extension FuelCosts {
  /// The rate at which an instruction is charged for its last operand; nil if its cost does not depend on operands.
  package func rate(_ opcode: Opcode) -> FuelRate? {
    let rate =
      switch opcode {
      case .memoryFill, .memoryCopy, .memoryInit: FuelRate(cost: kibibyte, countLog2: 10)
      case .memoryGrow: FuelRate(cost: page, countLog2: 0)
      case .tableGrow, .tableFill, .tableCopy, .tableInit, .arrayNew, .arrayNewDefault, .arrayNewData, .arrayNewElem,
        .arrayFill, .arrayCopy, .arrayInitData, .arrayInitElem:
        FuelRate(cost: element, countLog2: 0)
      default: FuelRate(cost: 0, countLog2: 0)
      }
    return rate.cost == 0 ? nil : rate
  }
}
