import NeedletailSystem
import WasmCompiler
import WasmRuntime
import WebAssembly

/// The linked code of a module's functions, with one set of tables, and the stubs for entry and exit.
struct LinkedCode: ~Copyable {
  /// The size of all code in bytes.
  var byteCount = 0
  var functions: [NativeModule.FunctionRange] = []
  /// The indices of the functions with code, in the order of their addresses.
  var order: [UInt32] = []
  var traps: [CompiledFunction.TrapSite] = []
  var calls: [CompiledFunction.CallSite] = []
  var liveSites: [CompiledFunction.LiveSite] = []
  /// The sets of all live sites.
  var liveWords: [UInt64] = []
  /// The inlined positions of all functions; positions of traps and calls are indices in it.
  var inlinedPositions: [InlinedPosition] = []
  var refusals: [FunctionRefusal] = []

  /// The stubs' code, which comes after the functions'.
  fileprivate var stubs: [UInt8] = []
  fileprivate var stubsStart = 0
}

/// Links compiled functions.
enum CodeLinker {
  /// Lays out code and tables.
  ///
  /// - Parameter compiled: for each defined function its code, or the reason why there is none.
  static func link(
    _ image: ModuleImage, _ compiled: borrowing CompiledFunctions
  ) throws(CodeMemoryError) -> LinkedCode {
    var linked = LinkedCode()
    var position = 0
    linked.reserveCapacity(for: compiled)
    linked.order = FunctionOrder.order(image.module, compiled)
    var compiledCount = 0
    for place in linked.order.indices {
      let index = Int(linked.order[place])
      let start = UInt32(position)
      switch compiled[index] {
      case .compiled(let function):
        linked.append(function, at: start, importedCount: UInt32(image.module.importedFunctions.count))
        linked.order[compiledCount] = UInt32(index)
        compiledCount += 1
        position += (function.code.count + 15) & ~15
        linked.functions[index] = NativeModule.FunctionRange(
          start: start, end: start + UInt32(function.code.count), frameByteCount: function.frameByteCount,
          isCompiled: true)
      case .refused(let reason): linked.refusals.append(FunctionRefusal(function: index, reason: reason))
      }
      guard position <= CompiledFunction.maximumByteCount else { throw .tooLarge(position) }
    }
    linked.order.removeLast(linked.order.count - compiledCount)
    linked.refusals.sort { $0.function < $1.function }
    linked.stubsStart = position
    addStubs(image, &linked)
    linked.byteCount = position + linked.stubs.count
    guard linked.byteCount <= CompiledFunction.maximumByteCount else { throw .tooLarge(linked.byteCount) }
    return linked
  }

  /// Creates the entry stub of each shape, and the exits to interpreted functions.
  private static func addStubs(_ image: ModuleImage, _ linked: inout LinkedCode) {
    var assembler = NativeBackend.Stubs()
    let start = UInt32(linked.stubsStart)
    let imported = UInt32(image.module.importedFunctions.count)
    var entryStubs: [CallShape: UInt32] = [:]
    var exitStubs: [CallShape: UInt32] = [:]
    var shapes: [UInt32: CallShape] = [:]
    for (index, function) in image.module.functions.enumerated() {
      let shape = shapes[function.typeIndex] ?? CallShape(image.module.functionType(function.typeIndex)!)
      shapes[function.typeIndex] = shape
      if !linked.functions[index].isCompiled {
        if let stub = exitStubs[shape] {
          linked.functions[index].stub = stub
        } else {
          let stub = start + UInt32(assembler.count)
          exitStubs[shape] = stub
          linked.functions[index].stub = stub
          let trap = UInt32(assembler.putExitStub(shape))
          linked.traps.append(
            CompiledFunction.TrapSite(
              offset: start + trap, source: 0, code: UInt8(TrapCode.callStackExhausted.rawValue)))
        }
        linked.functions[index].start = start + UInt32(assembler.count)
        linked.functions[index].end = linked.functions[index].start
        assembler.putRefusedFunction(imported + UInt32(index))
      } else if let stub = entryStubs[shape] {
        linked.functions[index].stub = stub
      } else {
        linked.functions[index].stub = start + UInt32(assembler.count)
        entryStubs[shape] = linked.functions[index].stub
        assembler.putEntryStub(shape)
      }
    }
    linked.stubs = assembler.finishStubs()
  }

  /// Writes the code to its final address.
  static func write(
    _ image: ModuleImage, _ compiled: borrowing CompiledFunctions, _ linked: borrowing LinkedCode,
    to base: UnsafeMutableRawPointer
  ) {
    let imported = image.module.importedFunctions.count
    for index in linked.functions.indices {
      guard case .compiled(let function) = compiled[index] else { continue }
      let start = Int(linked.functions[index].start)
      copy(function.code, to: base + start)
      for relocation in function.relocations {
        let place = start + Int(relocation.offset)
        let target = linked.functions[Int(relocation.function) - imported].start
        NativeBackend.relocate(base + place, distance: Int(target) - place)
      }
    }
    copy(linked.stubs, to: base + linked.stubsStart)
  }

  private static func copy(_ bytes: [UInt8], to target: UnsafeMutableRawPointer) {
    bytes.withUnsafeBytes { if let source = $0.baseAddress { memoryCopy(target, source, $0.count) } }
  }
}

extension LinkedCode {
  /// Reserves the tables of all functions at once: they take as much as half of the code.
  fileprivate mutating func reserveCapacity(for compiled: borrowing CompiledFunctions) {
    functions = [NativeModule.FunctionRange](
      repeating: NativeModule.FunctionRange(start: 0, end: 0, frameByteCount: 0, isCompiled: false),
      count: compiled.count)
    var (trapCount, callCount) = (0, 0)
    for index in 0..<compiled.count {
      guard case .compiled(let function) = compiled[index] else { continue }
      trapCount += function.traps.count
      callCount += function.calls.count
    }
    traps.reserveCapacity(trapCount)
    calls.reserveCapacity(callCount)
  }

  fileprivate mutating func append(_ function: CompiledFunction, at start: UInt32, importedCount: UInt32) {
    let positionCount = inlinedPositions.count
    inlinedPositions += function.positions(behind: positionCount, importedCount: importedCount)
    if let liveness = function.liveness {
      liveSites += liveness.sites.map { $0.moved(by: start, wordsBy: liveWords.count) }
      liveWords += liveness.words
    }
    for trap in function.traps { traps.append(trap.moved(by: start, positionsBy: positionCount)) }
    for call in function.calls { calls.append(call.moved(by: start, positionsBy: positionCount)) }
  }
}
