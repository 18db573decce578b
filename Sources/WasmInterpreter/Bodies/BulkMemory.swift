import WasmRuntime

// Size, growth and bulk instructions. Their work is out of line; operands that are sizes or addresses are full slots,
// cut to 32 bits by the lowering's choice of the flag beside them. (Core specification 3.0, 4.6.8.)

extension Operands {
  /// Bytes of memory `index`, or nil if they do not all lie inside.
  func bytes(_ index: Int, at address: UInt64, count: UInt64) -> UnsafeMutableRawPointer? {
    let cell = context.pointee.memories[index].pointee
    let (end, overflow) = address.addingReportingOverflow(count)
    guard !overflow, end <= cell.byteCount else { return nil }
    return cell.base + Int(address)
  }
}

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
    let owner = context.pointee.memories[index].pointee.owner!
    return Unmanaged<MemoryInstance>.fromOpaque(owner).takeUnretainedValue().pageCount
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
    let owner = context.pointee.memories[index].pointee.owner!
    return Unmanaged<MemoryInstance>.fromOpaque(owner).takeUnretainedValue().grow(by: pages) ?? .max
  }
}

extension Operands {
  /// Memory 16 at slot 8, slot 12 bytes ← byte in slot 10; 14: whether addresses have 64 bits.
  func fillMemory() -> Bool {
    let is64 = slotNumber(14) != 0
    let count = address(12, is64: is64)
    guard
      let target = bytes(slotNumber(16), at: address(8, is64: is64), count: count)
    else { return false }
    memoryFill(target, UInt8(truncatingIfNeeded: slot(10).pointee), Int(count))
    return true
  }

  /// Memory 14 at slot 8 ← memory 16 at slot 10, slot 12 bytes; 18: bit 0, target addresses have 64 bits; bit 1, source's.
  func copyMemory() -> Bool {
    let flags = slotNumber(18)
    let count = address(12, is64: flags == 3)
    guard
      let target = bytes(
        slotNumber(14), at: address(8, is64: flags & 1 != 0), count: count),
      let source = bytes(
        slotNumber(16), at: address(10, is64: flags & 2 != 0), count: count)
    else { return false }
    memoryCopy(target, source, Int(count))
    return true
  }

  /// Memory 14 at slot 8 ← data segment (32 bits at 16) from slot 10, slot 12 bytes; 20: whether addresses have 64 bits.
  func initializeMemory() -> Bool {
    let count = address(12, is64: false)
    let start = address(10, is64: false)
    let segment = context.pointee.dataSegments[Int(operand(16, as: UInt32.self))]
    let address = self.address(8, is64: slotNumber(20) != 0)
    guard start + count <= segment.count,
      let target = bytes(slotNumber(14), at: address, count: count)
    else { return false }
    if count > 0, let bytes = segment.bytes { memoryCopy(target, bytes + Int(start), Int(count)) }
    return true
  }
}

/// Drops the data segment with the 32-bit number at 8.
enum DataDrop: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.context.pointee.dataSegments[Int(machine.operand(8, as: UInt32.self))] = DataCell(bytes: nil, count: 0)
    machine.advance(2)
    return true
  }
}
