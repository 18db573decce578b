/// What the out-of-line trap of a check of an access needs for the message, in the upper half of a machine instruction's `immediate`. The
/// lower half may be the constant of the comparison.
struct AccessCheck: BitwiseCopyable {
  /// Where the end of the access is found.
  enum End: UInt32 {
    case none
    /// The instruction's last operand, or the one before the container.
    case operand
    /// The constant with which the size is compared.
    case comparedConstant
    /// Beyond 64 bits.
    case beyond
  }

  private var bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  /// - Parameter instruction: a `trapIf` with an end, or with an index and a container.
  init(_ end: End, _ instruction: Instruction) {
    let widthLog2 =
      instruction.c.isNone ? UInt32(instruction.immediate.trailingZeroBitCount) & 7 : Self.elementMark
    bits = end.rawValue | widthLog2 << 2 | instruction.index << 5
  }

  /// In place of the size of an access to a memory, which is at most 64 bytes.
  private static let elementMark: UInt32 = 7

  var end: End { End(rawValue: bits & 3).unsafelyUnwrapped }
  /// Whether an element of a table or array is accessed. Its index is in place of the end, or 1 below a constant end.
  var isOfElement: Bool { bits >> 2 & 7 == Self.elementMark }
  /// How far the access begins before its end.
  var byteCount: Int32 {
    if isOfElement { return end == .comparedConstant ? 1 : 0 }
    return end == .beyond ? 0 : 1 << Int32(bits >> 2 & 7)
  }
  var memory: UInt32 { bits >> 5 }

  fileprivate var encoded: UInt32 { bits }
}

extension MachineInstruction {
  var accessCheck: AccessCheck {
    get { AccessCheck(bits: UInt32(truncatingIfNeeded: immediate >> 32)) }
    set { immediate = immediate & 0xFFFF_FFFF | UInt64(newValue.encoded) << 32 }
  }
}
