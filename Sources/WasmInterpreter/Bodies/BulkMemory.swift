import WasmRuntime

// Size, growth and bulk instructions. They work out of line. Operands that are sizes or addresses are full slots, truncated to 32 bits
// unless the flag next to them is set. (Core specification 3.0, 4.6.8 "Memory Instructions".)

/// `destination` ← the memory's number of pages.
enum MemorySize: Operation {
  typealias Format = MemorySizeFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let pages = pageCount(machine.context, Int(machine[Format.self].memory))
    machine.slot(machine[Format.self].destination).pointee = pages
    machine.accumulator = pages
    machine.advance(Format.self)
    return true
  }

  @inline(never)
  private static func pageCount(_ context: UnsafeMutablePointer<InstanceContext>, _ index: Int) -> UInt64 {
    context.memory(index).pageCount
  }
}

/// `destination` ← the size of the memory in pages before it grows by `delta`, or -1.
enum MemoryGrow: Operation {
  typealias Format = MemoryGrowFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let is64 = machine[Format.self].is64.isSet
    let result: UInt64
    switch grow(
      machine.context, Int(machine[Format.self].memory),
      machine.operands.address(machine[Format.self].delta, is64: is64))
    {
    case .grown(let old): result = old
    case .refused: result = .max
    case .trapped(let code): return machine.trap(code)
    }
    machine.reloadMemory()
    let value = is64 ? result : result & 0xFFFF_FFFF
    machine.slot(machine[Format.self].destination).pointee = value
    machine.accumulator = value
    machine.advance(Format.self)
    return true
  }

  @inline(never)
  private static func grow(
    _ context: UnsafeMutablePointer<InstanceContext>, _ index: Int, _ pages: UInt64
  ) -> GrowthOutcome {
    context.growMemory(index, by: pages)
  }
}

extension Operands {
  /// `count` bytes of the target from `target` on ← the byte in `source`.
  func fillMemory() -> TrapCode? {
    let bulk = self[BulkFormat.self]
    let is64 = bulk.selector.targetIs64
    return context.fillMemory(
      Int(bulk.targetIndex), at: address(bulk.target, is64: is64),
      with: UInt8(truncatingIfNeeded: slot(bulk.source).pointee), count: address(bulk.count, is64: is64))
  }

  /// `count` bytes of the target from `target` on ← the source from `source` on.
  func copyMemory() -> TrapCode? {
    let bulk = self[BulkFormat.self]
    let (targetIs64, sourceIs64) = (bulk.selector.targetIs64, bulk.selector.sourceIs64)
    return context.copyMemory(
      Int(bulk.targetIndex), at: address(bulk.target, is64: targetIs64), from: Int(bulk.sourceIndex),
      at: address(bulk.source, is64: sourceIs64), count: address(bulk.count, is64: targetIs64 && sourceIs64))
  }

  /// `count` bytes of the target from `target` on ← the data segment from `source` on.
  func initializeMemory() -> TrapCode? {
    let bulk = self[BulkFormat.self]
    return context.initializeMemory(
      Int(bulk.targetIndex), at: address(bulk.target, is64: bulk.selector.targetIs64),
      fromData: Int(bulk.sourceIndex), at: address(bulk.source, is64: false), count: address(bulk.count, is64: false))
  }
}

/// Drops the data segment.
enum DataDrop: Operation {
  typealias Format = DropFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.context.dropData(Int(machine[Format.self].segment))
    machine.advance(Format.self)
    return true
  }
}
