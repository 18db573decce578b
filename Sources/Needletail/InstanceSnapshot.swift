import WasmBinary
import WasmRuntime
import WebAssembly

/// Makes a module of an instance's state: see ``Instance/snapshot(_:)``.
///
/// Indices of functions, types and segments stay the same, so bodies are copied unchanged. New segments come after the old ones; those that
/// the instance has dropped become segments without effect.
struct InstanceSnapshot {
  private let instance: ModuleInstance
  private let limits: ModuleLimits
  /// The module that is made. Its ranges refer to ``arena``.
  private var module: WebAssembly.Module
  /// The bytes of the instance's module, then new expressions and data.
  private var arena: BinaryWriter
  /// The indices of the functions that the instance defines and imports.
  private let functionIndices: [UnsafeMutablePointer<FunctionReference>: UInt32]

  /// The number of new data segments, and of new element segments. Small gaps are part of segments if there would be more.
  private static let maximumSegmentCount = 50_000
  /// The nulls that are cheaper as elements than as the header of another segment.
  private static let smallestNullGap = 4
  /// The elements that are read between two looks at an interruption.
  private static let elementsAtOnce = 1 << 16

  /// - Throws: `SnapshotError` if the instance has state that a module cannot have.
  init(of instance: ModuleInstance, limits: ModuleLimits) throws {
    self.instance = instance
    self.limits = limits
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
    try declareFunctions()
  }

  /// - Throws: `SnapshotError` if the module is too large; `LimitExceeded` if it has too many parts of a kind; `Trap` if the store is
  ///   interrupted.
  func encode() throws -> [UInt8] {
    try check()
    var result = module
    result.bytes = ModuleBytes(arena.bytes)
    let bytes = Encoder.encode(result)
    guard bytes.count <= limits.moduleSize else { throw SnapshotError.tooLarge(limit: limits.moduleSize) }
    result.bytes = ModuleBytes(bytes)
    try limits.check(result)
    return bytes
  }

  /// - Throws: `Trap` if the store is interrupted.
  private func check() throws {
    if instance.context.isInterrupted { throw instance.store.trap(.interrupted) }
  }

  // MARK: Declarations

  /// Declares functions that code refers to by `ref.func`, and that only exports or initializers declared that are gone.
  /// (Core specification 3.0, 3.5.2 "Functions", `refs`.)
  private mutating func declareFunctions() throws {
    let old = instance.image.module
    let gone = Set(old.exports.filter { $0.kind == .function }.map(\.index))
      .union(try old.globals.reduce(into: Set()) { $0.formUnion(try functions(in: $1.initializer)) })
    let left = Set(module.exports.filter { $0.kind == .function }.map(\.index))
    let candidates = gone.subtracting(left)
    guard !candidates.isEmpty else { return }
    // Tools of before reference types do not know declarations, so they are made only for code that needs them.
    var needed: Set<UInt32> = []
    for function in module.functions {
      try check()
      var reader = InstructionReader(base: module.bytes.start, range: function.body)
      for _ in 0..<(try reader.readU32()) {
        _ = try reader.readU32()
        _ = try reader.readValueType()
      }
      needed.formUnion(try Self.functions(in: &reader).intersection(candidates))
    }
    guard !needed.isEmpty else { return }
    module.elementSegments.append(
      WebAssembly.Module.ElementSegment(
        type: .funcref.nullable(false), mode: .declarative, elements: .functions(needed.sorted()), offset: 0))
  }

  private func functions(in expression: WebAssembly.Module.ConstantExpression) throws -> Set<UInt32> {
    var reader = InstructionReader(base: module.bytes.start, range: expression)
    return try Self.functions(in: &reader)
  }

