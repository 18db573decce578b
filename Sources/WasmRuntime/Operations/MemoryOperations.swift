import NeedletailSystem
import WebAssembly

// Memory instructions other than loads and stores, for all engines. (Core specification 3.0, 4.6.8 "Memory Instructions".)

extension UnsafeMutablePointer<InstanceContext> {
  package var storeState: StoreState {
    Unmanaged.fromOpaque(pointee.store.pointee.owner).takeUnretainedValue()
  }

  package func memory(_ index: Int) -> MemoryInstance {
    Unmanaged.fromOpaque(pointee.memories[index].pointee.owner!).takeUnretainedValue()
  }

  /// Notes which item an instruction did not find.
  package func note(_ access: OutOfBounds) { pointee.store.pointee.outOfBounds = access }

  /// Bytes of a memory, or nil if the range is not inside it. Another thread may have grown a shared memory beyond the size in its cell.
  package func bytes(ofMemory index: Int, at address: UInt64, count: UInt64) -> UnsafeMutableRawPointer? {
    let cell = pointee.memories[index]
    let (end, overflow) = address.addingReportingOverflow(count)
    guard !overflow, end <= cell.pointee.byteCount || memory(index).refresh() && end <= cell.pointee.byteCount else {
      note(OutOfBounds(cell, from: address, count: count))
      return nil
    }
    return cell.pointee.base + Int(address)
  }

  /// `memory.fill`. Returns the code of a trap, if any; if the range is not inside, nothing is written.
  package func fillMemory(_ index: Int, at address: UInt64, with byte: UInt8, count: UInt64) -> TrapCode? {
    guard let target = bytes(ofMemory: index, at: address, count: count) else { return .outOfBoundsMemoryAccess }
    return fillBytes(target, byte, Int(count))
  }

  /// `memory.copy`. The source is checked first.
  package func copyMemory(
    _ index: Int, at address: UInt64, from sourceIndex: Int, at sourceAddress: UInt64, count: UInt64
  ) -> TrapCode? {
    guard let source = bytes(ofMemory: sourceIndex, at: sourceAddress, count: count),
      let target = bytes(ofMemory: index, at: address, count: count)
    else { return .outOfBoundsMemoryAccess }
    return copyBytes(from: source, to: target, Int(count))
  }

  /// `memory.init`.
  package func initializeMemory(
    _ index: Int, at address: UInt64, fromData segment: Int, at start: UInt64, count: UInt64
  ) -> TrapCode? {
    let segment = pointee.dataSegments[segment]
    let (end, overflow) = start.addingReportingOverflow(count)
    guard !overflow, end <= segment.count else {
      note(OutOfBounds(.data, from: overflow ? .max : start, of: segment.count))
      return .outOfBoundsMemoryAccess
    }
    guard let target = bytes(ofMemory: index, at: address, count: count) else { return .outOfBoundsMemoryAccess }
    guard count > 0, let bytes = segment.bytes else { return nil }
    return copyBytes(from: UnsafeRawPointer(bytes + Int(start)), to: target, Int(count))
  }

  /// `data.drop`.
  package func dropData(_ segment: Int) { pointee.dataSegments[segment] = DataCell(bytes: nil, count: 0) }
}

/// The instructions on waiting threads. (Threads proposal.)
package enum WaitInstruction: UInt16 {
  case notify, wait32, wait64
}

extension UnsafeMutablePointer<InstanceContext> {
  /// Executes one of them.
  ///
  /// - Parameters:
  ///   - address: the effective address modulo 2⁶⁴.
  ///   - isBeyond: whether the effective address is 2⁶⁴ or more.
  ///   - operand: the expected value, or the number of threads to notify.
  package func perform(
    _ instruction: WaitInstruction, onMemory index: Int, at address: UInt64, isBeyond: Bool = false, operand: UInt64,
    timeout: Int64
  ) -> Int64 {
    func trap(_ code: TrapCode) -> Int64 { -Int64(code.rawValue) }
    let memory = memory(index)
    let byteCount: UInt64 = instruction == .wait64 ? 8 : 4
    guard address & (byteCount - 1) == 0 else { return trap(.unalignedAtomic) }
    guard !isBeyond, address <= .max - byteCount, address + byteCount <= memory.byteCount else {
      note(OutOfBounds(pointee.memories[index], from: isBeyond ? .max : address, count: byteCount))
      return trap(.outOfBoundsMemoryAccess)
    }
    let place = memory.cell.pointee.base + Int(address)
    if instruction == .notify {
      // No thread can wait on a memory that is not shared.
      guard memory.shared != nil else { return 0 }
      return Int64(ParkingLot.notify(at: place, count: UInt32(truncatingIfNeeded: operand)))
    }
    guard memory.shared != nil else { return trap(.expectedSharedMemory) }
    let interruption = storeState.interruption
    let call = storeState.suspendableCall.flatMap { $0.canSuspend ? $0 : nil }
    let outcome =
      instruction == .wait64
      ? ParkingLot.wait(at: place, for: operand, timeout: timeout, interruption, suspending: call)
      : ParkingLot.wait(
        at: place, for: UInt32(truncatingIfNeeded: operand), timeout: timeout, interruption, suspending: call)
    switch outcome {
    case .woken: return 0
    case .notEqual: return 1
    case .timedOut: return 2
    case .interrupted: return trap(.interrupted)
    }
  }
}
