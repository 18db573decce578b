import Synchronization
import WebAssembly

// The raw layout of what running code touches. Both engines use it, field by field; Swift objects own the memory and
// free it with their store, so running code never retains or releases anything.
//
// Values are 64-bit slots without a tag: i32 zero-extended, f32 in the low half (the high half means nothing), v128 in
// two neighbouring slots, references as pointers. Null is 0; `i31` is `(value << 1) | 1`.

/// A 64-bit cell of a frame, a global or an argument buffer.
package typealias Slot = UInt64

/// What running code needs of a store.
package struct StoreContext {
  /// The address that frames must not pass.
  package var stackLimit: UnsafeMutablePointer<Slot>
  /// Where the next activation's first frame may begin; moves up while a host function runs.
  package var stackTop: UnsafeMutablePointer<Slot>
  /// Where running code left its innermost activation, for a host function or another engine's code.
  package var suspension: Suspension = .none
  /// The native stack pointer of the innermost activation of compiled code: what is restored when it ends early.
  package var activation: UnsafeMutableRawPointer?
  /// Arguments and results for which there is no register, 16 bytes each; read before anything else can write them.
  package var overflow: UnsafeMutableRawPointer
  /// Why running code stopped, as ``TrapCode``; 0 while it runs.
  package var trapCode: UInt32 = 0
  /// What the trap's message names, for example a table index.
  package var trapDetail: UInt64 = 0
  /// Where it stopped.
  package var trapPC: UnsafeRawPointer?
  package var trapFrame: UnsafeMutablePointer<Slot>?
  package var trapContext: UnsafeMutablePointer<InstanceContext>?
  /// The last results there, so that an access which found a stale size of a shared memory can be made once more.
  package var trapAccumulator: Slot = 0
  package var trapFloat64: Double = 0
  package var trapFloat32: Float = 0
  /// The size of memory 0 that the interpreter had in its registers there.
  package var trapMemoryByteCount: UInt64 = 0
  /// Whether the heap has found Swift objects dead that are not released yet: see ``StoreState/releaseDeadObjects(keeping:)``.
  package var hasDeadObjects = false
  /// The runs in which heap objects are allocated, by ``SizeClass``.
  package var allocationWindows: UnsafeMutablePointer<AllocationWindow>
  /// Descriptors by canonical type index.
  package var typeDescriptors: UnsafeMutablePointer<TypeDescriptor>
  /// The native stack pointer below which no further activation may begin.
  package var nativeStackLimit: UInt = 0
  /// Where the machine stack was when its limit was last worked out, near enough, and the thread whose stack that is: see
  /// ``ThreadRecord/identifier``. All activations that nest are on one thread.
  package var nativeStackBase: UInt = 0
  package var threadIdentifier: UInt64 = 0
  /// The return addresses of the frames of compiled code that a trap stopped, or that an exception has passed, innermost first. The
  /// first one is the address of the instruction, or 0.
  package var stoppedAddresses: UnsafeMutablePointer<UInt>
  package var stoppedCount: Int = 0
  /// Where compiled code goes on that catches an exception: code, stack pointer, frame pointer, and the exception.
  package var resumptionPC: UInt = 0
  package var resumptionSP: UInt = 0
  package var resumptionFP: UInt = 0
  package var resumptionValue: UInt = 0
  /// The address of the 32-bit word, atomic, that is not 0 when running code should stop.
  package var interruptWord: UnsafeRawPointer?
  /// The `StoreState` that owns this, unretained.
  package var owner: UnsafeRawPointer
}

/// A run of free cells of the heap. Objects are made at its cursor, which moves up.
package struct AllocationWindow {
  package var cursor: UInt
  package var end: UInt
  package var cellSize: UInt
}

