import WasmCompiler
import WasmRuntime

extension ModuleInspector {
  /// Where the code of all functions stands, and what came from where.
  ///
  /// - Throws: if the code is larger than code may be.
  package func map(threadCount: Int) throws(CodeMemoryError) -> CodeMap {
    let compiled = ModuleCompiler.compile(image, options, threadCount: threadCount)
    return CodeMap(try CodeLinker.link(image, compiled), compiled)
  }
}

/// Where a module's code comes from: ranges and positions of machine code, relative to its beginning, and offsets in the binary.
package struct CodeMap {
  package struct Function {
    package var code: Range<UInt32>
    package var frameByteCount: UInt32
    /// Where code begins that comes from another instruction, and that instruction's offset in the binary, or that of the call in whose
    /// place it was inlined; nil where there is none.
    package var positions: [(code: UInt32, wasm: UInt32?)]
    /// The code of each instruction that may trap, and what the trap is.
    package var traps: [(code: UInt32, wasm: UInt32, trap: String)]
  }

  /// By position among the functions that the module defines.
  package let functions: [Result<Function, CompilationRefusal>]
  /// How many bytes the code of all has, with the stubs behind it.
  package let byteCount: Int

  init(_ linked: borrowing LinkedCode, _ compiled: borrowing CompiledFunctions) {
    byteCount = linked.byteCount
    var functions: [Result<Function, CompilationRefusal>] = []
    functions.reserveCapacity(compiled.count)
    for index in 0..<compiled.count {
      switch compiled[index] {
      case .refused(let reason): functions.append(.failure(CompilationRefusal(reason: reason)))
      case .compiled(let function): functions.append(.success(Function(function, at: linked.functions[index])))
      }
    }
    self.functions = functions
  }
}

extension CodeMap.Function {
  fileprivate init(_ function: CompiledFunction, at range: NativeModule.FunctionRange) {
    code = range.start..<range.end
    frameByteCount = function.frameByteCount
    positions = (function.positions?.entries ?? []).map {
      (range.start + $0.offset, $0.source == 0 ? nil : $0.source)
    }
    traps = function.traps.map {
      (range.start + $0.offset, function.ownOffset(of: $0.source), Instruction.trapName($0.code))
    }
  }
}
