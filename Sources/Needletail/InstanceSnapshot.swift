import WasmBinary
import WasmRuntime
import WebAssembly

/// Makes a module of an instance's state: see ``Instance/snapshot(_:)``.
///
/// Indices of functions, types and segments stay the same, so bodies are copied unchanged. New segments come after the old ones; those that
/// the instance has dropped become segments without effect.
struct InstanceSnapshot {
  private let instance: ModuleInstance
  private let byteLimit: Int
  /// The module that is made. Its ranges refer to ``arena``.
  private var module: WebAssembly.Module
  /// The bytes of the instance's module, then new expressions and data.
  private var arena: BinaryWriter
  /// The indices of the functions that the instance defines and imports.
  private let functionIndices: [UnsafeMutablePointer<FunctionReference>: UInt32]

  /// The number of data segments for memories. Small gaps are part of segments if there would be more.
  private static let maximumSegmentCount = 10_000

  /// - Throws: `SnapshotError` if the instance has state that a module cannot have.
  init(of instance: ModuleInstance, byteLimit: Int) throws {
    self.instance = instance
    self.byteLimit = byteLimit
    module = instance.image.module
    for entry in module.imports {
      switch entry.type {
      case .function, .tag: break
      case .table, .memory, .global:
        throw SnapshotError.importedState(entry.type.kind, module: entry.module, name: entry.name)
      }
    }
    if let shared = module.memories.firstIndex(where: \.isShared) { throw SnapshotError.sharedMemory(index: shared) }
    try module.bytes.load(0..<module.bytes.count)
    arena = BinaryWriter(capacity: module.bytes.count + 4096)
    arena.raw(module.bytes)
    var indices: [UnsafeMutablePointer<FunctionReference>: UInt32] = [:]
    for index in 0..<UInt32(module.functionCount) where indices[instance.function(index)] == nil {
      indices[instance.function(index)] = index
    }
    functionIndices = indices
  }

  /// - Throws: `SnapshotError` if an export to rename does not exist.
  mutating func changeExports(_ options: Instance.SnapshotOptions) throws(SnapshotError) {
    var renamed: [WebAssembly.Module.Export] = []
    for (new, old) in options.renamedExports.sorted(by: { $0.key < $1.key }) {
      guard var export = module.exports.first(where: { $0.name.utf8.elementsEqual(old.utf8) }) else {
        throw .unknownExport(old)
      }
      export.name = new
      renamed.append(export)
    }
    let gone = Array(options.removedExports) + options.renamedExports.keys + options.renamedExports.values
    module.exports.removeAll { export in gone.contains { $0.utf8.elementsEqual(export.name.utf8) } }
    module.exports += renamed
  }

  /// - Throws: `SnapshotError` if the state cannot be written; `Trap` if the store is interrupted.
  mutating func writeState() throws {
    module.startFunction = nil
    try writeGlobals()
    try writeTables()
    try writeMemories()
  }

  /// - Throws: `SnapshotError` if the module is too large.
  func encode() throws(SnapshotError) -> [UInt8] {
    var result = module
    result.bytes = ModuleBytes(arena.bytes)
    let bytes = Encoder.encode(result)
    guard bytes.count <= byteLimit else { throw .tooLarge(limit: byteLimit) }
    return bytes
  }

  /// Adds an expression to the arena.
  private mutating func expression<Failure: Error>(
    _ write: (inout BinaryWriter) throws(Failure) -> Void
  ) throws(Failure) -> WebAssembly.Module.ConstantExpression {
    let start = arena.count
    try write(&arena)
    arena.opcode(.end)
    return start..<arena.count
  }

  // MARK: Globals

