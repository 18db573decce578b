/// One row of the ``InstructionTable``: everything that decoder, encoder, text parser, printer, validator and disassembler need to know
/// about an instruction.
public struct InstructionDefinition: Sendable {
  public let opcode: Opcode
  /// The code in the binary format: one byte, or a prefix byte times 0x1000 plus the number that follows it as a LEB128.
  public let encoding: UInt32
  /// The keyword in the text format.
  public let mnemonic: StaticString
  /// Operand and result types if they are fixed; nil if the typing rule depends on context.
  public let signature: Signature?
  public let immediates: ImmediateShape
  /// For memory instructions, the base-2 logarithm of the natural alignment, which is that of the access width.
  public let alignmentLog2: UInt8
  /// For lane instructions, the number of lanes in the vector shape.
  public let laneCount: UInt8
  /// The numbers of operands and results, if the opcode alone determines them.
  package let stackEffect: StackEffect?
  /// The results that a deterministic engine must canonicalize.
  package let nan: NaNResult
  /// The proposals that define the instruction; empty for version 1.0 of the standard.
  public let feature: Features
  /// The keyword of the pre-standard (2015-2017) text format, accepted only in the legacy dialect.
  public let legacyMnemonic: StaticString?

  init(
    _ opcode: Opcode, _ encoding: UInt32, _ mnemonic: StaticString, _ signature: StaticString? = nil,
    _ immediates: ImmediateShape = .none, align: UInt8 = 0, lanes: UInt8 = 0,
    effect: (operands: Int, results: Int)? = nil, nan: NaNResult = .none, feature: Features = [],
    legacy: StaticString? = nil
  ) {
    self.opcode = opcode
    self.encoding = encoding
    self.mnemonic = mnemonic
    self.signature = signature.map(Signature.init)
    stackEffect =
      self.signature.map { StackEffect(operands: Int($0.operandCount), results: Int($0.resultCount)) }
      ?? effect.map { StackEffect(operands: $0.operands, results: $0.results) }
    self.nan = nan
    self.immediates = immediates
    self.alignmentLog2 = align
    self.laneCount =
      switch immediates {
      case .memoryLane: 16 >> align
      default: lanes
      }
    self.feature = feature
    self.legacyMnemonic = legacy
  }

  init(
    _ opcode: Opcode, _ encoding: UInt32, _ mnemonic: StaticString, _ immediates: ImmediateShape,
    effect: (operands: Int, results: Int)? = nil, feature: Features = [], legacy: StaticString? = nil
  ) {
    self.init(opcode, encoding, mnemonic, nil, immediates, effect: effect, feature: feature, legacy: legacy)
  }

  /// The prefix byte, if there is one.
  @inlinable
  public var prefix: UInt8? { encoding > 0xFF ? UInt8(truncatingIfNeeded: encoding >> 12) : nil }

  /// The opcode byte, or the number after the prefix.
  @inlinable
  public var code: UInt32 { encoding > 0xFF ? encoding & 0xFFF : encoding }
}

/// The form of an instruction's immediates in the binary format. (Core specification 3.0, 5.4 "Instructions".)
public enum ImmediateShape: UInt8, Sendable {
  case none
  case block, label, labelTable, tryTable
  /// A function index.
  case function
  /// A type index, then a table index.
  case indirectCall
  case type, field, typeAndCount, typeAndData, typeAndElement, typeAndType
  case tag, local, global, element, data
  case table, tableAndTable, elementAndTable
  case memoryIndex, memoryAndMemory, dataAndMemory
  /// Alignment, memory and offset.
  case memory
  /// Alignment, memory and offset, then a lane.
  case memoryLane
  case lane, shuffle
  case heapType, selectTypes
  /// Flags, label, source and target heap types.
  case castBranch
  /// One zero byte.
  case fence
  case i32, i64, f32, f64, v128
}

/// The results of an instruction that can be a NaN other than the canonical one. (Core specification 3.0, 4.3.3 "Floating-Point
/// Operations", "NaN Propagation".)
///
/// Instructions that only move bits or change the sign (`abs`, `neg`, `copysign`, `pmin`, loads, reinterpretations) have none: they pass
/// NaNs on unchanged by definition.
package enum NaNResult: UInt8, Sendable, BitwiseCopyable {
  case none, f32, f64, f32x4, f64x2
}

/// The numbers of operands and results of an instruction.
package struct StackEffect: Equatable, Sendable {
  package var operands: Int
  package var results: Int

  package init(operands: Int, results: Int) {
    self.operands = operands
    self.results = results
  }
}

/// The operand and result types of an instruction whose types are fixed.
@frozen
public struct Signature: Sendable {
  /// A type's code in the binary format, or ``addressCode``.
  public typealias Code = UInt8

  /// The address type of the memory that the immediates name.
  public static let addressCode: Code = 0xFF

  /// Codes of the operands, the first in the lowest byte.
  public let operands: UInt32
  /// Codes of the results, the first in the lowest byte.
  public let results: UInt32
  public let operandCount: UInt8
  public let resultCount: UInt8

  /// Parses the notation of the table, for example `"addr i32 -> i64"`.
  init(_ notation: StaticString) {
    var packed: (UInt32, UInt32) = (0, 0)
    var count: (UInt8, UInt8) = (0, 0)
    var isResult = false
    func append(_ code: Code) {
      if isResult {
        packed.1 |= UInt32(code) << (8 * UInt32(count.1))
        count.1 += 1
      } else {
        packed.0 |= UInt32(code) << (8 * UInt32(count.0))
        count.0 += 1
      }
    }
    let bytes = UnsafeBufferPointer(start: notation.utf8Start, count: notation.utf8CodeUnitCount)
    var position = 0
    while position < bytes.count {
      // The first two letters identify the word.
      switch (bytes[position], bytes[position + 1]) {
      case (UInt8(ascii: "i"), UInt8(ascii: "3")): append(0x7F)
      case (UInt8(ascii: "i"), UInt8(ascii: "6")): append(0x7E)
      case (UInt8(ascii: "f"), UInt8(ascii: "3")): append(0x7D)
      case (UInt8(ascii: "f"), UInt8(ascii: "6")): append(0x7C)
      case (UInt8(ascii: "v"), _): append(0x7B)
      case (UInt8(ascii: "a"), _): append(Self.addressCode)
      default: isResult = true
      }
      while position < bytes.count, bytes[position] != UInt8(ascii: " ") { position += 1 }
      position += 1
    }
    (operands, results) = packed
    (operandCount, resultCount) = count
  }

  @inlinable
  public func operand(_ index: Int) -> Code { UInt8(truncatingIfNeeded: operands >> (8 * UInt32(index))) }

  @inlinable
  public func result(_ index: Int) -> Code { UInt8(truncatingIfNeeded: results >> (8 * UInt32(index))) }
}
