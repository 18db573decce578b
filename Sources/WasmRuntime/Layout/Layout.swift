import WebAssembly

// The raw layout of the data that running code accesses. Both engines use it, field by field; Swift objects own the memory and free it
// with their store, so running code never retains or releases anything.
//
// Values are untagged 64-bit slots: i32 is zero-extended, f32 is in the low half (the high half is undefined), v128 takes two adjacent
// slots, and references are pointers. Null is 0; `i31` is `(value << 1) | 1`.

/// A 64-bit cell of a frame, a global or an argument buffer.
package typealias Slot = UInt64

/// The parts of a store that running code accesses.
package struct StoreContext {
  /// The end of the stack, which frames must not pass.
  package var stackLimit: UnsafeMutablePointer<Slot>
  /// The start of the next activation's first frame; raised while a host function runs.
  package var stackTop: UnsafeMutablePointer<Slot>
  /// Where running code suspended its innermost activation, to call a host function or another engine's code.
  package var suspension: Suspension = .none
  /// The native stack pointer of the innermost activation of compiled code, which is restored when it ends early.
  package var activation: UnsafeMutableRawPointer?
  /// While a function allocates that compiled code called: the frame of the stub between them. With bit 0 set, the stub does not save
  /// registers, since none is needed afterwards. See `AllocatingFrame`.
  package var allocatingFrame: UInt = 0
  /// The function with whose tail call an activation of compiled code ended, and the context of its caller. Its arguments are in the slots
  /// at ``stackTop``.
  package var tailCallee: UnsafeMutablePointer<FunctionReference>?
  package var tailContext: UnsafeMutablePointer<InstanceContext>?
  /// Arguments and results without a register, 16 bytes each; read before anything else can write them.
  package var overflow: UnsafeMutableRawPointer
  /// The ``TrapCode`` for which running code stopped; 0 while it runs.
  package var trapCode: UInt32 = 0
  /// What an access or an indirect call that trapped did not find.
  package var outOfBounds = OutOfBounds()
  /// What an indirect call that trapped found instead.
  package var callMismatch: CallMismatch?
  /// The position at which it stopped.
  package var trapPC: UnsafeRawPointer?
  package var trapFrame: UnsafeMutablePointer<Slot>?
  package var trapContext: UnsafeMutablePointer<InstanceContext>?
  /// The accumulators at that position, so that an access that found a stale size of a shared memory can be retried.
  package var trapAccumulator: Slot = 0
  package var trapFloat64: Double = 0
  package var trapFloat32: Float = 0
  /// The size of memory 0 in the interpreter's registers at that position.
  package var trapMemoryByteCount: UInt64 = 0
  /// Whether the heap found unreachable Swift objects that are not released yet: see ``StoreState/releaseDeadObjects(keeping:)``.
  package var hasDeadObjects = false
  /// The free runs in which heap objects are allocated, by ``SizeClass``.
  package var allocationWindows: UnsafeMutablePointer<AllocationWindow>
  /// Descriptors by canonical type index.
  package var typeDescriptors: UnsafeMutablePointer<TypeDescriptor>
  /// The native stack pointer below which no activation may begin; `UInt.max` while the store is interrupted: see ``Interruption``.
  package var nativeStackLimit: UInt = 0
  /// The approximate stack pointer at which the limit was last computed, and the ``ThreadRecord/identifier`` of that stack's thread. All
  /// nested activations are on one thread.
  package var nativeStackBase: UInt = 0
  package var threadIdentifier: UInt64 = 0
  /// The return addresses of the compiled frames that a trap stopped or an exception has passed, innermost first. The first entry is the
  /// address of the trapping instruction, or 0. Those after the first ``Backtrace/innermostCount`` are in a ring of the last
  /// ``Backtrace/outermostCount``.
  package var stoppedAddresses: UnsafeMutablePointer<UInt>
  /// How many were recorded, with those that others in the ring replaced; and how many Wasm frames the replaced ones were.
  package var stoppedCount: Int = 0
  package var stoppedOmittedCount: Int = 0
  /// Where compiled code that catches an exception continues: code address, stack pointer, frame pointer, and the exception.
  package var resumptionPC: UInt = 0
  package var resumptionSP: UInt = 0
  package var resumptionFP: UInt = 0
  package var resumptionValue: UInt = 0
  /// The fuel that running code may use before it asks for more, if the engine is metered. Negative after a charge that exceeded it, until
  /// ``StoreState/obtainFuel()`` or the trap: then it is what is missing, or ``noFuelSuffices``.
  package var fuel: Int64 = 0
  /// What compiled code does when its fuel is used up: see ``FuelPause``. (A byte, since a signal handler reads it.)
  package var fuelPause: UInt8 = 0
  /// Where the interpreter continues after it has obtained fuel.
  package var chargedPC: UnsafeRawPointer?
  /// The `StoreState` that owns this, unretained.
  package var owner: UnsafeRawPointer
}

extension StoreContext {
  /// The room for ``stoppedAddresses``.
  package static var stoppedCapacity: Int { Backtrace.innermostCount + 1 + Backtrace.outermostCount }