  private mutating func writeGlobals() throws(SnapshotError) {
    for (index, global) in module.globals.enumerated() {
      let cell = instance.globals[index].cell
      if let type = global.type.value.referenceType {
        let reference = try reference(cell[0], type, in: .global(index))
        guard global.type.isMutable else { continue }
        module.globals[index].initializer = expression { reference.write(type, to: &$0) }
        continue
      }
      guard global.type.isMutable else { continue }
      module.globals[index].initializer = expression { writer in
        switch global.type.value {
        case .i32:
          writer.opcode(.i32Const)
          writer.s32(Int32(truncatingIfNeeded: cell[0]))
        case .i64:
          writer.opcode(.i64Const)
          writer.s64(Int64(bitPattern: cell[0]))
        case .f32:
          writer.opcode(.f32Const)
          writer.fixed32(UInt32(truncatingIfNeeded: cell[0]))
        case .f64:
          writer.opcode(.f64Const)
          writer.fixed64(cell[0])
        default:
          writer.opcode(.v128Const)
          writer.fixed64(cell[0])
          writer.fixed64(cell[1])
        }
      }
    }
  }

  // MARK: References

  /// A reference that a constant expression can make.
  private enum Reference: Hashable {
    case null
    case function(UInt32)
    case i31(Int32)

    /// Writes its expression, without the closing `end`.
    ///
    /// - Parameter type: the type of what holds it.
    func write(_ type: ReferenceType, to writer: inout BinaryWriter) {
      switch self {
      case .null:
        writer.opcode(.refNull)
        writer.heapType(type.heapType)
      case .function(let index):
        writer.opcode(.refFunc)
        writer.u32(index)
      case .i31(let value):
        writer.opcode(.i32Const)
        writer.s32(value)
        writer.opcode(.refI31)
      }
    }
  }

  /// - Parameter type: the type of what holds it, in the module's indices.
  private func reference(
    _ slot: Slot, _ type: ReferenceType, in place: SnapshotError.Place
  ) throws(SnapshotError) -> Reference {
    if slot == 0 { return .null }
    switch instance.image.registry.top(of: instance.image.canonical(type).heapType) {
    case .function:
      guard let function = UnsafeMutablePointer<FunctionReference>(bitPattern: UInt(slot)),
        let index = functionIndices[function]
      else { throw .foreignFunction(in: place) }
      return .function(index)
    case .any where slot & 1 != 0: return .i31(Int32(truncatingIfNeeded: slot >> 1))
    default: throw .object(in: place)
    }
  }

  // MARK: Tables

  private mutating func writeTables() throws {
    let contents = try module.tables.indices.map { try self.contents(ofTable: $0) }
    // The segments of most programs have made the tables, and nothing has changed.
    if try isUnchanged(contents) { return }
    for (index, segment) in module.elementSegments.enumerated() {
      switch segment.mode {
      case .declarative: break
      case .passive: if isDropped(index, segment) { module.elementSegments[index].mode = .declarative }
      // Functions in it stay declared for `ref.func`, and instructions that name it find it dropped.
      case .active: module.elementSegments[index].mode = .declarative
      }
    }
    for (index, references) in contents.enumerated() {
      module.tables[index].type.limits.minimum = UInt64(references.count)
      // Others begin with an initial value.
      let isNullFirst = module.tables[index].initializer == nil
      var start = 0
      while start < references.count {
        let isGap = isNullFirst && references[start] == .null
        var end = start + 1
        while end < references.count, (isNullFirst && references[end] == .null) == isGap { end += 1 }
        if !isGap { addSegment(references[start..<end], toTable: index) }
        start = end
      }
    }
  }

  private func contents(ofTable index: Int) throws(SnapshotError) -> [Reference] {
    let cell = instance.tables[index].cell
    var references: [Reference] = []
    references.reserveCapacity(Int(cell.pointee.count))
    for element in 0..<Int(cell.pointee.count) {
      references.append(
        try reference(
          cell.pointee.elements[element], module.tables[index].type.element, in: .table(index, element: element)))
    }
    return references
  }

  private func isDropped(_ index: Int, _ segment: WebAssembly.Module.ElementSegment) -> Bool {
    segment.elements.count > 0 && instance.context.pointee.elementSegments[index].elements == nil
  }

