/// The offsets, in bytes, of the fields of the raw data areas that compiled code reads and writes.
///
/// This is the only table of them. It holds nothing but `Int`s, so ``words`` is all of it: an artifact's compiler identity covers each field.
package struct FieldOffsets: BitwiseCopyable, Sendable {
  /// Fields of ``InstanceContext``.
  package struct Instance: BitwiseCopyable, Sendable {
    package let store = offset(\.store)
    package let memoryBase = offset(\.memoryBase)
    package let nativeStackLimit = offset(\.nativeStackLimit)
    package let interruption = offset(\.interruption)
    package let runtimeTable = offset(\.runtimeTable)
    package let overflow = offset(\.overflow)
    package let memories = offset(\.memories)
    package let tables = offset(\.tables)
    package let importedGlobals = offset(\.importedGlobals)
    package let functions = offset(\.functions)
    package let types = offset(\.types)
    package let tags = offset(\.tags)
    /// The first global that the instance defines; they are 16 bytes apart.
    package let globals = InstanceContext.globalsOffset

    private static func offset<Field>(_ field: KeyPath<InstanceContext, Field>) -> Int {
      MemoryLayout<InstanceContext>.offset(of: field)!
    }
  }

  /// Fields of ``StoreContext``.
  package struct Store: BitwiseCopyable, Sendable {
    package let stackLimit = offset(\.stackLimit)
    package let stackTop = offset(\.stackTop)
    package let suspension = offset(\.suspension)
    package let activation = offset(\.activation)
    package let allocatingFrame = offset(\.allocatingFrame)
    package let tailCallee = offset(\.tailCallee)
    package let tailContext = offset(\.tailContext)
    package let allocationWindows = offset(\.allocationWindows)
    package let typeDescriptors = offset(\.typeDescriptors)
    package let fuel = offset(\.fuel)
    package let resumptionPC = offset(\.resumptionPC)
    package let resumptionSP = offset(\.resumptionSP)
    package let resumptionFP = offset(\.resumptionFP)
    package let resumptionValue = offset(\.resumptionValue)

    private static func offset<Field>(_ field: KeyPath<StoreContext, Field>) -> Int {
      MemoryLayout<StoreContext>.offset(of: field)!
    }
  }

  /// Fields of ``FunctionReference``, and of the ``FunctionCode`` that it points to.
  package struct Function: BitwiseCopyable, Sendable {
    package let code = MemoryLayout<FunctionReference>.offset(of: \.code)!
    package let context = MemoryLayout<FunctionReference>.offset(of: \.context)!
    package let type = MemoryLayout<FunctionReference>.offset(of: \.type)!
    /// In `FunctionCode`.
    package let nativeEntry = FunctionCode.nativeEntryOffset
  }

  /// Fields of ``MemoryCell``.
  package struct Memory: BitwiseCopyable, Sendable {
    package let base = MemoryLayout<MemoryCell>.offset(of: \.base)!
    package let byteCount = MemoryLayout<MemoryCell>.offset(of: \.byteCount)!
  }

  /// Fields of ``TableCell``.
  package struct Table: BitwiseCopyable, Sendable {
    package let elements = MemoryLayout<TableCell>.offset(of: \.elements)!
    package let count = MemoryLayout<TableCell>.offset(of: \.count)!
  }

  /// Fields of ``ExceptionCell``.
  package struct Exception: BitwiseCopyable, Sendable {
    package let tag = MemoryLayout<ExceptionCell>.offset(of: \.tag)!
    package let payload = ExceptionCell.payloadOffset
  }

  /// Fields of ``AllocationWindow``; windows are `stride` apart.
  package struct Window: BitwiseCopyable, Sendable {
    package let cursor = MemoryLayout<AllocationWindow>.offset(of: \.cursor)!
    package let end = MemoryLayout<AllocationWindow>.offset(of: \.end)!
    package let stride = MemoryLayout<AllocationWindow>.stride
  }

  /// Fields of ``TypeDescriptor``; descriptors are `stride` apart.
  package struct Descriptor: BitwiseCopyable, Sendable {
    package let display = MemoryLayout<TypeDescriptor>.offset(of: \.display)!
    package let depth = MemoryLayout<TypeDescriptor>.offset(of: \.depth)!
    package let kind = MemoryLayout<TypeDescriptor>.offset(of: \.kind)!
    package let descriptor = MemoryLayout<TypeDescriptor>.offset(of: \.descriptorOffset)!
    package let stride = MemoryLayout<TypeDescriptor>.stride
  }

  /// The layout of heap objects: see ``HeapObject`` and ``StructureLayout``.
  package struct Object: BitwiseCopyable, Sendable {
    package let type = HeapObject.typeOffset
    package let length = HeapObject.lengthOffset
    package let payload = HeapObject.payloadOffset
    package let granularity = HeapObject.granularity
    package let maximumAlignment = StructureLayout.maximumAlignment
  }

  package let instance = Instance()
  package let store = Store()
  package let function = Function()
  package let memory = Memory()
  package let table = Table()
  package let exception = Exception()
  package let window = Window()
  package let descriptor = Descriptor()
  package let object = Object()

  package static let shared = FieldOffsets()

  private init() {
    precondition(FunctionCode.hasExpectedLayout, "FunctionCode.nativeEntryOffset is wrong")
    precondition(MemoryLayout<FieldOffsets>.size % MemoryLayout<Int>.stride == 0)
  }

  /// All offsets, in a fixed order.
  package var words: [Int] {
    withUnsafeBytes(of: self) { Array($0.bindMemory(to: Int.self)) }
  }
}
