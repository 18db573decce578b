import WasmRuntime

extension Machine {
  /// The machine at an access that seemed to be out of bounds, to be made once more, because another thread has let a shared
  /// memory grow since the instance looked at its size; nil if what stopped was something else.
  ///
  /// So accesses to shared memories cost what others cost. Instructions check all bounds before they write anything, and can be
  /// executed again. No endless loop comes of it: each time, a memory has grown.
  init?(resuming store: StoreState) {
    let stopped = store.context.pointee
    guard stopped.trapCode == TrapCode.outOfBoundsMemoryAccess.rawValue, let pc = stopped.trapPC,
      let frame = stopped.trapFrame, let context = stopped.trapContext
    else { return nil }
    var hasGrown = false
    let instance = Unmanaged<ModuleInstance>.fromOpaque(context.pointee.owner).takeUnretainedValue()
    for memory in instance.memories where memory.refresh() { hasGrown = true }
    let cell = context.pointee.memory.pointee
    // Whatever else has looked at the true size since, the registers count.
    guard hasGrown || cell.byteCount != stopped.trapMemoryByteCount else { return nil }
    store.context.pointee.trapCode = 0
    self.init(
      pc: pc, frame: frame, memoryBase: cell.base, memoryByteCount: cell.byteCount, context: context,
      accumulator: stopped.trapAccumulator, float64: stopped.trapFloat64, float32: stopped.trapFloat32)
  }
}