  /// Whether the module's own segments make these tables.
  private func isUnchanged(_ contents: [[Reference]]) throws -> Bool {
    var isUnchanged = true
    var expected: [[Reference]] = []
    for (index, table) in module.tables.enumerated() {
      let first = try table.initializer.map {
        try reference(instance.evaluate($0).0, table.type.element, in: .table(index, element: 0))
      }
      guard contents[index].count == Int(exactly: table.type.limits.minimum) else {
        isUnchanged = false
        expected.append([])
        continue
      }
      expected.append(Array(repeating: first ?? .null, count: contents[index].count))
    }
    for (index, segment) in module.elementSegments.enumerated() {
      switch segment.mode {
      case .declarative: break
      case .passive:
        if isDropped(index, segment) { isUnchanged = false }
        // Objects in it may have changed.
        let cell = instance.context.pointee.elementSegments[index]
        for element in 0..<Int(cell.count) {
          _ = try reference(cell.elements![element], segment.type, in: .elementSegment(index))
        }
      case .active(let table, let offset):
        guard isUnchanged else { continue }
        let start = Int(try instance.evaluate(offset).0)
        for (position, reference) in try references(of: segment, index).enumerated() {
          expected[Int(table)][start + position] = reference
        }
      }
    }
    return isUnchanged && expected == contents
  }

  /// The elements with which a segment began.
  private func references(of segment: WebAssembly.Module.ElementSegment, _ index: Int) throws -> [Reference] {
    switch segment.elements {
    case .functions(let indices): indices.map { .function(functionIndices[instance.function($0)]!) }
    case .expressions(let expressions):
      try expressions.map { try reference(instance.evaluate($0).0, segment.type, in: .elementSegment(index)) }
    }
  }

  private mutating func addSegment(_ references: ArraySlice<Reference>, toTable index: Int) {
    let type = module.tables[index].type
    let offset = address(UInt64(references.startIndex), type.addressType)
    var functions: [UInt32] = []
    for case .function(let function) in references { functions.append(function) }
    let isPlain = functions.count == references.count && type.element.heapType == .function
    var elements = WebAssembly.Module.ElementSegment.Elements.functions(functions)
    if !isPlain {
      var expressions: [WebAssembly.Module.ConstantExpression] = []
      for reference in references { expressions.append(expression { reference.write(type.element, to: &$0) }) }
      elements = .expressions(expressions)
    }
    module.elementSegments.append(
      WebAssembly.Module.ElementSegment(
        type: isPlain ? .funcref.nullable(false) : type.element,
        mode: .active(table: UInt32(index), offset: offset), elements: elements, offset: 0))
  }

  /// The expression for a start in a table or a memory.
  private mutating func address(
    _ address: UInt64, _ type: AddressType
  ) -> WebAssembly.Module.ConstantExpression {
    expression { writer in
      switch type {
      case .i32:
        writer.opcode(.i32Const)
        writer.s32(Int32(truncatingIfNeeded: address))
      case .i64:
        writer.opcode(.i64Const)
        writer.s64(Int64(bitPattern: address))
      }
    }
  }

  // MARK: Memories

  private mutating func writeMemories() throws(SnapshotError) {
    if module.dataCount == nil {
      // No instruction names a segment.
      module.dataSegments.removeAll { if case .active = $0.mode { true } else { false } }
    } else {
      for (index, segment) in module.dataSegments.enumerated() {
        if case .passive = segment.mode, instance.context.pointee.dataSegments[index].bytes != nil { continue }
        module.dataSegments[index].mode = .passive
        module.dataSegments[index].data = 0..<0
      }
    }
    let allowance = max(1, Self.maximumSegmentCount - module.dataSegments.count) / max(1, module.memories.count)
    for (index, type) in module.memories.enumerated() {
      let cell = instance.memories[index].cell.pointee
      module.memories[index].limits.minimum = cell.byteCount >> UInt64(type.pageSizeLog2)
      let bytes = UnsafeRawBufferPointer(start: cell.base, count: Int(cell.byteCount))
      for run in NonzeroRuns.find(in: bytes, atMost: max(1, allowance)) {
        guard arena.count + run.count <= byteLimit else { throw .tooLarge(limit: byteLimit) }
        let offset = address(UInt64(run.lowerBound), type.addressType)
        let start = arena.count
        arena.raw(UnsafeRawBufferPointer(rebasing: bytes[run]))
        module.dataSegments.append(
          WebAssembly.Module.DataSegment(
            mode: .active(memory: UInt32(index), offset: offset), data: start..<arena.count, offset: 0))
      }
    }
    if module.dataCount != nil { module.dataCount = UInt32(module.dataSegments.count) }
  }
}
