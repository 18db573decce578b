import WasmBinary
import WebAssembly

/// What the code of a module does with memories: the first instruction of each kind.
package struct MemoryUse: Sendable {
  /// An instruction.
  package struct Place: Hashable, Sendable {
    package var opcode: Opcode
    /// The index of its function, imported functions included.
    package var function: UInt32
    /// In bytes, from the start of the module.
    package var offset: Int
  }

  /// A load, or another instruction that reads a memory.
  package private(set) var read: Place?
  /// A store, or another instruction that writes to a memory. Data segments that instantiation copies are none.
  package private(set) var write: Place?
  /// A `memory.grow`.
  package private(set) var growth: Place?

  /// Reads the code of a module.
  ///
  /// - Throws: `DecodingError` if it is malformed; if the module is in a file, also if the code cannot be read.
  /// - Complexity: O(size of the code), or less if it has all kinds.
  package init(of module: WebAssembly.Module) throws {
    guard module.memoryCount > 0 else { return }
    for (index, function) in module.functions.enumerated() {
      try module.bytes.load(function.body)
      var reader = InstructionReader(base: module.bytes.start, range: function.body)
      for _ in 0..<(try reader.readU32()) {
        _ = try reader.readU32()
        _ = try reader.readValueType()
      }
      while !reader.isAtEnd {
        let offset = reader.position
        let opcode = try reader.readOpcode()
        try reader.skipImmediates(opcode)
        let access = opcode.memoryAccess
        guard access != [] else { continue }
        let place = Place(opcode: opcode, function: UInt32(module.importedFunctions.count + index), offset: offset)
        if read == nil, access.contains(.read) { read = place }
        if write == nil, access.contains(.write) { write = place }
        if growth == nil, access.contains(.growth) { growth = place }
        if read != nil, write != nil, growth != nil { return }
      }
    }
  }
}

/// What an instruction does with memories.
private struct MemoryAccess: OptionSet {
  let rawValue: UInt8
  static let read = MemoryAccess(rawValue: 1)
  static let write = MemoryAccess(rawValue: 2)
  static let growth = MemoryAccess(rawValue: 4)
}

extension Opcode {
  fileprivate var memoryAccess: MemoryAccess {
    switch self {
    case .memoryGrow: return .growth
    case .memoryCopy: return [.read, .write]
    case .memoryFill, .memoryInit: return .write
    case .memoryAtomicNotify, .memoryAtomicWait32, .memoryAtomicWait64: return .read
    default: break
    }
    let row = InstructionTable.shared[self]
    guard row.immediates == .memory || row.immediates == .memoryLane, let signature = row.signature else { return [] }
    if signature.resultCount == 0 { return .write }
    // Only read-modify-write instructions take an operand besides the address, except loads of lanes, which take the vector.
    return instructionClass == .atomic && signature.operandCount > 1 ? [.read, .write] : .read
  }
}
