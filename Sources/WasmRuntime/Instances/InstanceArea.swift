import NeedletailSystem
import WebAssembly

/// The raw memory of an instance: its context, with the globals that it defines, and the arrays that the context points to. All of it is
/// initially zero.
struct InstanceArea {
  let context: UnsafeMutablePointer<InstanceContext>
  /// Two slots for each global that the instance defines.
  let globals: UnsafeMutablePointer<Slot>
  let functions: UnsafeMutablePointer<UnsafeMutablePointer<FunctionReference>>
  let ownFunctions: UnsafeMutablePointer<FunctionReference>
  let types: UnsafeMutablePointer<UInt32>
  let importedGlobals: UnsafeMutablePointer<UnsafeMutablePointer<Slot>>
  let memories: UnsafeMutablePointer<UnsafeMutablePointer<MemoryCell>>
  let tables: UnsafeMutablePointer<UnsafeMutablePointer<TableCell>>
  let elementSegments: UnsafeMutablePointer<ElementCell>
  let dataSegments: UnsafeMutablePointer<DataCell>
  let tags: UnsafeMutablePointer<UnsafeMutablePointer<TagCell>>
  /// The empty memory that serves as memory 0 if there is none.
  let noMemory: UnsafeMutablePointer<MemoryCell>
  private let memory: UnsafeMutablePointer<Unit>

  /// The unit of allocation. (Not a vector: the metadata of a vector type take long to make.)
  private struct Unit {
    var halves: (UInt64, UInt64)
  }

  /// Computes offsets, in bytes from the beginning.
  private struct Layout {
    var byteCount = 0

    /// Counts are limited by the decoder, so no sum overflows.
    mutating func place<T>(_ type: T.Type, _ count: Int) -> Int {
      defer { byteCount = (byteCount + count * MemoryLayout<T>.stride + 15) & ~15 }
      return byteCount
    }
  }

  /// - Throws: `LimitExceeded` if the system has no memory for it.
  init(_ module: Module) throws(LimitExceeded) {
    var layout = Layout()
    layout.byteCount = InstanceContext.globalsOffset + 16 * module.globals.count
    let functionPlace = layout.place(UnsafeMutablePointer<FunctionReference>.self, module.functionCount)
    let ownFunctionPlace = layout.place(FunctionReference.self, module.functions.count)
    let typePlace = layout.place(UInt32.self, module.types.count)
    let globalPlace = layout.place(UnsafeMutablePointer<Slot>.self, module.importedGlobals.count)
    let memoryPlace = layout.place(UnsafeMutablePointer<MemoryCell>.self, module.memoryCount)
    let tablePlace = layout.place(UnsafeMutablePointer<TableCell>.self, module.tableCount)
    let elementPlace = layout.place(ElementCell.self, module.elementSegments.count)
    let dataPlace = layout.place(DataCell.self, module.dataSegments.count)
    let tagPlace = layout.place(UnsafeMutablePointer<TagCell>.self, module.tagCount)
    let noMemoryPlace = layout.place(MemoryCell.self, 1)
    guard let memory = SystemMemory.allocate(Unit.self, count: layout.byteCount / 16) else {
      throw VirtualMemory.refusal(
        of: "an instance of \(ByteCount.format(layout.byteCount))", .runtimeBytes, UInt64(layout.byteCount))
    }
    self.memory = memory
    VirtualMemory.populate(memory, layout.byteCount)
    let base = UnsafeMutableRawPointer(memory)
    func array<T>(_ place: Int, _ count: Int) -> UnsafeMutablePointer<T> {
      (base + place).bindMemory(to: T.self, capacity: count)
    }
    context = array(0, 1)
    globals = array(InstanceContext.globalsOffset, 2 * module.globals.count)
    functions = array(functionPlace, module.functionCount)
    ownFunctions = array(ownFunctionPlace, module.functions.count)
    types = array(typePlace, module.types.count)
    importedGlobals = array(globalPlace, module.importedGlobals.count)
    memories = array(memoryPlace, module.memoryCount)
    tables = array(tablePlace, module.tableCount)
    elementSegments = array(elementPlace, module.elementSegments.count)
    dataSegments = array(dataPlace, module.dataSegments.count)
    tags = array(tagPlace, module.tagCount)
    noMemory = array(noMemoryPlace, 1)
  }

  func deallocate() { SystemMemory.deallocate(memory) }
}
