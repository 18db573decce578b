import NeedletailSystem
import Synchronization
import WebAssembly

/// The run-time state that the modules of a program share: instances, the stack, limits. (Core specification 3.0, 4.2.3 "Store".)
///
/// Used by one thread at a time. Everything in it lives as long as it does, so its parts may refer to each other.
package final class StoreState {
  package let registry: TypeRegistry
  package let context: UnsafeMutablePointer<StoreContext>
  /// The error of a host function, or the uncaught exception, until the activation that it stopped throws it.
  package var pendingError: (any Error)?
  /// Computes the backtrace of the last thrown exception, if a host function rethrew it with its backtrace.
  package var thrownBacktrace: (() -> [Trap.Frame])?
  /// Runs functions without compiled code; nil in a store that runs nothing.
  package let interpreter: (any ExecutionEngine)?
  /// Runs compiled code; nil if all modules are interpreted.
  package let nativeEngine: (any NativeExecutionEngine)?
  /// Stops code that runs in the store, from other threads.
  package let interruption = Interruption()
  /// The thread that uses the store.
  let claim = StoreClaim()

  let ledger: ResourceLedger
  private var count = ResourceLedger.Count()
  private let stack: SlotStack
  /// What the store has in use.
  package var usage: ResourceUsage { ledger.usage }
  /// The size of the stack up to its limit, in bytes. Compiled code gets as much of a machine stack.
  var stackByteCount: Int { (stack.limit - stack.base) * MemoryLayout<Slot>.stride }
  /// The end of the stack's memory.
  private let overflow: UnsafeMutableRawPointer
  private let stoppedAddresses: UnsafeMutablePointer<UInt>
  private(set) var instances: [ModuleInstance] = []
  private var functions: [UnsafeMutablePointer<FunctionReference>] = []
  private var hostFunctions: [HostFunction] = []
  private var tags: [TagInstance] = []
  /// Holds the types of everything in the store.
  private var heldTypes: [InternedTypes] = []
  package let heap: Heap
  /// Asked before something grows.
  package var limiter: (any ResourceLimiter)? {
    didSet { heap.asksToOccupy = limiter != nil }
  }
  /// Why a memory or table did not grow, until the activation that it stopped throws it.
  var refusedGrowth: LimitExceeded?
  var trapsOnGrowFailure: Bool { ledger.trapsOnGrowFailure }
  /// The part of a machine stack that the limit in the context applies to, and the store's separate machine stack, if it needed one.
  var stackSegment = StackSegment()
  var guestStack: GuestStack?
  /// The innermost call that can be suspended, running or suspended: see ``SuspendableCall``.
  package internal(set) var suspendableCall: SuspendableCall?
  /// Fuel for code that runs later: see ``StoreState/yieldInterval``.
  var fuelReserve: Int64 = 0
  /// See ``StoreState/yieldInterval``.
  var fuelSlice = Int64.max
  /// Suspends the running call for more fuel, or only so that others run.
  package var fuelSource: FuelSource? { didSet { updateFuelPause() } }
  private var isReleasingObjects = false

  /// The largest number of arguments or results (the decoder's limits), which is the largest number without a register.
  private static let overflowCount = 1000

  /// - Parameters:
  ///   - interpreter: runs functions without compiled code; nil in a store that runs nothing.
  ///   - nativeEngine: runs compiled code; nil if all modules are interpreted.
  ///   - registry: the engine's types.
  ///   - ledger: counts the resources of the store's modules.
  ///   - stackByteCount: the size of the stack of Wasm frames, in bytes.
  ///   - heapConfiguration: the settings of the garbage-collected heap.
  /// - Throws: `LimitExceeded` if the system has no address space for the stack, or the ledger allows no more stores.
  package init(
    interpreter: (any ExecutionEngine)? = nil, nativeEngine: (any NativeExecutionEngine)? = nil,
    registry: TypeRegistry, ledger: ResourceLedger, stackByteCount: Int,
    heapConfiguration: HeapConfiguration = HeapConfiguration()
  ) throws(LimitExceeded) {
    self.interpreter = interpreter
    self.nativeEngine = nativeEngine
    self.registry = registry
    self.ledger = ledger
    stack = try SlotStack(
      byteCount: stackByteCount, spareByteCount: 48 * Self.overflowCount,
      poisons: heapConfiguration.poisonsUnusedMemory)
    heap = try Heap(heapConfiguration, ledger: ledger, registry: registry, stackBase: stack.base)
    overflow = stack.end - 16 * Self.overflowCount
    if heapConfiguration.poisonsUnusedMemory { Poison.fill(overflow, byteCount: 16 * Self.overflowCount) }
    stoppedAddresses = .allocate(capacity: StoreContext.stoppedCapacity)
    context = .allocate(capacity: 1)
    context.initialize(
      to: StoreContext(
        stackLimit: stack.limit, stackTop: stack.base, overflow: overflow, allocationWindows: heap.windows,
        typeDescriptors: heap.types.base, stoppedAddresses: stoppedAddresses, owner: UnsafeRawPointer(stack.base)))
    context.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    interruption.watch(context)
    heap.markInstances = { [unowned self] marker in
      for instance in instances { instance.mark(&marker) }
      markNativeStack(&marker)
    }
    heap.isInterrupted = { [interruption] in interruption.isRequested }
    heap.askToOccupy = { [unowned self] in try ask($0) }
    heap.didFindDeadObjects = { [context] in context.pointee.hasDeadObjects = true }
    try ledger.addStore(to: &count)
  }

  deinit {
    interruption.forgetContexts()
    for function in functions { function.deallocate() }
    context.deallocate()
    stoppedAddresses.deallocate()
    ledger.release(count)
  }

  /// Marks the references in frames of compiled code.
  private func markNativeStack(_ marker: inout Marker) {
    guard let nativeEngine, context.pointee.activation != nil else { return }
    nativeEngine.readFrames(of: self) { words in
      if let base = words.baseAddress { marker.markConservatively(base, count: words.count) }
    }
  }

  // MARK: Types

  /// Holds types as long as the store lives, and describes them to running code. Everything that modules or the host create in the store
  /// has one of these types, so their indices stay valid.
  ///
  /// - Complexity: O(size of the types that are new to the store).
  package func hold(_ types: InternedTypes) {
    guard !types.indices.allSatisfy({ heap.types.isDescribed($0) }) else { return }
    heldTypes.append(types)
    for index in types.indices { heap.types.describe(index) }
  }

  /// The same for the types of a module.
  func hold(_ image: ModuleImage) {
    guard !image.types.allSatisfy({ heap.types.isDescribed($0) }) else { return }
    heldTypes.append(image.internedTypes)
    for (index, layout) in zip(image.types, image.layouts) { heap.types.describe(index, layout: layout) }
  }

  /// The same for one type.
  ///
  /// - Returns: false if no type has this canonical index.
  package func hold(typeAt index: UInt32) -> Bool {
    if heap.types.isDescribed(index) { return true }
    guard let types = registry.hold(index) else { return false }
    hold(types)
    return true
  }

  /// The same for the concrete type that a type in canonical indices refers to, if any.
  ///
  /// - Returns: false if there is no such type.
  package func hold(typeIn type: ValueType) -> Bool {
    guard let index = type.referenceType?.heapType.typeIndex else { return true }
    return hold(typeAt: index)
  }

  // MARK: Creating items

  package func makeMemory(_ type: MemoryType) throws -> MemoryInstance {
    try makeMemory(type, image: nil, needsGuard: needsGuards)
  }

  /// Whether compiled code relies on guard regions.
  var needsGuards: Bool { nativeEngine?.needsReservations == true }

  /// Creates a memory with contents: see ``MemoryInstance/init(_:image:needsGuard:ledger:)``.
  func makeMemory(
    _ type: MemoryType, image: DataImage?, needsGuard: Bool
  ) throws -> MemoryInstance {
    try ask(MemoryInstance.request(type))
    try ledger.addMemory(to: &count)
    do {
      return try MemoryInstance(type, image: image, needsGuard: needsGuard, ledger: ledger)
    } catch {
      ledger.removeMemory(from: &count)
      throw error
    }
  }

  /// This store's view of a shared memory.
  package func makeMemory(sharing shared: SharedMemoryInstance) throws(LimitExceeded) -> MemoryInstance {
    try ledger.addMemory(to: &count)
    return MemoryInstance(sharing: shared, ledger: ledger)
  }

  /// Creates a table; `type` is in canonical indices, of types that the store holds.
  ///
  /// - Parameter isInterrupted: whether to give up.
  /// - Throws: `LimitExceeded`; `Trap` if it gave up.
  package func makeTable(
    _ type: TableType, filledWith value: Slot, unless isInterrupted: () -> Bool = { false }
  ) throws -> TableInstance {
    try ask(ResourceRequest(.tableElements, from: 0, to: type.limits.minimum, maximum: type.limits.maximum))
    try ledger.addTable(to: &count)
    do {
      let table = try TableInstance(
        type, filledWith: value, ledger: ledger,
        roots: registry.isCollected(ValueType(type.element)) ? heap.roots : nil, unless: isInterrupted)
      guard let table else { throw trap(.interrupted) }
      return table
    } catch {
      ledger.removeTable(from: &count)
      throw error
    }
  }

  /// Creates a host global; `type` is in canonical indices, of types that the store holds.
  package func makeGlobal(_ type: GlobalType) -> GlobalInstance {
    GlobalInstance(type, value: (0, 0), roots: registry.isCollected(type.value) ? heap.roots : nil)
  }

  func countInstance() throws {
    try ask(ResourceRequest(.instances, from: UInt64(instances.count), to: UInt64(instances.count) + 1))
    try ledger.addInstance(to: &count)
  }

  func add(_ instance: ModuleInstance) {
    instances.append(instance)
    interruption.watch(instance.context)
  }

  /// Creates a reference to a host function, whose type the store holds.
  ///
  /// - Parameter code: the engine's entry to the function; must live as long as the store.
  package func makeFunction(
    _ function: HostFunction, code: UnsafeMutablePointer<FunctionCode>
  ) -> UnsafeMutablePointer<FunctionReference> {
    hostFunctions.append(function)
    let reference = UnsafeMutablePointer<FunctionReference>.allocate(capacity: 1)
    reference.initialize(
      to: FunctionReference(
        code: code, context: nil, type: function.typeIndex, index: 0,
        host: UnsafeRawPointer(Unmanaged.passUnretained(function).toOpaque())))
    functions.append(reference)
    return reference
  }

  /// Creates a tag, which lives as long as the store, since exceptions refer to it.
  ///
  /// - Parameter type: the canonical index of its function type, which the store holds.
  package func makeTag(type: UInt32) -> TagInstance {
    let parameters = registry.type(type).composite.function?.parameters ?? []
    let tag = TagInstance.make(type: type, payloadSlots: parameters.reduce(0) { $0 + UInt32($1.slotCount) })
    tags.append(tag)
    return tag
  }

  /// The name that a module of this store gives a tag.
  package func name(of tag: TagInstance) -> String? {
    for instance in instances {
      guard let index = instance.tags.firstIndex(where: { $0 === tag }) else { continue }
      if let name = instance.image.tagName(UInt32(index)) { return name }
    }
    return nil
  }

  // MARK: Swift objects

  /// Releases the Swift objects that collections found unreachable. This can run host code (`deinit`), which may call functions of this
  /// store. So it is done only where a host function could be called as well: before host functions run, after a call from the host has
  /// ended, and in the host's operations on the store. Never within an instruction.
  ///
  /// Objects that are found unreachable in the meantime are also released, by the outermost call.
  ///
  /// - Parameter slots: the end of the used part of the stack of Wasm frames, if it is above the store's `stackTop`.
  @inline(never)
  package func releaseDeadObjects(keeping slots: UnsafeMutablePointer<Slot>? = nil) {
    guard !isReleasingObjects else { return }
    isReleasingObjects = true
    let saved = context.pointee.stackTop
    if let slots { context.pointee.stackTop = max(saved, slots) }
    while let object = heap.takeDeadObject() { object.release() }
    context.pointee.hasDeadObjects = false
    context.pointee.stackTop = saved
    isReleasingObjects = false
  }

  /// A reference to a Swift object, which is released when neither Wasm nor the host has the reference any more.
  ///
  /// - Returns: nil if the heap is exhausted.
  package func makeExternalReference(_ object: AnyObject) -> Slot? {
    heap.makeExternal(object, stackTop: context.pointee.stackTop)
  }

  /// The host object that a reference refers to; nil if it does not refer to one.
  package func externalObject(_ reference: Slot) -> AnyObject? {
    guard reference & 1 == 0, let cell = UnsafeMutableRawPointer(bitPattern: UInt(reference)),
      cell.load(as: UInt32.self) == HeapObject.externalType
    else { return nil }
    return ExternalCell.object(in: cell).takeUnretainedValue()
  }
}
