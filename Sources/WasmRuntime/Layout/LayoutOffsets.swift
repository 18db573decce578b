// The offsets of the fields of the raw data areas, for engines that generate machine code.

/// The offsets of the fields of ``InstanceContext`` that compiled code uses.
package enum InstanceOffset {
  package static let store = offset(\.store)
  package static let memoryBase = offset(\.memoryBase)
  package static let nativeStackLimit = offset(\.nativeStackLimit)
  package static let runtimeTable = offset(\.runtimeTable)
  package static let overflow = offset(\.overflow)
  package static let memory = offset(\.memory)
  package static let memories = offset(\.memories)
  package static let tables = offset(\.tables)
  package static let importedGlobals = offset(\.importedGlobals)
  package static let functions = offset(\.functions)
  package static let types = offset(\.types)
  package static let elementSegments = offset(\.elementSegments)
  package static let dataSegments = offset(\.dataSegments)
  package static let tags = offset(\.tags)
  /// The first global that the instance defines; each takes 16 bytes.
  package static let globals = InstanceContext.globalsOffset

  private static func offset<Field>(_ field: KeyPath<InstanceContext, Field>) -> Int {
    MemoryLayout<InstanceContext>.offset(of: field)!
  }
}

/// The offsets of the fields of ``StoreContext``.
package enum StoreOffset {
  package static let stackLimit = offset(\.stackLimit)
  package static let stackTop = offset(\.stackTop)
  package static let suspension = offset(\.suspension)
  package static let activation = offset(\.activation)
  package static let overflow = offset(\.overflow)
  package static let allocationWindows = offset(\.allocationWindows)
  package static let typeDescriptors = offset(\.typeDescriptors)
  package static let interruptWord = offset(\.interruptWord)
  package static let resumptionPC = offset(\.resumptionPC)
  package static let resumptionSP = offset(\.resumptionSP)
  package static let resumptionFP = offset(\.resumptionFP)
  package static let resumptionValue = offset(\.resumptionValue)

  private static func offset<Field>(_ field: KeyPath<StoreContext, Field>) -> Int {
    MemoryLayout<StoreContext>.offset(of: field)!
  }
}

/// The offsets of the fields of ``FunctionReference``, and of its ``FunctionCode``.
package enum FunctionOffset {
  package static let code = offset(\.code)
  package static let context = offset(\.context)
  package static let type = offset(\.type)
  /// In `FunctionCode`.
  package static let nativeEntry = FunctionCode.nativeEntryOffset

  private static func offset<Field>(_ field: KeyPath<FunctionReference, Field>) -> Int {
    MemoryLayout<FunctionReference>.offset(of: field)!
  }
}

/// The offsets of the fields of cells: memories, tables, segments, tags, exceptions.
package enum CellOffset {
  package static let memoryBase = MemoryLayout<MemoryCell>.offset(of: \.base)!
  package static let memoryByteCount = MemoryLayout<MemoryCell>.offset(of: \.byteCount)!
  package static let tableElements = MemoryLayout<TableCell>.offset(of: \.elements)!
  package static let tableCount = MemoryLayout<TableCell>.offset(of: \.count)!
  package static let exceptionTag = MemoryLayout<ExceptionCell>.offset(of: \.tag)!
  package static let exceptionPayload = ExceptionCell.payloadOffset
}

/// The offsets of the fields of allocation windows, which are `AllocationWindow.stride` apart.
package enum WindowOffset {
  package static let cursor = MemoryLayout<AllocationWindow>.offset(of: \.cursor)!
  package static let end = MemoryLayout<AllocationWindow>.offset(of: \.end)!
  package static let stride = MemoryLayout<AllocationWindow>.stride
}

/// The offsets of the fields of type descriptors.
package enum DescriptorOffset {
  package static let display = offset(\.display)
  package static let depth = offset(\.depth)
  package static let kind = offset(\.kind)
  package static let stride = MemoryLayout<TypeDescriptor>.stride

  private static func offset<Field>(_ field: KeyPath<TypeDescriptor, Field>) -> Int {
    MemoryLayout<TypeDescriptor>.offset(of: field)!
  }
}
