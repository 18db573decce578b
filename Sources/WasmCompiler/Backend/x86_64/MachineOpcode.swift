/// What a machine instruction is to emission. Most are families: the machine's own opcode stands as an ``Encoding`` in the upper half of
/// `immediate`, sizes, conditions and addresses stand in `detail` (``MachineDetail``).
///
/// Operands stand in the order that each case names; those of an address (base, then index) come last. "Source" is a register or a
/// spill slot, an address, or the constant in the lower half of `immediate`, as ``MachineDetail/sourceKind`` says.
enum MachineOpcode: UInt16, BitwiseCopyable, CaseIterable {
  // MARK: Values from nowhere
  /// result = the constant `immediate`, all 64 bits of it.
  case constant
  /// result = the `InstanceContext`.
  case context
  /// result = the base of memory 0.
  case memoryBase
  /// results: the function's parameters, each in its register.
  case parameters
  /// result = the exception that a landing pad got.
  case caughtException

  // MARK: Integers
  /// result (the same as left), left, source.
  case binary
  /// result (the same as operand), operand.
  case unary
  /// result (the same as operand), operand; by the constant. With another register for the result, `lea` may do it.
  case shiftByConstant
  /// result (the same as operand), operand, count in `rcx`.
  case shiftByRegister
  /// result, source: moves with extension, loads, counts of bits.
  case transfer
  /// result (the same as operand), operand: a value that is right already.
  case rename
  /// result, left, source that is a register or a constant: `add` or `lea`.
  case addition
  /// result, address.
  case address
  /// result, source, and the constant.
  case multiplyByConstant
  /// result, operand, count: `shlx` and its like.
  case shiftVEX
  /// result, operand, and the constant.
  case rotateVEX
  /// result, second, source: `andn`.
  case binaryVEX
  /// result, operand: `blsr` and its like.
  case unaryVEX
  /// result (early), operand: leading zeros without `lzcnt`.
  case leadingZeros
  /// result (early), operand: trailing zeros without `tzcnt`.
  case trailingZeros
  /// quotient in `rax`, dividend in `rax`, temporary `rdx`, divisor.
  case divideUnsigned, divideSigned
  /// remainder in `rdx`, dividend in `rax`, divisor.
  case remainderUnsigned, remainderSigned

  // MARK: Memory
  /// operand, address.
  case store
  /// address; the constant.
  case storeConstant
  /// operand, address: memory is changed in place.
  case update
  /// address; the constant.
  case updateByConstant

  // MARK: Floats and vectors
  /// result = 0.
  case vectorZero
  /// result = the constant whose lower half is `immediate`, and whose upper half stands in the graph's `vectorHighs` at `displacement`.
  case vectorConstant
  /// result, source; the constant: moves, loads, square roots, roundings, conversions, …
  case vectorTransfer
  /// result, operand: from a vector register to an integer register.
  case vectorToInteger
  /// result, left, source; the constant. Without VEX, result and left are the same.
  case vectorBinary
  /// result (the same as left), left, right: the smaller or larger one, as the standard wants it. The encoding is that of `minss`, ….
  case vectorExtremum
  /// result, integer source.
  case convertInteger
  /// result, integer operand: 64 bits, without sign.
  case convertUnsigned64
  /// Integer result, operand. The constant holds ``Truncation``.
  case truncate

  // MARK: Comparisons, and what is done with them. The compared operands are left, source.
  /// left, source.
  case compareBranch
  /// result, left, source.
  case compareSet
  /// result (the same as the value if not), value if not, value if so, left, source.
  case compareSelect
  /// The same, for floats and vectors.
  case compareSelectVector
  /// left, source.
  case compareTrap

  // MARK: Control
  case jump
  /// index. Cases stand in ``SwitchCases``.
  case switchChain
  /// index (early), and a temporary.
  case switchTable
  case tryJump
  /// The results.
  case `return`
  case trap
  /// Arguments, results. `immediate` is the function's index.
  case call
  /// The reference in `rax`, arguments, results.
  case callReference
  /// Arguments, results. `immediate` is the runtime function's number.
  case callRuntime
  /// Arguments. `immediate` is the function's index.
  case tailCall
  /// The reference in `rax`, arguments.
  case tailCallReference
}

