import WasmRuntime

extension Machine {
  /// The machine after code has stopped for a reason that was only temporary; nil if it stopped for another one.
  ///
  /// - A memory access trapped because the instance's size of a shared memory was stale: another thread has grown the memory, and the
  ///   access is
  ///   retried. So accesses to shared memories cost no more than others. Instructions check all bounds before they write, and can be
  ///   executed again. This cannot loop forever: a memory has grown each time.
  /// - A charge exceeded the fuel, and there is more.
  init?(resuming store: StoreState) {
    switch TrapCode(rawValue: store.context.pointee.trapCode) {
    case .outOfBoundsMemoryAccess: self.init(retrying: store)
    case .outOfFuel: self.init(charging: store)
    default: return nil
    }
  }

  /// The machine after a charge. Obtains the fuel, for which the call may be suspended; if there is none, the context has the reason to
  /// stop.
  private init?(charging store: StoreState) {
    if let code = store.obtainFuel() {
      store.context.pointee.trapCode = code.rawValue
      return nil
    }
    let stopped = store.context.pointee
    guard let pc = stopped.chargedPC, let frame = stopped.trapFrame, let context = stopped.trapContext else {
      return nil
    }
    store.context.pointee.trapCode = 0
    let cell = context.pointee.memory.pointee
    self.init(
      pc: pc, frame: frame, memoryBase: cell.base, memoryByteCount: cell.byteCount, context: context,
      accumulator: stopped.trapAccumulator, float64: stopped.trapFloat64, float32: stopped.trapFloat32)
  }

  private init?(retrying store: StoreState) {
    let stopped = store.context.pointee
    guard let pc = stopped.trapPC, let frame = stopped.trapFrame, let context = stopped.trapContext else { return nil }
    var hasGrown = false
    let instance = Unmanaged<ModuleInstance>.fromOpaque(context.pointee.owner).takeUnretainedValue()
    for memory in instance.memories where memory.refresh() { hasGrown = true }
    let cell = context.pointee.memory.pointee
    // The size in the registers decides, whatever else has read the current size since.
    guard hasGrown || cell.byteCount != stopped.trapMemoryByteCount else { return nil }
    store.context.pointee.trapCode = 0
    store.context.pointee.outOfBounds = OutOfBounds()
    self.init(
      pc: pc, frame: frame, memoryBase: cell.base, memoryByteCount: cell.byteCount, context: context,
      accumulator: stopped.trapAccumulator, float64: stopped.trapFloat64, float32: stopped.trapFloat32)
  }
}
