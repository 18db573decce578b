/// The kind of a machine instruction, as emission sees it. Most kinds are families: the processor's opcode is an ``Encoding`` in the
/// upper half of `immediate`; sizes, conditions and addressing modes are in `detail` (``MachineDetail``).
///
/// Operands are in the order that each case names; those of an address (base, then index) come last. "Source" is a register or spill
/// slot, an address, or the constant in the lower half of `immediate`, according to ``MachineDetail/sourceKind``.
enum MachineOpcode: UInt16, BitwiseCopyable, CaseIterable {
  // MARK: Values without operands
  /// result = the 64-bit constant `immediate`.
  case constant
  /// result = the `InstanceContext`.
  case context
  /// result = the base of memory 0.
  case memoryBase
  /// results: the function's parameters, each in its register.
  case parameters
  /// result = the exception passed to a landing pad.
  case caughtException

  // MARK: Integers
  /// result (the same as left), left, source.
  case binary
  /// result (the same as operand), operand.
  case unary
  /// result (the same as operand), operand; by the constant. If the result is in another register, `lea` may be used.
  case shiftByConstant
  /// result (the same as operand), operand, count in `rcx`.
  case shiftByRegister
  /// result, source: extending moves, loads, bit counts.
  case transfer
  /// result (the same as operand), operand: no code, the value is already right.
  case rename
  /// result, left, source (a register or constant): `add` or `lea`.
  case addition
  /// result, address.
  case address
  /// result, source, and the constant.
  case multiplyByConstant
  /// result, operand, count: `shlx` and similar.
  case shiftVEX
  /// result, operand, and the constant.
  case rotateVEX
  /// result, second, source: `andn`.
  case binaryVEX
  /// result, operand: `blsr` and similar.
  case unaryVEX
  /// result (early), operand: leading zeros without `lzcnt`.
  case leadingZeros
  /// result (early), operand: trailing zeros without `tzcnt`.
  case trailingZeros
  /// quotient in `rax`, dividend in `rax`, temporary `rdx`, divisor.
  case divideUnsigned, divideSigned
  /// remainder in `rdx`, dividend in `rax`, divisor.
  case remainderUnsigned, remainderSigned

  /// Low result in `rax`, high result in `rdx`, left in `rax`, source.
  case multiplyWide

  // MARK: Memory
  /// operand, address.
  case store
  /// address; the constant.
  case storeConstant
  /// operand, address: memory is updated in place.
  case update
  /// address; the constant.
  case updateByConstant

  /// Orders all earlier accesses before all later ones.
  case fence
  /// result (the same as operand), operand, address: `xchg`, or `lock xadd`. Bytes and words leave the other bits unchanged.
  case atomicExchange
  /// operand, address.
  case atomicUpdate
  /// result (early, in `rax`), operand, address: the value in memory before it was combined with the operand.
  case atomicLoop
  /// result in `rax`, expected value in `rax`, replacement, address. The expected value has no bits above the width.
  case atomicCompareExchange

  // MARK: Floats and vectors
  /// result = 0.
  case vectorZero
  /// result = all ones.
  case vectorOnes
  /// result, source; the constant: moves, loads, square roots, roundings, conversions, …
  case vectorTransfer
  /// result, operand: from a vector register to an integer register.
  case vectorToInteger
  /// result, left, source; the constant. Without VEX, result and left are the same.
  case vectorBinary
  /// result, operand; by the constant. Without VEX, result and operand are the same.
  case vectorShift
  /// Integer result (early), vector operand: whether the operand's bits, as a number, satisfy the condition.
  case vectorTest
  /// Vector operand, address; the constant.
  case vectorStore
  /// result (the same as left), left, right: the minimum or maximum as the standard defines it. The encoding is that of `minss`, ….
  case vectorExtremum
  /// result, integer source.
  case convertInteger
  /// result, integer operand: 64 bits, unsigned.
  case convertUnsigned64
  /// Integer result, operand. The constant holds ``Truncation``.
  case truncate

