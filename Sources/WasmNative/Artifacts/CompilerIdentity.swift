import WasmCompiler
import WasmRuntime
import WebAssembly

/// A number for everything that compiled code assumes of the runtime. Code of a compiler with another identity must not run here.
///
/// It covers the offsets of fields, the numbers of runtime functions, and the bytes of stubs, which depend on the calling convention.
/// Everything else is covered by ``generation``.
enum CompilerIdentity {
  /// Must be raised when earlier compiled code would be wrong, or is known to be. 2: large structures with default values have a type and
  /// are cleared; narrow compare-exchange truncates its expected value. 3: live locations lacked references in vector registers. 4: code continues
  /// after the trap of a charge.
  private static let generation: UInt64 = 4

  static let current: UInt64 = {
    var words: [UInt64] = [generation]
    words += (FieldOffsets.shared.words + strides + SizeClass.sizes).map { UInt64($0) }
    words += [MemoryInstance.fullReservation, TrapCode.allCases.count, HeapObject.typeCount].map { UInt64($0) }
    words.append(checksum(of: Array(Release.version.utf8)))
    words += RuntimeFunction.allCases.map { checksum(of: Array("\($0)".utf8)) }
    words += TrapCode.allCases.map { checksum(of: Array("\($0) \($0.rawValue)".utf8)) }
    words.append(checksum(of: stubs))
    return words.withUnsafeBytes { Checksum.of($0) }
  }()

  private static func checksum(of bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { Checksum.of($0) } }

  /// The distances between elements of arrays that compiled code indexes.
  private static var strides: [Int] {
    [
      MemoryLayout<FunctionReference>.stride, MemoryLayout<FunctionCode>.stride, MemoryLayout<ElementCell>.stride,
      MemoryLayout<DataCell>.stride,
    ]
  }

  /// The shared stubs, and those of a function with more parameters and results of each kind than there are registers.
  private static var stubs: [UInt8] {
    let types = [ValueType](repeating: .i32, count: 8) + [ValueType](repeating: .v128, count: 9) + [.f32, .f64, .i64]
    let shape = CallShape(FunctionType(parameters: types, results: types))
    var assembler = NativeBackend.Stubs()
    assembler.putEntryStub(shape)
    _ = assembler.putExitStub(shape)
    assembler.putRefusedFunction(7)
    _ = assembler.putCommonStubs()
    return assembler.finishStubs()
  }
}
