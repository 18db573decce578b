import WebAssembly

/// The value of an import or export. (Core specification 3.0, 4.2.5 "External Addresses".)
package enum ExternalValue {
  case function(UnsafeMutablePointer<FunctionReference>)
  case table(TableInstance)
  case memory(MemoryInstance)
  case global(GlobalInstance)
  case tag(TagInstance)

  package var kind: ExternalKind {
    switch self {
    case .function: .function
    case .table: .table
    case .memory: .memory
    case .global: .global
    case .tag: .tag
    }
  }

  /// Whether this can be imported as `type`, which is in canonical indices.
  /// (Core specification 3.0, 3.3.16 "External Types", matching.)
  package func matches(_ type: ExternalType, in registry: TypeRegistry) -> Bool {
    switch (self, type) {
    case (.function(let function), .function(let typeIndex, let isExact)):
      let own = function.pointee.type
      return own == typeIndex || !isExact && registry.isSubtype(own, of: typeIndex)
    case (.table(let table), .table(let wanted)):
      return table.type.limits.matches(wanted.limits) && table.type.addressType == wanted.addressType
        && registry.matches(table.type.element, wanted.element) && registry.matches(wanted.element, table.type.element)
    case (.memory(let memory), .memory(let wanted)):
      return memory.type.limits.matches(wanted.limits) && memory.type.addressType == wanted.addressType
        && memory.type.isShared == wanted.isShared && memory.type.pageSizeLog2 == wanted.pageSizeLog2
    case (.global(let global), .global(let wanted)):
      guard global.type.isMutable == wanted.isMutable, registry.matches(global.type.value, wanted.value) else {
        return false
      }
      return !wanted.isMutable || registry.matches(wanted.value, global.type.value)
    case (.tag(let tag), .tag(let typeIndex)):
      return tag.type == typeIndex
    default: return false
    }
  }
}

extension ExternalType {
  /// This type with every type index replaced.
  package func mapTypeIndices(_ transform: (UInt32) -> UInt32) -> ExternalType {
    switch self {
    case .function(let index, let isExact): return .function(typeIndex: transform(index), isExact: isExact)
    case .tag(let index): return .tag(typeIndex: transform(index))
    case .memory: return self
    case .table(var type):
      type.element = ReferenceType(bits: ValueType(type.element).mapTypeIndex(transform).bits)
      return .table(type)
    case .global(var type):
      type.value = type.value.mapTypeIndex(transform)
      return .global(type)
    }
  }
}
