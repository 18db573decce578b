import WasmRuntime
import WebAssembly

/// Builds the SSA graph of a validated function body, in one pass over its bytes.
///
/// The operand stack becomes values, which are known at each point. A label becomes a block with parameters for the values of its
/// branches; if all branches carry the same value there is no parameter. Locals are values too: see ``LocalHistory``.
///
/// One front end serves all functions that a thread compiles, and keeps its memory between functions.
struct FrontEnd: ~Copyable {
  let facts: ModuleFacts
  let options: FrontEndOptions
  let rules = InstructionRule.table
  let offsets = FieldOffsets.shared

  var graph = FunctionGraph()
  var reader: InstructionReader
  /// The offset of the current instruction in the binary.
  var source: UInt32 = 0
  /// Where and how much fuel is charged; nil if none is.
  var fuel: FuelSchedule?
  var functionIndex = 0
  var bodyStart = 0
  var memoryLimit = 0

  var stack = FlatArray<Value>(minimumCapacity: 1 << 8)
  var controls = FlatArray<ControlFrame>(minimumCapacity: 1 << 6)
  /// The blocks between a `br_table` and the labels that several of its entries name.
  var tableStubs = FlatArray<Block>()
  var tableDepths = FlatArray<UInt32>()
  var stubDepths = FlatArray<UInt32>()

  /// The block that is being filled, if `isReachable`.
  var current: Block = .entry
  var isReachable = true
  /// The facts about each block, besides its record in the graph.
  var blockInfos = FlatArray<BlockInfo>(minimumCapacity: 1 << 9)
  /// By edge.
  var edgeInfos = FlatArray<EdgeInfo>(minimumCapacity: 1 << 9)
  /// Constants of the current block.
  var constants = ConstantCache()
  /// The context and the memory's base, if `fixedBlock`, which is then the current block, has them.
  var fixedBlock: Block = .none
  var contextValue: Value = .none
  var memoryBaseValue: Value = .none

  // Locals; see `FrontEnd+Locals.swift`.
  var localTypes = FlatArray<IRType>(minimumCapacity: 1 << 6)
  var histories = FlatArray<LocalHistory>(minimumCapacity: 1 << 6)
  var assignments = FlatArray<Assignment>(minimumCapacity: 1 << 8)
  var future = FutureAssignments()
  var merged = MergedLocals()
  var merges = FlatArray<PendingMerge>()
  var gathered = FlatArray<Value>()
  var incomplete = FlatArray<IncompleteParameter>()
  var loops = FlatArray<LoopInfo>()
  var currentLoop: UInt32 = LoopInfo.none
  /// The parameters that were created for locals.
  var localParameters = FlatArray<LocalParameter>(minimumCapacity: 1 << 8)

  // Functions that begin at a loop; see `FrontEnd+LoopEntry.swift`.
  var entry: LoopEntry?
  var loopEntry = LoopEntryState()

  // Exceptions; see `FrontEnd+Exceptions.swift`.
  var handlers = FlatArray<Handler>()
  var clauses = FlatArray<HandlerClause>()

  /// - Parameter facts: the facts about the module whose functions will be built.
  init(_ facts: ModuleFacts, _ options: FrontEndOptions = FrontEndOptions()) {
    self.facts = facts
    self.options = options
    fuel = options.fuel.map { FuelSchedule($0) }
    reader = facts.image.reader(0..<0)
  }

  /// Creates the facts about a module as well.
  init(image: ModuleImage, options: FrontEndOptions = FrontEndOptions()) { self.init(ModuleFacts(image), options) }

  /// Builds the graph of a function.
  ///
  /// - Parameters:
  ///   - function: the index among the functions that the module defines.
  ///   - entry: the loop at which the function begins; nil if it begins at its first instruction.
  ///   - result: receives the graph; its contents are discarded, and its memory is reused.
  /// - Throws: if the function has to be interpreted; `result` is then undefined.
  mutating func build(
    function: Int, at entry: LoopEntry? = nil, into result: inout FunctionGraph
  ) throws(FrontEndError) {
    self.entry = entry
    swap(&graph, &result)
    defer { swap(&graph, &result) }
    do {
      try run(function)
    } catch let error as FrontEndError {
      throw error
    } catch let error as DecodingError {
      throw .malformed(error)
    } catch {
      preconditionFailure("reading a body throws \(error)")
    }
  }

  // MARK: The walk

  private mutating func run(_ function: Int) throws {
    let body = facts.image.module.functions[function].body
    reset(function, body)
    try begin(facts.image.module.functions[function].typeIndex, body)
    try fuel?.begin(function: function, of: facts.image)
    var step = 0
    while !controls.isEmpty {
      source = UInt32(truncatingIfNeeded: reader.position)
      let opcode = try reader.readOpcode()
      if isReachable || opcode.endsPart {
        if fuel != nil, isReachable { chargeFuel(for: opcode) }
        try lower(opcode)
      } else {
        try skip(opcode)
      }
      // An instruction adds little to the graph, except those with many labels, which check on their own.
      step &+= 1
      if step & 15 == 0 { try checkSize() }
    }
    try resolveMerges()
    try cutOffPrefix()
    removeTrivialParameters()
    bypassStubs()
  }

