/// The class of an instruction, by which its execution is charged: see `FuelCosts`.
public enum InstructionClass: UInt8, Hashable, Sendable, CaseIterable {
  /// Instructions that only structure code, or drop a value: `nop`, `block`, `else`, `end`, `try`, `drop`, `unreachable`, `return`.
  case structure
  /// `loop`, `if`, and all branches.
  case branch
  /// Calls of all kinds. What a host function costs in addition is ``FuelCosts/hostCall``.
  case call
  /// `throw` and its relatives.
  case exception
  /// Accesses to locals and globals, and `select`.
  case variable
  /// Constants, `ref.null` and `ref.func` included.
  case constant
  /// Operations on integers, comparisons, and conversions between integers.
  case integer
  /// Divisions and remainders of integers.
  case integerDivision
  /// Operations on floats, comparisons, and conversions from and to floats.
  case float
  /// Divisions and square roots of floats.
  case floatDivision
  /// Loads and stores.
  case memoryAccess
  /// The size, the growth and the bulk operations of memories, and `data.drop`. Growth and bulk operations also cost something for each
  /// page and byte.
  case memoryOperation
  /// All instructions on tables, and `elem.drop`. Some also cost something for each element.
  case table
  /// Tests, comparisons and casts of references, and conversions between them.
  case reference
  /// Reads and writes of structures and arrays. Bulk operations also cost something for each element.
  case aggregateAccess
  /// The creation of structures and arrays. Arrays also cost something for each element.
  case allocation
  /// All instructions on vectors.
  case vector
  /// All atomic instructions.
  case atomic
}

extension Opcode {
  /// The class of the instruction.
  public var instructionClass: InstructionClass {
    switch self {
    case .nop, .block, .else, .end, .try, .catch, .catchAll, .delegate, .tryTable, .drop, .unreachable, .return:
      return .structure
    case .loop, .if, .br, .brIf, .brTable, .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail, .brOnCastDescEq,
      .brOnCastDescEqFail:
      return .branch
    case .call, .callIndirect, .callRef, .returnCall, .returnCallIndirect, .returnCallRef: return .call
    case .throw, .throwRef, .rethrow: return .exception
    case .select, .selectTyped, .localGet, .localSet, .localTee, .globalGet, .globalSet: return .variable
    case .i32Const, .i64Const, .f32Const, .f64Const, .refNull, .refFunc: return .constant
    case .i32DivS, .i32DivU, .i32RemS, .i32RemU, .i64DivS, .i64DivU, .i64RemS, .i64RemU: return .integerDivision
    case .f32Div, .f64Div, .f32Sqrt, .f64Sqrt: return .floatDivision
    case .memorySize, .memoryGrow, .memoryFill, .memoryCopy, .memoryInit, .dataDrop: return .memoryOperation
    case .tableGet, .tableSet, .tableInit, .elemDrop, .tableCopy, .tableGrow, .tableSize, .tableFill: return .table
    default: return classByEncoding
    }
  }

  /// The class of an instruction whose neighbours in the instruction table are of the same class.
  private var classByEncoding: InstructionClass {
    let row = InstructionTable.shared[self]
    switch row.prefix {
    case 0xFB: return aggregateClass
    case 0xFC: return row.code < 8 ? .float : .integer
    case 0xFD: return .vector
    case 0xFE: return .atomic
    default: break
    }
    if row.immediates == .memory { return .memoryAccess }
    guard let signature = row.signature else { return .reference }
    let types = [signature.operand(0), signature.result(0)]
    return types.contains { $0 == 0x7D || $0 == 0x7C } ? .float : .integer
  }

  private var aggregateClass: InstructionClass {
    switch self {
    case .structNew, .structNewDefault, .structNewDesc, .structNewDefaultDesc, .arrayNew, .arrayNewDefault,
      .arrayNewFixed, .arrayNewData, .arrayNewElem:
      .allocation
    case .structGet, .structGetS, .structGetU, .structSet, .arrayGet, .arrayGetS, .arrayGetU, .arraySet, .arrayLen,
      .arrayFill, .arrayCopy, .arrayInitData, .arrayInitElem:
      .aggregateAccess
    default: .reference
    }
  }
}
