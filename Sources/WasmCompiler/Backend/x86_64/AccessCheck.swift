/// What the out-of-line trap of a check of an access needs for the message, in the upper half of a machine instruction's `immediate`. The
/// lower half may be the constant of the comparison.
struct AccessCheck: BitwiseCopyable {
  /// Where the end of the access is found.
  enum End: UInt32 {
    case none
    /// The instruction's last operand.
    case operand
    /// The constant with which the size is compared.
    case comparedConstant
    /// Beyond 64 bits.
    case beyond
  }

  private var bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  /// - Parameter instruction: a `trapIf` with an end.
  init(_ end: End, _ instruction: Instruction) {
    let widthLog2 = UInt32(instruction.immediate.trailingZeroBitCount) & 7
    bits = end.rawValue | widthLog2 << 2 | instruction.index << 5
  }

  var end: End { End(rawValue: bits & 3).unsafelyUnwrapped }
  /// The size of the access in bytes.
  var byteCount: Int32 { end == .beyond ? 0 : 1 << Int32(bits >> 2 & 7) }
  var memory: UInt32 { bits >> 5 }

  fileprivate var encoded: UInt32 { bits }
}

extension MachineInstruction {
  var accessCheck: AccessCheck {
    get { AccessCheck(bits: UInt32(truncatingIfNeeded: immediate >> 32)) }
    set { immediate = immediate & 0xFFFF_FFFF | UInt64(newValue.encoded) << 32 }
  }
}