/// Where an activation was left. Each record says where the one around it was left.
package struct Suspension: Hashable {
  /// The address of the record: for the interpreter the header of the frame that was left, which the next record follows; for compiled
  /// code, with bit 0 set, the frame of the stub that left it.
  package var bits: UInt

  package init(bits: UInt) { self.bits = bits }

  package static let none = Suspension(bits: 0)

  @inlinable
  package init(interpreted header: UnsafeMutablePointer<Slot>) { bits = UInt(bitPattern: header) }

  package var isCompiled: Bool { bits & 1 != 0 }
  package var interpretedHeader: UnsafeMutablePointer<Slot>? {
    isCompiled ? nil : UnsafeMutablePointer(bitPattern: bits)
  }
  package var compiledFrame: UnsafeMutablePointer<UInt>? {
    isCompiled ? UnsafeMutablePointer(bitPattern: bits & ~1) : nil
  }
}

/// What running code needs of a module instance. Globals that the instance defines follow it in memory, in 16-byte cells.
package struct InstanceContext {
  package var store: UnsafeMutablePointer<StoreContext>
  /// The same as ``StoreContext/stackLimit``, one load nearer.
  package var stackLimit: UnsafeMutablePointer<Slot>
  /// The base of memory 0, if that never moves: see `MemoryType.neverMoves`.
  package var memoryBase: UnsafeMutableRawPointer
  /// The native stack pointer that frames of compiled code must not pass.
  package var nativeStackLimit: UInt = 0
  /// The addresses of the functions that compiled code calls for what is rare or large.
  package var runtimeTable: UnsafePointer<UInt>
  /// The same as ``StoreContext/overflow``.
  package var overflow: UnsafeMutableRawPointer
  /// Memory 0, or an empty memory if there is none.
  package var memory: UnsafeMutablePointer<MemoryCell>
  package var memories: UnsafeMutablePointer<UnsafeMutablePointer<MemoryCell>>
  package var memoryCount: Int
  package var tables: UnsafeMutablePointer<UnsafeMutablePointer<TableCell>>
  /// The values of imported globals, by index.
  package var importedGlobals: UnsafeMutablePointer<UnsafeMutablePointer<Slot>>
  package var functions: UnsafeMutablePointer<UnsafeMutablePointer<FunctionReference>>
  /// Canonical type indices by the module's.
  package var types: UnsafeMutablePointer<UInt32>
  package var elementSegments: UnsafeMutablePointer<ElementCell>
  package var dataSegments: UnsafeMutablePointer<DataCell>
  package var tags: UnsafeMutablePointer<UnsafeMutablePointer<TagCell>>
  /// The `ModuleInstance` that owns this, unretained.
  package var owner: UnsafeRawPointer

  /// The offset of the first global that the instance defines.
  package static let globalsOffset = (MemoryLayout<InstanceContext>.size + 15) & ~15
}

/// A memory's place and size. The base is the first byte, valid for `byteCount` bytes.
package struct MemoryCell {
  package var base: UnsafeMutableRawPointer
  package var byteCount: UInt64
  /// The `MemoryInstance` that owns this, unretained.
  package var owner: UnsafeRawPointer?
  /// How many bytes from the base on are reserved for the memory, so that accesses need no check: one of them that has no memory is a
  /// guest's access out of bounds if it faults. 0 if accesses are checked.
  package var guardedByteCount: UInt64 = 0
}

/// A table's elements.
package struct TableCell {
  package var elements: UnsafeMutablePointer<Slot>
  package var count: UInt64
  /// The `TableInstance` that owns this, unretained.
  package var owner: UnsafeRawPointer
}

/// A tag: its address is its identity.
package struct TagCell {
  /// The canonical index of its function type.
  package var type: UInt32
  /// The slots that its exceptions' payload takes.
  package var payloadSlots: UInt32
  /// The `TagInstance` that owns this, unretained.
  package var owner: UnsafeRawPointer?
}

