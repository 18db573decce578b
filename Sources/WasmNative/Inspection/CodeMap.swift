import WasmCompiler
import WasmRuntime

extension ModuleInspector {
  /// The layout of all functions' code, with source positions.
  ///
  /// - Throws: if the code exceeds its limit.
  package func map(threadCount: Int) throws(CodeMemoryError) -> CodeMap {
    let compiled = ModuleCompiler.compile(image, options, threadCount: threadCount)
    return CodeMap(try CodeLinker.link(image, compiled), compiled)
  }
}

/// The source of a module's code: ranges and positions in the machine code, relative to its beginning, and offsets in the binary.
package struct CodeMap {
  package struct Function {
    package var code: Range<UInt32>
    package var frameByteCount: UInt32
    /// The start of the code of each instruction, and the instruction's offset in the binary, or that of the call where it was inlined;
    /// nil if there is none.
    package var positions: [(code: UInt32, wasm: UInt32?)]
    /// The code of each instruction that can trap, and the trap.
    package var traps: [(code: UInt32, wasm: UInt32, trap: String)]
  }

  /// By index among the functions that the module defines.
  package let functions: [Result<Function, CompilationRefusal>]
  /// The size of all code in bytes, including the stubs after it.
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
