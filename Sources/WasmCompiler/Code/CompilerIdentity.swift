import WasmRuntime
import WebAssembly

/// What compiled code takes for granted of the runtime around it, as a number: code of a compiler with another identity must not run here.
///
/// It is made of what the code is made with: where fields stand that code reads and writes, which function of the runtime has which number,
/// and the stubs between Swift and compiled code, as bytes, in which the conventions of calls show. What none of this shows is ``generation``.
enum CompilerIdentity {
  /// To be raised when compiled code of before would be wrong, or is known to be. 2: large structures with default values have a type and
  /// are cleared; narrow compare-exchange wraps what it expects.
  private static let generation: UInt64 = 2

  static let current: UInt64 = {
    var words: [UInt64] = [generation]
    words += layouts.map { UInt64($0) }
    words += [MemoryInstance.fullReservation, TrapCode.allCases.count, HeapObject.typeCount].map { UInt64($0) }
    words.append(checksum(of: Array(Release.version.utf8)))
    words += RuntimeFunction.allCases.map { checksum(of: Array("\($0)".utf8)) }
    words += TrapCode.allCases.map { checksum(of: Array("\($0) \($0.rawValue)".utf8)) }
    words.append(checksum(of: stubs))
    return words.withUnsafeBytes { Checksum.of($0) }
  }()

  private static func checksum(of bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { Checksum.of($0) } }

  /// Where what compiled code uses stands in the raw data areas, and how large they are.
  private static var layouts: [Int] {
    typealias Instance = InstanceOffset
    typealias Store = StoreOffset
    let instance = [
      Instance.store, Instance.memoryBase, Instance.nativeStackLimit, Instance.runtimeTable, Instance.overflow,
      Instance.memory, Instance.memories, Instance.tables, Instance.importedGlobals, Instance.functions, Instance.types,
      Instance.elementSegments, Instance.dataSegments, Instance.tags, Instance.globals,
    ]
    let store = [
      Store.stackLimit, Store.stackTop, Store.suspension, Store.activation, Store.overflow, Store.allocationWindows,
      Store.typeDescriptors, Store.interruptWord, Store.resumptionPC, Store.resumptionSP, Store.resumptionFP,
      Store.resumptionValue,
    ]
    let function = [
      FunctionOffset.code, FunctionOffset.context, FunctionOffset.type, FunctionOffset.nativeEntry,
      MemoryLayout<FunctionReference>.stride, MemoryLayout<FunctionCode>.stride,
    ]
    let cells = [
      CellOffset.memoryBase, CellOffset.memoryByteCount, CellOffset.tableElements, CellOffset.tableCount,
      CellOffset.exceptionTag, CellOffset.exceptionPayload, WindowOffset.cursor, WindowOffset.end, WindowOffset.stride,
      DescriptorOffset.display, DescriptorOffset.depth, DescriptorOffset.kind, DescriptorOffset.stride,
      Layouts.descriptorOffset, MemoryLayout<ElementCell>.stride, MemoryLayout<DataCell>.stride,
    ]
    let objects =
      [HeapObject.typeOffset, HeapObject.lengthOffset, HeapObject.payloadOffset, HeapObject.granularity]
      + SizeClass.sizes
    return instance + store + function + cells + objects
  }

  /// The stubs that all code shares, and those of a function that takes and returns more of each kind than there are registers.
  private static var stubs: [UInt8] {
    let types = [ValueType](repeating: .i32, count: 8) + [ValueType](repeating: .v128, count: 9) + [.f32, .f64, .i64]
    let shape = CallShape(FunctionType(parameters: types, results: types))
    var assembler = Assembler()
    assembler.putEntryStub(shape)
    _ = assembler.putExitStub(shape)
    assembler.putRefusedFunction(7)
    let landing = assembler.makeBoundLabel()
    assembler.putLanding()
    let resume = assembler.makeBoundLabel()
    assembler.putResume(landing: landing)
    assembler.putThrowStub(.raise, resume: resume)
    assembler.putRestoringContext()
    assembler.finish()
    return Array(assembler.code)
  }
}
