// The frames of stubs. All frames are linked by `rbp`.

/// The frame of an entry stub: offsets from its `rbp`. The callee's frames are below.
package enum EntryFrame {
  /// The five callee-saved registers are above.
  static let savedRegisters: Int32 = -40
  static let slots: Int32 = -48
  static let store: Int32 = -56
  /// The enclosing activation. ``StoreContext/activation`` holds the address of this word.
  static let activation: Int32 = -64

  /// The distance from ``StoreContext/activation`` to the frame.
  package static let activationToFrame = UInt(64)

  /// The activation that encloses the one in ``StoreContext/activation``; nil if it is the outermost.
  package static func outer(_ activation: UnsafeRawPointer) -> UnsafeRawPointer? {
    UnsafeRawPointer(bitPattern: activation.load(as: UInt.self))
  }

  /// The end of the activation's frames: the address of the entry stub's frame, below which compiled code's begin.
  package static func base(_ activation: UnsafeRawPointer) -> UInt { UInt(bitPattern: activation) + activationToFrame }
}

/// The frame of the stub through which compiled code calls a function that allocates; ``StoreContext/allocatingFrame`` holds its address
/// meanwhile.
package enum AllocatingFrame {
  /// The registers that the stub saves at -8, -16 and so on.
  static let savedRegisters: [PhysicalRegister] = [.rbx, .r12, .r13]

  /// The address of the frame's first word.
  package static func start(_ frame: UnsafeMutablePointer<UInt>) -> UnsafeMutablePointer<UInt> {
    frame - savedRegisters.count
  }

  /// Calls a function with the caller's value of each saved register of a set.
  ///
  /// - Parameter registers: bits by number.
  package static func forEach(
    of registers: UInt32, in frame: UnsafePointer<UInt>, _ body: (UnsafePointer<UInt>) -> Void
  ) {
    for (index, register) in savedRegisters.enumerated() where registers >> UInt32(register.number) & 1 != 0 {
      body(frame - 1 - index)
    }
  }
}

/// The frame of an exit stub: says where the enclosing activation was left.
package enum ExitFrame {
  static let suspension: Int32 = -8

  /// ``Suspension/bits`` of the enclosing activation.
  package static func suspension(of frame: UnsafePointer<UInt>) -> UInt {
    UnsafeRawPointer(frame).load(fromByteOffset: Int(suspension), as: UInt.self)
  }
}
