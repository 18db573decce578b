/// The registers of a thread that a signal interrupted, on Linux: the order of `gregset_t`.
package struct InterruptedThread: InterruptedRegisters {
  private let registers: UnsafeMutablePointer<UInt>

  package init(_ machineContext: UnsafeMutableRawPointer) {
    registers = machineContext.assumingMemoryBound(to: UInt.self)
  }

  package var programCounter: UInt {
    get { registers[16] }
    nonmutating set { registers[16] = newValue }
  }

  package var stackPointer: UInt {
    get { registers[15] }
    nonmutating set { registers[15] = newValue }
  }

  package var framePointer: UInt { registers[10] }
  /// `r15`: see ``RegisterConvention/context``.
  package var instanceContext: UInt { registers[7] }
  /// `r11`: see ``RegisterConvention/accessAddress``.
  package var accessAddress: UInt { registers[3] }
  /// `rax`: see ``RegisterConvention/accessContainer``.
  package var accessContainer: UInt { registers[13] }
  /// From the error code of the page fault. (Intel SDM, volume 3, 5.7 "Page-Fault Exceptions".)
  package var isWriting: Bool { registers[19] & 2 != 0 }
}
