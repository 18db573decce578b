import WasmCompiler
import WasmRuntime

typealias Context = UnsafeMutablePointer<InstanceContext>

/// The addresses of all functions of ``RuntimeFunction``. Created once, and never freed.
enum RuntimeTable {
  static func address(_ stubs: CommonStubs) -> UnsafePointer<UInt> {
    enum Once {
      nonisolated(unsafe) static let table = UnsafeMutablePointer<UInt>.allocate(
        capacity: RuntimeFunction.allCases.count)
    }
    for function in RuntimeFunction.allCases { Once.table[Int(function.rawValue)] = function.address(stubs) }
    return UnsafePointer(Once.table)
  }

  // The types of the functions: C functions of words. For a 32-bit result, the upper half of the word is ignored.
  typealias Function0 = @convention(c) (UnsafeMutableRawPointer) -> UInt64
  typealias Function1 = @convention(c) (UnsafeMutableRawPointer, UInt64) -> UInt64
  typealias Function2 = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64) -> UInt64
  typealias Function3 = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64) -> UInt64
  typealias Function4 = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64, UInt64) -> UInt64
  typealias Function5 = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64, UInt64, UInt64) -> UInt64

  static func word0(_ function: Function0) -> UInt { unsafeBitCast(function, to: UInt.self) }
  static func word1(_ function: Function1) -> UInt { unsafeBitCast(function, to: UInt.self) }
  static func word2(_ function: Function2) -> UInt { unsafeBitCast(function, to: UInt.self) }
  static func word3(_ function: Function3) -> UInt { unsafeBitCast(function, to: UInt.self) }
  static func word4(_ function: Function4) -> UInt { unsafeBitCast(function, to: UInt.self) }
  static func word5(_ function: Function5) -> UInt { unsafeBitCast(function, to: UInt.self) }
}

extension UnsafeMutableRawPointer {
  /// C function types cannot name Swift structures.
  fileprivate var context: Context { assumingMemoryBound(to: InstanceContext.self) }
}

extension RuntimeFunction {
  fileprivate func address(_ stubs: CommonStubs) -> UInt {
    typealias Table = RuntimeTable
    return switch self {
    case .memoryGrow: Table.word2 { Runtime.memoryGrow($0.context, $1, $2) }
    case .memoryByteCount: Table.word1 { Runtime.memoryByteCount($0.context, $1) }
    case .memoryFill: Table.word4 { Runtime.memoryFill($0.context, $1, $2, $3, $4) }
    case .memoryCopy: Table.word5 { Runtime.memoryCopy($0.context, $1, $2, $3, $4, $5) }
    case .memoryInit: Table.word5 { Runtime.memoryInit($0.context, $1, $2, $3, $4, $5) }
    case .dataDrop: Table.word1 { Runtime.dataDrop($0.context, $1) }
    case .tableGrow: Table.word3 { Runtime.tableGrow($0.context, $1, $2, $3) }
    case .tableFill: Table.word4 { Runtime.tableFill($0.context, $1, $2, $3, $4) }
    case .tableCopy: Table.word5 { Runtime.tableCopy($0.context, $1, $2, $3, $4, $5) }
    case .tableInit: Table.word5 { Runtime.tableInit($0.context, $1, $2, $3, $4, $5) }
    case .elementDrop: Table.word1 { Runtime.elementDrop($0.context, $1) }
    case .allocateStructure: stubs[.allocateStructure]
    case .allocateArray: stubs[.allocateArray]
    case .arrayNewData: stubs[.arrayNewData]
    case .arrayNewElement: stubs[.arrayNewElement]
    case .makeStructure: Table.word2 { Runtime.allocateStructure($0.context, $1, $2) }
    case .makeArray: Table.word2 { Runtime.allocateArray($0.context, $1, $2) }
    case .makeArrayFromData: Table.word4 { Runtime.arrayNewData($0.context, $1, $2, $3, $4) }
    case .makeArrayFromElements: Table.word4 { Runtime.arrayNewElement($0.context, $1, $2, $3, $4) }
    case .arrayFill: Table.word5 { Runtime.arrayFill($0.context, $1, $2, $3, $4, $5) }
    case .arrayCopy: Table.word5 { Runtime.arrayCopy($0.context, $1, $2, $3, $4, $5) }
    case .arrayInitData: Table.word5 { Runtime.arrayInitData($0.context, $1, $2, $3, $4, $5) }
    case .arrayInitElement: Table.word5 { Runtime.arrayInitElement($0.context, $1, $2, $3, $4, $5) }
    case .throwException: stubs[.throwException]
    case .rethrowException: stubs[.rethrowException]
    case .passException: stubs[.passException]
    case .atomicWait32: Table.word4 { Runtime.atomicWait32($0.context, $1, $2, $3, $4) }
    case .atomicWait64: Table.word4 { Runtime.atomicWait64($0.context, $1, $2, $3, $4) }
    case .atomicNotify: Table.word3 { Runtime.atomicNotify($0.context, $1, $2, $3) }
    case .recordMissingCallee: Table.word2 { Runtime.recordMissingCallee($0.context, $1, $2) }
    case .recordMismatch: Table.word2 { Runtime.recordMismatch($0.context, $1, $2) }
    case .chargeFuel: Table.word3 { Runtime.chargeFuel($0.context, $1, $2, $3) }
    case .obtainFuel: Table.word0 { Runtime.obtainFuel($0.context) }
    case .compileFunction: Table.word2 { Runtime.compileFunction($0.context, $1, $2) }
    case .exitStub: Table.word1 { Runtime.exitStub($0.context, $1) }
    case .callOut: Table.word2 { Runtime.callOut($0.context, $1, $2) }
    case .raise: Table.word2 { Runtime.raise($0.context, $1, $2) }
    case .raiseAgain: Table.word2 { Runtime.raiseAgain($0.context, $1, $2) }
    case .raiseFurther: Table.word2 { Runtime.raiseFurther($0.context, $1, $2) }
    case .resume: stubs[.resume]
    case .restoreContext: stubs[.restoreContext]
    }
  }
}