/// What a ``MachineOpcode/truncate`` makes of its operand.
struct Truncation: OptionSet {
  let rawValue: Int32
  static let signed = Truncation(rawValue: 1)
  static let saturating = Truncation(rawValue: 2)
  static let fromDouble = Truncation(rawValue: 4)
}

/// What `detail` of a machine instruction holds.
struct MachineDetail: BitwiseCopyable {
  enum SourceKind: UInt8 {
    case register, constant, memory
    /// Of comparisons: memory is compared with the constant, and there is no left operand.
    case memoryAndConstant
  }

  /// What an address is made of, besides the displacement. Operands of the instruction: the base, the index.
  enum AddressForm: UInt8 {
    case none, base, baseIndex
    /// Relative to the registers that hold the context and the base of memory 0.
    case context, memoryBase, memoryBaseIndex
    /// A constant behind the code, of the instruction's size, or its 64 bits twice. The bits stand in the lower half of `immediate` and in
    /// `displacement`.
    case pool, poolPair
  }

  /// How operands are compared.
  enum Comparison: UInt8 {
    case cmp, test, float32, float64
  }

  var bits: UInt16 = 0

  init(bits: UInt16) { self.bits = bits }

  @inline(__always)
  init(_ size: OperandSize) { bits = UInt16(size.rawValue) }

  @inline(__always)
  var size: OperandSize { OperandSize(rawValue: UInt8(truncatingIfNeeded: bits & 3)).unsafelyUnwrapped }

  @inline(__always)
  var sourceKind: SourceKind {
    get { SourceKind(rawValue: UInt8(truncatingIfNeeded: bits >> 2 & 3)).unsafelyUnwrapped }
    set { bits = bits & ~(3 << 2) | UInt16(newValue.rawValue) << 2 }
  }

  @inline(__always)
  var addressForm: AddressForm {
    get { AddressForm(rawValue: UInt8(truncatingIfNeeded: bits >> 4 & 7)).unsafelyUnwrapped }
    set { bits = bits & ~(7 << 4) | UInt16(newValue.rawValue) << 4 }
  }

  /// The logarithm of the index's scale.
  @inline(__always)
  var scale: Int {
    get { Int(bits >> 7 & 3) }
    set { bits = bits & ~(3 << 7) | UInt16(newValue) << 7 }
  }

  @inline(__always)
  var condition: Condition {
    get { Condition(rawValue: UInt8(truncatingIfNeeded: bits >> 9 & 15)).unsafelyUnwrapped }
    set { bits = bits & ~(15 << 9) | UInt16(newValue.rawValue) << 9 }
  }

  @inline(__always)
  var comparison: Comparison {
    get { Comparison(rawValue: UInt8(truncatingIfNeeded: bits >> 13 & 3)).unsafelyUnwrapped }
    set { bits = bits & ~(3 << 13) | UInt16(newValue.rawValue) << 13 }
  }
}

extension MachineInstruction {
  @inline(__always)
  var machineOpcode: MachineOpcode { MachineOpcode(rawValue: opcode).unsafelyUnwrapped }

  /// The machine's opcode of an instruction that is one of a family.
  @inline(__always)
  var encoding: Encoding {
    get { Encoding(bits: UInt32(truncatingIfNeeded: immediate >> 32)) }
    set { immediate = immediate & 0xFFFF_FFFF | UInt64(newValue.bits) << 32 }
  }

  /// The constant of an instruction that has an ``encoding``.
  @inline(__always)
  var constant: Int32 {
    get { Int32(truncatingIfNeeded: immediate) }
    set { immediate = immediate & ~0xFFFF_FFFF | UInt64(UInt32(bitPattern: newValue)) }
  }

  /// Of a select: what it moves. The size in `detail` is that of the comparison, which has no ``encoding``.
  @inline(__always)
  var selectedType: IRType {
    get { IRType(rawValue: UInt8(truncatingIfNeeded: immediate >> 32)).unsafelyUnwrapped }
    set { immediate = immediate & 0xFFFF_FFFF | UInt64(newValue.rawValue) << 32 }
  }
}