  /// The functions to which the rest of a body or an expression refers.
  private static func functions(in reader: inout InstructionReader) throws -> Set<UInt32> {
    var functions: Set<UInt32> = []
    while !reader.isAtEnd {
      let opcode = try reader.readOpcode()
      if opcode == .refFunc { functions.insert(try reader.readU32()) } else { try reader.skipImmediates(opcode) }
    }
    return functions
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
    // A null is written if it is between others, and in tables that do not begin with nulls.
    var allowance = Self.maximumSegmentCount
    for (index, references) in contents.enumerated() {
      module.tables[index].type.limits.minimum = UInt64(references.count)
      let runs: [Range<Int>]
      if module.tables[index].initializer != nil {
        runs = references.isEmpty ? [] : [0..<references.count]
      } else {
        runs = Self.runs(of: references, atMost: max(1, allowance))
      }
      allowance -= runs.count
      for run in runs {
        for start in stride(from: run.lowerBound, to: run.upperBound, by: max(1, limits.elements)) {
          try check()
          addSegment(references[start..<min(run.upperBound, start + max(1, limits.elements))], toTable: index)
        }
      }
    }
  }

  /// The parts of a table that are not null, with the gaps that are not worth another part.
  private static func runs(of references: [Reference], atMost limit: Int) -> [Range<Int>] {
    var gap = smallestNullGap
    while true {
      var runs: [Range<Int>] = []
      for (index, reference) in references.enumerated() where reference != .null {
        if let last = runs.last, index - last.upperBound < gap {
          runs[runs.count - 1] = last.lowerBound..<index + 1
        } else {
          runs.append(index..<index + 1)
        }
      }
      if runs.count <= limit { return runs }
      gap *= 4
    }
  }

  private func contents(ofTable index: Int) throws -> [Reference] {
    let cell = instance.tables[index].cell
    var references: [Reference] = []
    references.reserveCapacity(Int(cell.pointee.count))
    for element in 0..<Int(cell.pointee.count) {
      if element % Self.elementsAtOnce == 0 { try check() }
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
      let first = try table.initializer.map { try initialReference($0, table.type.element) } ?? .null
      guard let first, contents[index].count == Int(exactly: table.type.limits.minimum) else {
        isUnchanged = false
        expected.append([])
        continue
      }
      expected.append(Array(repeating: first, count: contents[index].count))
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
        guard let references = try references(of: segment) else {
          isUnchanged = false
          continue
        }
        for (position, reference) in references.enumerated() { expected[Int(table)][start + position] = reference }
      }
    }
    return isUnchanged && expected == contents
  }

  /// The elements with which a segment began; nil if one was an object.
  private func references(of segment: WebAssembly.Module.ElementSegment) throws -> [Reference]? {
    switch segment.elements {
    case .functions(let indices): return indices.map { .function(functionIndices[instance.function($0)]!) }
    case .expressions(let expressions):
      var references: [Reference] = []
      for expression in expressions {
        guard let reference = try initialReference(expression, segment.type) else { return nil }
        references.append(reference)
      }
      return references
    }
  }

  /// The value of an expression; nil if it is an object.
  private func initialReference(
    _ expression: WebAssembly.Module.ConstantExpression, _ type: ReferenceType
  ) throws -> Reference? {
    let value = try instance.evaluate(expression).0
    return try? reference(value, type, in: .table(0, element: 0))
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

  private mutating func writeMemories() throws {
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
    var allowance = Self.maximumSegmentCount
    var byteCount = 0
    for (index, type) in module.memories.enumerated() {
      let cell = instance.memories[index].cell.pointee
      module.memories[index].limits.minimum = cell.byteCount >> UInt64(type.pageSizeLog2)
      let bytes = UnsafeRawBufferPointer(start: cell.base, count: Int(cell.byteCount))
      let runs = try NonzeroRuns.find(in: bytes, atMost: max(1, allowance), unless: check)
      allowance -= runs.count
      for run in runs {
        try check()
        byteCount += run.count
        guard byteCount <= limits.moduleSize else { throw SnapshotError.tooLarge(limit: limits.moduleSize) }
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
