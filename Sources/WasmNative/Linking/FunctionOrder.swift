import WasmCompiler
import WasmRuntime
import WebAssembly

/// The order of functions in a module's code: first those that the program starts with, then those that they call, and so on, level by level;
/// then functions that are only called through tables, from the smallest to the largest.
///
/// Programs execute only a part of their code when they start. In this order it is in few pages: functions that a program calls once, one
/// after the other, such as the constructors of C++, are adjacent, and so are destructors, which are small.
enum FunctionOrder {
  /// The indices of all functions that a module defines.
  ///
  /// - Complexity: O(number of functions and calls). Takes 14 bytes for each function.
  static func order(_ module: Module, _ compiled: borrowing CompiledFunctions) -> [UInt32] {
    var order: [UInt32] = []
    order.reserveCapacity(compiled.count)
    var isPlaced = [Bool](repeating: false, count: compiled.count)
    let imported = module.importedFunctions.count
    func place(_ index: UInt32) {
      let function = Int(index) - imported
      guard function >= 0, !isPlaced[function] else { return }
      isPlaced[function] = true
      order.append(UInt32(function))
    }
    if let start = module.startFunction { place(start) }
    for export in module.exports where export.kind == .function { place(export.index) }
    var next = 0
    func placeCallees() {
      while next < order.count {
        if case .compiled(let function) = compiled[Int(order[next])] {
          for relocation in function.relocations { place(relocation.function) }
        }
        next += 1
      }
    }
    placeCallees()
    var isCalled = isPlaced
    // The size in the upper half, and the index in the lower.
    var others: [UInt64] = []
    for function in 0..<compiled.count where !isPlaced[function] {
      guard case .compiled(let code) = compiled[function] else { continue }
      others.append(UInt64(UInt32(code.code.count)) << 32 | UInt64(UInt32(function)))
      for relocation in code.relocations where Int(relocation.function) - imported != function {
        isCalled[Int(relocation.function) - imported] = true
      }
    }
    others.sort()
    for other in others {
      let function = Int(other & 0xFFFF_FFFF)
      if !isCalled[function] { place(UInt32(imported + function)) }
    }
    placeCallees()
    // Functions without code, and those that only call each other.
    for function in 0..<compiled.count { place(UInt32(imported + function)) }
    return order
  }
}
