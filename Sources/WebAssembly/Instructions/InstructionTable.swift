/// The one table of instructions: it has every instruction of Wasm 3.0, threads, relaxed SIMD, wide arithmetic, custom descriptors and
/// legacy exceptions exactly once. (`@unchecked Sendable`: the memory that the pointers refer to never changes.)
public struct InstructionTable: @unchecked Sendable {
  /// The table. It is built at first use, in some tens of microseconds, and never freed.
  public static let shared = InstructionTable()

  /// Rows by the raw value of their opcode.
  @usableFromInline let rows: UnsafePointer<InstructionDefinition>

  /// The opcode's raw value, or ``undefined``, by page (0 for single bytes, then the prefixes 0xFB to 0xFE) and code.
  @usableFromInline let opcodes: UnsafePointer<UInt16>

  @usableFromInline static let pageSize = 512
  @usableFromInline static let undefined = UInt16.max

  private init() {
    let all = [Self.control, Self.reference, Self.table, Self.memory, Self.numeric, Self.vector, Self.atomic]
    let rows = UnsafeMutablePointer<InstructionDefinition>.allocate(capacity: Opcode.allCases.count)
    let opcodes = UnsafeMutablePointer<UInt16>.allocate(capacity: 5 * Self.pageSize)
    opcodes.initialize(repeating: Self.undefined, count: 5 * Self.pageSize)
    for group in all {
      for row in group {
        (rows + Int(row.opcode.rawValue)).initialize(to: row)
        let page = row.prefix.map { Int($0) - 0xFA } ?? 0
        opcodes[page * Self.pageSize + Int(row.code)] = row.opcode.rawValue
      }
    }
    self.rows = UnsafePointer(rows)
    self.opcodes = UnsafePointer(opcodes)
  }

  /// The row of an opcode. O(1).
  @inlinable
  public subscript(opcode: Opcode) -> InstructionDefinition {
    unsafeAddress { rows + Int(opcode.rawValue) }
  }

  /// All rows, in the order of their opcodes' raw values.
  public var all: UnsafeBufferPointer<InstructionDefinition> {
    UnsafeBufferPointer(start: rows, count: Opcode.allCases.count)
  }

  /// The instruction with a single-byte code, or nil if there is none. O(1).
  @inlinable
  public func opcode(_ byte: UInt8) -> Opcode? {
    Self.opcode(opcodes[Int(byte)])
  }

  /// The instruction with a prefix (0xFB to 0xFE) and number, or nil if there is none. O(1).
  @inlinable
  public func opcode(prefix: UInt8, _ code: UInt32) -> Opcode? {
    guard Self.isPrefix(prefix), code < Self.pageSize else { return nil }
    return Self.opcode(opcodes[(Int(prefix) - 0xFA) * Self.pageSize + Int(code)])
  }

  @inlinable
  public static func isPrefix(_ byte: UInt8) -> Bool { (0xFB...0xFE).contains(byte) }

  @inlinable
  static func opcode(_ rawValue: UInt16) -> Opcode? {
    // Sound: the table holds only raw values of cases, and those are dense, so a raw value is its case's representation.
    rawValue == undefined ? nil : unsafeBitCast(rawValue, to: Opcode.self)
  }
}

extension Opcode {
  /// The keyword in the text format.
  public var mnemonic: String { InstructionTable.shared[self].mnemonic.description }
}
