import WasmRuntime

extension Machine {
  /// The machine at a memory access that trapped because the instance's size of a shared memory was stale: another thread has grown the
  /// memory, and the access is retried. Nil for any other trap.
  ///
  /// So accesses to shared memories cost no more than others. Instructions check all bounds before they write, and can be executed again.
  /// This cannot loop forever: a memory has grown each time.
  init?(resuming store: StoreState) {
    let stopped = store.context.pointee
    guard stopped.trapCode == TrapCode.outOfBoundsMemoryAccess.rawValue, let pc = stopped.trapPC,
      let frame = stopped.trapFrame, let context = stopped.trapContext
    else { return nil }
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