  /// Takes fuel.
  ///
  /// - Returns: false if there is too little; then ``fuel`` is negative.
  package mutating func charge(_ cost: UInt64) -> Bool {
    if fuel >= 0, let cost = Int64(exactly: cost) { fuel -= cost } else { fuel = Self.noFuelSuffices }
    return fuel >= 0
  }

  /// The value of ``fuel`` after a charge that exceeds the largest amount of fuel.
  package static var noFuelSuffices: Int64 { .min }
}

/// A run of free heap cells. Objects are allocated at its cursor, which moves up.
package struct AllocationWindow {
  package var cursor: UInt
  package var end: UInt
  package var cellSize: UInt
}

/// Where an activation was suspended. Each record leads to that of the enclosing activation.
package struct Suspension: Hashable {
  /// The address of the record: for the interpreter the header of the suspended frame, after which the next record is; for compiled code,
  /// with bit 0 set, the frame of the stub that called out.
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

/// The parts of a module instance that running code accesses. The globals that the instance defines follow it in memory, in 16-byte cells.
package struct InstanceContext {
  package var store: UnsafeMutablePointer<StoreContext>
  /// A copy of ``StoreContext/stackLimit``, which saves a load. An address below all stacks while the store is interrupted, so that calls
  /// in the interpreter stop: see ``Interruption``.
  package var stackLimit: UnsafeMutablePointer<Slot>
  /// The base of memory 0, if it never moves: see `MemoryType.neverMoves`.
  package var memoryBase: UnsafeMutableRawPointer
  /// The native stack pointer that frames of compiled code must not pass; `UInt.max` while the store is interrupted.
  package var nativeStackLimit: UInt = 0
  /// `UInt.max` while the store is interrupted, else 0: loops stop if it is above the native stack pointer. (A comparison with a register
  /// is shorter than one with a constant.)
  package var interruption: UInt = 0
  /// The addresses of the functions that compiled code calls for rare or large operations.
  package var runtimeTable: UnsafePointer<UInt>
  /// A copy of ``StoreContext/overflow``.
  package var overflow: UnsafeMutableRawPointer
  /// Memory 0, or an empty memory if there is none.
  package var memory: UnsafeMutablePointer<MemoryCell>
  package var memories: UnsafeMutablePointer<UnsafeMutablePointer<MemoryCell>>
  package var memoryCount: Int
  package var tables: UnsafeMutablePointer<UnsafeMutablePointer<TableCell>>
  /// The values of imported globals, by index.
  package var importedGlobals: UnsafeMutablePointer<UnsafeMutablePointer<Slot>>
  package var functions: UnsafeMutablePointer<UnsafeMutablePointer<FunctionReference>>
  /// The canonical index of each type index of the module.
  package var types: UnsafeMutablePointer<UInt32>
  package var elementSegments: UnsafeMutablePointer<ElementCell>
  package var dataSegments: UnsafeMutablePointer<DataCell>
  package var tags: UnsafeMutablePointer<UnsafeMutablePointer<TagCell>>
  /// The `ModuleInstance` that owns this, unretained.
  package var owner: UnsafeRawPointer

  /// The offset of the first global that the instance defines.
  package static let globalsOffset = (MemoryLayout<InstanceContext>.size + 15) & ~15
}

/// The address and size of a memory. The base is the first byte, valid for `byteCount` bytes.
package struct MemoryCell {
  package var base: UnsafeMutableRawPointer
  package var byteCount: UInt64
  /// The `MemoryInstance` that owns this, unretained.
  package var owner: UnsafeRawPointer?
  /// The bytes reserved for the memory from its base on, so that accesses need no check: a fault in this range is an out-of-bounds access
  /// of the guest. 0 if accesses are checked.
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
  /// The number of slots in the payload of its exceptions.
  package var payloadSlots: UInt32
  /// The `TagInstance` that owns this, unretained.
  package var owner: UnsafeRawPointer?
}

/// An exception, the target of an `exnref`: a heap object whose slots are the tag and the payload.
/// (Core specification 3.0, 4.2.16 "Exception Instances".)
package struct ExceptionCell {
  /// ``HeapObject/exceptionType``, and the number of slots.
  package var type: UInt32
  package var slotCount: UInt32
  package var tag: UnsafeMutablePointer<TagCell>

  package static var payloadOffset: Int { 16 }
}

/// The evaluated elements of a segment; none after it was dropped.
package struct ElementCell {
  package var elements: UnsafeMutablePointer<Slot>?
  package var count: UInt64

  package init(elements: UnsafeMutablePointer<Slot>?, count: UInt64) {
    self.elements = elements
    self.count = count
  }
}

/// The bytes of a data segment, in the module; none after it was dropped.
package struct DataCell {
  package var bytes: UnsafePointer<UInt8>?
  package var count: UInt64

  package init(bytes: UnsafePointer<UInt8>?, count: UInt64) {
    self.bytes = bytes
    self.count = count
  }
}

/// A function and its instance: the target of table elements and `funcref` values.
package struct FunctionReference {
  /// The function's entry points, shared by all instances of a module.
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