  @inline(__always)
  mutating func checkSize() throws(FrontEndError) {
    guard memoryEstimate <= memoryLimit else { throw .tooLarge(function: functionIndex) }
  }

  /// The approximate number of bytes for compiling the graph, in all passes together.
  @inline(__always)
  private var memoryEstimate: Int {
    160 * graph.instructions.count + 384 * graph.blocks.count + 64 * graph.edges.count + 32 * graph.pool.count
  }

  /// The limit on the approximate number of bytes for compiling a function. Typical code takes up to some hundred bytes per byte of the
  /// body, but branches can carry a thousand values each.
  static func memoryLimit(bodyByteCount: Int, in image: ModuleImage) -> Int {
    min(minimumMemoryLimit + memoryPerBodyByte * bodyByteCount, maximumMemoryLimit(in: image))
  }

  /// The largest ``memoryLimit(bodyByteCount:in:)`` of a module: much more than small modules need, and not much more than large ones
  /// take anyway.
  static func maximumMemoryLimit(in image: ModuleImage) -> Int {
    (36 << 20) + 6 * (image.module.codeSection?.count ?? 0)
  }

  private static let minimumMemoryLimit = 2 << 20
  private static let memoryPerBodyByte = 320

  /// The number of locals that is always allowed, in addition to one per byte of the body.
  private static let minimumLocalLimit = 1 << 12
  /// The deepest nesting of loops. Some passes take time for each loop around a loop.
  static let maximumLoopDepth = 1 << 10

  private mutating func reset(_ function: Int, _ body: Range<Int>) {
    graph.removeAll()
    reader = facts.image.reader(body)
    functionIndex = function
    bodyStart = body.lowerBound
    memoryLimit = Self.memoryLimit(bodyByteCount: body.count, in: facts.image)
    graph.functionIndex = facts.importedFunctionCount + UInt32(function)
    stack.removeAll()
    controls.removeAll()
    tableStubs.removeAll()
    blockInfos.removeAll()
    edgeInfos.removeAll()
    localTypes.removeAll()
    histories.removeAll()
    assignments.removeAll()
    future.removeAll()
    merged.removeAll()
    merges.removeAll()
    gathered.removeAll()
    incomplete.removeAll()
    loops.removeAll()
    currentLoop = LoopInfo.none
    localParameters.removeAll()
    loopEntry.removeAll()
    handlers.removeAll()
    clauses.removeAll()
  }

  /// Sets up the function's parameters, locals and outermost frame.
  private mutating func begin(_ typeIndex: UInt32, _ body: Range<Int>) throws {
    let signature = facts.signatures[typeIndex]
    current = makeBlock()
    blockInfos[current.index].jump = current
    fixedBlock = .none
    isReachable = true
    blockInfos[current.index].start = 0
    constants.begin(current)
    for index in 0..<Int(signature.results.count) { graph.results.append(facts.type(signature.results, index)) }
    if let entry {
      var types = (0..<Int(signature.parameters.count)).map { facts.type(signature.parameters, $0) }
      try readLocals(body) { _, type in types.append(type) }
      source = UInt32(truncatingIfNeeded: reader.position)
      try beginAtLoop(entry, types: types)
    } else {
      for index in 0..<Int(signature.parameters.count) {
        let type = facts.type(signature.parameters, index)
        addLocal(type, graph.appendParameter(type, to: current))
      }
      try readLocals(body) { frontEnd, type in frontEnd.addLocal(type, .zero) }
      source = UInt32(truncatingIfNeeded: reader.position)
    }
    graph.start = source
    controls.append(ControlFrame(kind: .function, height: 0, results: signature.results))
  }

  /// Reads the declarations of locals.
  @inline(__always)
  private mutating func readLocals(_ body: Range<Int>, _ add: (inout FrontEnd, IRType) -> Void) throws {
    var total = localTypes.count
    for _ in 0..<(try reader.readU32()) {
      let count = try reader.readU32()
      let type = IRType(try reader.readValueType())
      // Most of so many locals are never used, and each would cost time and memory.
      total += Int(count)
      guard total <= Self.minimumLocalLimit + body.count else { throw FrontEndError.tooManyLocals(total) }
      for _ in 0..<count { add(&self, type) }
    }
  }

  /// Skips unreachable instructions, up to the end of the enclosing part of a structured instruction.
  private mutating func skip(_ first: Opcode) throws {
    var opcode = first
    while true {
      try reader.skipInstruction(opcode)
      if let next = try peekOpcode(), next.endsPart { return }
      opcode = try reader.readOpcode()
    }
  }

  private mutating func peekOpcode() throws -> Opcode? {
    let position = reader.position
    let opcode = try reader.readOpcode()
    reader.position = position
    return opcode
  }

  func unsupported(_ opcode: Opcode) -> FrontEndError { .unsupported(opcode, offset: Int(source)) }
}

extension Opcode {
  /// Whether the instruction ends a structured instruction or a part of one.
  var endsPart: Bool {
    switch self {
    case .end, .else, .catch, .catchAll, .delegate: true
    default: false
    }
  }
}
