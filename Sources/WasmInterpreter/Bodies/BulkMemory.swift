import WasmRuntime

// Size, growth and bulk instructions. Their work is out of line; operands that are sizes or addresses are full slots,
// cut to 32 bits by the lowering's choice of the flag beside them. (Core specification 3.0, 4.6.8.)

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

/// Slot 8 ← pages of memory 12 before it grows by slot 10, or -1; 14: whether addresses have 64 bits.
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
  /// Memory 16 at slot 8, slot 12 bytes ← byte in slot 10; 14: whether addresses have 64 bits.
  func fillMemory() -> Bool {
    let is64 = slotNumber(14) != 0
    return context.fillMemory(
      slotNumber(16), at: address(8, is64: is64), with: UInt8(truncatingIfNeeded: slot(10).pointee),
      count: address(12, is64: is64))
  }

  /// Memory 14 at slot 8 ← memory 16 at slot 10, slot 12 bytes; 18: bit 0, target addresses have 64 bits; bit 1, source's.
  func copyMemory() -> Bool {
    let flags = slotNumber(18)
    return context.copyMemory(
      slotNumber(14), at: address(8, is64: flags & 1 != 0), from: slotNumber(16),
      at: address(10, is64: flags & 2 != 0), count: address(12, is64: flags == 3))
  }

  /// Memory 14 at slot 8 ← data segment (32 bits at 16) from slot 10, slot 12 bytes; 20: whether addresses have 64 bits.
  func initializeMemory() -> Bool {
    context.initializeMemory(
      slotNumber(14), at: address(8, is64: slotNumber(20) != 0), fromData: Int(operand(16, as: UInt32.self)),
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