/// An exception: what an `exnref` points to. An object of the heap, whose slots are the tag and those of the payload.
/// (Core specification 3.0, 4.2.12 "Exception Instances".)
package struct ExceptionCell {
  /// ``HeapObject/exceptionType``, and the number of slots.
  package var type: UInt32
  package var slotCount: UInt32
  package var tag: UnsafeMutablePointer<TagCell>

  package static var payloadOffset: Int { 16 }
}

/// The evaluated elements of a segment; none once it is dropped.
package struct ElementCell {
  package var elements: UnsafeMutablePointer<Slot>?
  package var count: UInt64

  package init(elements: UnsafeMutablePointer<Slot>?, count: UInt64) {
    self.elements = elements
    self.count = count
  }
}

/// The bytes of a data segment, in the module; none once it is dropped.
package struct DataCell {
  package var bytes: UnsafePointer<UInt8>?
  package var count: UInt64

  package init(bytes: UnsafePointer<UInt8>?, count: UInt64) {
    self.bytes = bytes
    self.count = count
  }
}

/// A function with the instance that it belongs to: what tables and `funcref` values point to.
package struct FunctionReference {
  /// How the interpreter enters it. Shared by all instances of a module.
  package var code: UnsafeMutablePointer<FunctionCode>
  /// Nil for a host function.
  package var context: UnsafeMutablePointer<InstanceContext>?
  /// The canonical index of its type.
  package var type: UInt32
  /// The index in its module.
  package var index: UInt32
  /// The `HostFunction`, unretained, or nil.
  package var host: UnsafeRawPointer?

  package init(
    code: UnsafeMutablePointer<FunctionCode>, context: UnsafeMutablePointer<InstanceContext>?, type: UInt32,
    index: UInt32, host: UnsafeRawPointer?
  ) {
    self.code = code
    self.context = context
    self.type = type
    self.index = index
    self.host = host
  }
}

/// A function's entry into the interpreter and what a call must know of it.
package struct FunctionCode: ~Copyable {
  /// The address of the first code word. The thread that lowers the function publishes it here to all that call it.
  @usableFromInline
  package let publishedEntry: Atomic<UInt>
  /// The address at which compiled code enters it; 0 without compiled code.
  package let nativeEntry: Atomic<UInt>
  /// The address of the stub by which Swift enters it there.
  @usableFromInline
  package let nativeEnter: Atomic<UInt>
  /// The slots that parameters take, and results.
  package var parameterSlots: UInt32
  package var resultSlots: UInt32
  /// The index in its module.
  package var index: UInt32
  /// The engine's object that can lower the function, unretained.
  package var owner: UnsafeRawPointer?

  package init(
    entry: UnsafeRawPointer, parameterSlots: UInt32, resultSlots: UInt32, index: UInt32, owner: UnsafeRawPointer?
  ) {
    publishedEntry = Atomic(UInt(bitPattern: entry))
    nativeEntry = Atomic(0)
    nativeEnter = Atomic(0)
    self.parameterSlots = parameterSlots
    self.resultSlots = resultSlots
    self.index = index
    self.owner = owner
  }

  /// The first code word. Who reads it sees all words that were written before it was published.
  @inlinable
  package var entry: UnsafeRawPointer {
    UnsafeRawPointer(bitPattern: publishedEntry.load(ordering: .acquiring)).unsafelyUnwrapped
  }

  package func publish(_ entry: UnsafeRawPointer) {
    publishedEntry.store(UInt(bitPattern: entry), ordering: .releasing)
  }

  /// Whether there is compiled code by which Swift can enter it.
  @inlinable
  package var isCompiled: Bool { nativeEnter.load(ordering: .acquiring) != 0 }

  /// Where ``nativeEntry`` stands.
  package static let nativeEntryOffset = MemoryLayout<UInt>.stride

  /// The slot of the frame's header: it stands behind parameters and results, which share the frame's beginning.
  package var headerSlot: Int { Int(max(parameterSlots, resultSlots)) }
}
