import WasmRuntime

// Size, growth and bulk instructions. They work out of line. Operands that are sizes or addresses are full slots, truncated to 32 bits
// unless the flag next to them is set. (Core specification 3.0, 4.6.8 "Memory Instructions".)

/// Slot 8 ← pages of memory 10.
enum MemorySize: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let pages = pageCount(machine.context, machine.slotNumber(10))
    machine.slot(8).pointee = pages
    machine.accumulator = pages
    machine.advance(2)
    return true
  }

  @inline(never)
  private static func pageCount(_ context: UnsafeMutablePointer<InstanceContext>, _ index: Int) -> UInt64 {
    context.memory(index).pageCount
  }
}

/// Slot 8 ← the size of memory 12 in pages before it grows by slot 10, or -1; 14: whether addresses have 64 bits.
enum MemoryGrow: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let is64 = machine.slotNumber(14) != 0
    let result = grow(machine.context, machine.slotNumber(12), machine.operands.address(10, is64: is64))
    machine.reloadMemory()
    let value = is64 ? result : result & 0xFFFF_FFFF
    machine.slot(8).pointee = value
    machine.accumulator = value
    machine.advance(2)
    return true
  }

  @inline(never)
  private static func grow(
    _ context: UnsafeMutablePointer<InstanceContext>, _ index: Int, _ pages: UInt64
  ) -> UInt64 {
    context.memory(index).grow(by: pages) ?? .max
  }
}

extension Operands {
  /// Slot 12 bytes of the target from slot 8 on ← the byte in slot 10.
  func fillMemory() -> Bool {
    let is64 = bulkFlags != 0
    return context.fillMemory(
      bulkTarget, at: address(8, is64: is64), with: UInt8(truncatingIfNeeded: slot(10).pointee),
      count: address(12, is64: is64))
  }

  /// Slot 12 bytes of the target from slot 8 on ← the source from slot 10 on.
  func copyMemory() -> Bool {
    let flags = bulkFlags
    return context.copyMemory(
      bulkTarget, at: address(8, is64: flags & 1 != 0), from: bulkSource,
      at: address(10, is64: flags & 2 != 0), count: address(12, is64: flags == 3))
  }

  /// Slot 12 bytes of the target from slot 8 on ← the data segment from slot 10 on.
  func initializeMemory() -> Bool {
    context.initializeMemory(
      bulkTarget, at: address(8, is64: bulkFlags != 0), fromData: bulkSource,
      at: address(10, is64: false), count: address(12, is64: false))
  }
}

/// Drops the data segment with the 32-bit number at 8.
enum DataDrop: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.context.dropData(Int(machine.operand(8, as: UInt32.self)))
    machine.advance(2)
    return true
  }
}