  // MARK: Comparisons, and the use of their flags. The compared operands are left, source.
  /// left, source.
  case compareBranch
  /// result, left, source.
  case compareSet
  /// result (the same as the value if false), value if false, value if true, left, source.
  case compareSelect
  /// The same, for floats and vectors.
  case compareSelectVector
  /// left, source.
  case compareTrap
  /// result (early), value if false, left, source: zero if true.
  case compareMask
  /// address; the constant: subtracts it from memory, and traps if the result is negative.
  case charge
  /// Traps if the store is interrupted.
  case checkInterruption

  // MARK: Control
  case jump
  /// index. Cases are in ``SwitchCases``.
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

/// The kind of conversion of a ``MachineOpcode/truncate``.
struct Truncation: OptionSet {
  let rawValue: Int32
  static let signed = Truncation(rawValue: 1)
  static let saturating = Truncation(rawValue: 2)
  static let fromDouble = Truncation(rawValue: 4)
}

/// The contents of a machine instruction's `detail`.
struct MachineDetail: BitwiseCopyable {
  enum SourceKind: UInt8 {
    case register, constant, memory
    /// For comparisons: memory is compared with the constant, and there is no left operand.
    case memoryAndConstant
  }

  /// The parts of an address besides the displacement. Operands of the instruction: the base, the index.
  enum AddressForm: UInt8 {
    case none, base, baseIndex
    /// Relative to the registers of the context and of memory 0's base.
    case context, memoryBase, memoryBaseIndex
    /// A constant after the code, of the instruction's size, or its 64 bits twice. The bits are in the lower half of `immediate` and in
    /// `displacement`.
    case pool, poolPair
    /// One of the ``VectorConstants``, number `displacement`.
    case poolVector
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
    get { AddressForm(rawValue: UInt8(truncatingIfNeeded: bits >> 4 & 15)).unsafelyUnwrapped }
    set { bits = bits & ~(15 << 4) | UInt16(newValue.rawValue) << 4 }
  }

  /// The base-2 logarithm of the index's scale.
  @inline(__always)
  var scale: Int {
    get { Int(bits >> 8 & 3) }
    set { bits = bits & ~(3 << 8) | UInt16(newValue) << 8 }
  }

  @inline(__always)
  var condition: Condition {
    get { Condition(rawValue: UInt8(truncatingIfNeeded: bits >> 10 & 15)).unsafelyUnwrapped }
    set { bits = bits & ~(15 << 10) | UInt16(newValue.rawValue) << 10 }
  }

  @inline(__always)
  var comparison: Comparison {
    get { Comparison(rawValue: UInt8(truncatingIfNeeded: bits >> 14 & 3)).unsafelyUnwrapped }
    set { bits = bits & ~(3 << 14) | UInt16(newValue.rawValue) << 14 }
  }
}

extension MachineInstruction {
  @inline(__always)
  var machineOpcode: MachineOpcode {
    // Cases have no explicit raw values, so their representation is the number in memory.
    unsafeBitCast(UInt8(truncatingIfNeeded: opcode), to: MachineOpcode.self)
  }

  /// The processor's opcode of an instruction of a family.
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

  /// For a select: the type that it moves. The size in `detail` is that of the comparison, which has no ``encoding``.
  @inline(__always)
  var selectedType: IRType {
    get { IRType(rawValue: UInt8(truncatingIfNeeded: immediate >> 32)).unsafelyUnwrapped }
    set { immediate = immediate & 0xFFFF_FFFF | UInt64(newValue.rawValue) << 32 }
  }
}

extension MachineOpcode {
  /// Whether the emission of this opcode records its own entries in the table of traps.
  var recordsItsTrap: Bool {
    switch self {
    case .charge, .checkInterruption, .compareTrap, .compareMask, .compareSet, .compareSelect, .compareSelectVector,
      .compareBranch, .trap,
      .truncate:
      true
    default: false
    }
  }
}
