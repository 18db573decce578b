import WasmBinary
import WebAssembly

/// Generates one function's body: expressions of given types, and statements.
struct BodyGenerator {
  let module: ModuleGenerator
  var choices: Choices
  let type: FunctionType
  let kind: FunctionKind
  /// Parameters first, then numbers, then those with a fixed use.
  var locals: [ValueType] = []
  private(set) var firstReserved = 0
  /// The number of enclosing loops.
  var loopDepth = 0
  var writer = BinaryWriter()
  /// The values that branches to each label carry, innermost last.
  var labels: [[ValueType]] = []
  /// The counters of the enclosing counted loops. No other code writes them.
  var counters: [Int] = []
  /// The number of expressions that may still be generated. After that, only constants and locals.
  private var budget: Int
  private var index = 0
  /// Whether the function can run at any time, so that it must not change what other functions read.
  private(set) var isRelease = false
  /// The shapes whose locals are not null at this place, because the object that is being made has used them.
  var existingShapes: Set<Int> = []
  /// The number of objects whose fields or elements are being made.
  var objectDepth = 0
  /// The length of the longest array that it creates.
  var longestArray = 0

  init(_ module: ModuleGenerator, function: Int, choices: Choices) {
    self.module = module
    self.choices = choices
    index = function
    type = module.signatures[module.functionTypes[function]]
    kind = module.functionKinds[function]
    budget =
      switch kind {
      case .leaf: 10
      case .small: 40
      case .general: 150
      }
  }

  /// An unordered function with a fixed signature: see ``makeReleaseFunction(_:)``.
  init(releaseFunction index: Int, of module: ModuleGenerator, choices: Choices) {
    self.module = module
    self.choices = choices
    type = index == 0 ? HostFunction.wrong.type : FunctionType()
    isRelease = true
    kind = .general
    budget = 150
  }

  /// The body, with its locals.
  mutating func make() -> [UInt8] {
    chooseLocals()
    labels = [type.results]
    if !module.shapes.isEmpty, choices.chance(25) { checkFreshLocal() }
    if kind != .leaf {
      useFuel()
      // Returns at once if there is no fuel.
      emit(.if)
      writer.blockType(.empty)
      for result in type.results { choices.writeConstant(result, &writer) }
      emit(.return)
      emit(.end)
    }
    // Short functions are inlined, and call functions that are larger than themselves.
    let isShort = kind == .general && choices.chance(25)
    let depth = kind == .leaf ? 3 : isShort ? 1 : module.options.depth
    if isShort {
      if choices.chance(40) { emptyLoop() }
      if choices.chance(60) { callAndDrop(depth) }
      if choices.chance(40) { statement(depth) }
    } else {
      for _ in 0..<choices.below(kind == .general ? 7 : 3) { statement(depth) }
    }
    for result in type.results { expression(result, depth) }
    emit(.end)
    return writer.bytes
  }

  // MARK: Locals

  /// Two counters, an address, and references.
  private static let reserved: [ValueType] = [
    .i32, .i32, .i32, ModuleGenerator.structureType, ModuleGenerator.longsType, ModuleGenerator.bytesType,
    ModuleGenerator.anyType, ModuleGenerator.exceptionType, .i64,
  ]
  static let counterCount = 2
  func counterLocal(_ depth: Int) -> Int { firstReserved + depth }
  var addressLocal: Int { firstReserved + 2 }
  var structureLocal: Int { firstReserved + 3 }
  var longsLocal: Int { firstReserved + 4 }
  var bytesLocal: Int { firstReserved + 5 }
  var anyLocal: Int { firstReserved + 6 }
  var exceptionLocal: Int { firstReserved + 7 }
  var wideAddressLocal: Int { firstReserved + 8 }
  // Additional locals in modules with shapes.
  private static let reservedForShapes: [ValueType] = [.i32, .i32, .externref]
  var stormLocal: Int { firstReserved + Self.reserved.count }
  var sizeLocal: Int { stormLocal + 1 }
  var hostLocal: Int { stormLocal + 2 }
  /// A local for the objects of each shape.
  func shapeLocal(_ shape: Int) -> Int { stormLocal + Self.reservedForShapes.count + shape }

  mutating func chooseLocals() {
    // Padding locals of the first leaf do not use up the stack, because it calls no functions.
    let paddingCount = kind == .leaf && index == 0 ? module.padding(.locals) : 0
    locals = type.parameters + Array(repeating: .i64, count: paddingCount)
    locals += (0..<choices.below(6)).map { _ in chooseType() }
    firstReserved = locals.count
    locals += Self.reserved
    if !module.shapes.isEmpty {
      locals += Self.reservedForShapes + module.shapes.indices.map { module.shapeType($0) }
    }
    writer.locals(Array(locals.dropFirst(type.parameters.count)))
  }

  /// A writable local of a type.
  mutating func variable(_ type: ValueType) -> Int? {
    let candidates = (0..<firstReserved).filter { locals[$0] == type }
    return candidates.isEmpty ? nil : choices.pick(candidates)
  }

  mutating func chooseType() -> ValueType {
    if choices.chance(5) { return choices.pick(module.passedReferences) }
    return module.options.features.contains(.simd) && choices.chance(15)
      ? .v128 : choices.pick(ModuleGenerator.numberTypes)
  }

  // MARK: Writing

  mutating func emit(_ opcode: Opcode) { writer.opcode(opcode) }

  /// An instruction with indices.
  mutating func emit(_ opcode: Opcode, _ first: Int, _ second: Int? = nil) {
    writer.opcode(opcode)
    writer.count(first)
    if let second { writer.count(second) }
  }

  mutating func emit(_ opcode: Opcode, _ type: UInt32, _ second: Int? = nil) { emit(opcode, Int(type), second) }

  mutating func emitConstant(_ value: Int32) {
    writer.opcode(.i32Const)
    writer.s32(value)
  }

  /// Masks the `i32` on the stack.
  mutating func mask(_ bits: Int32) {
    emitConstant(bits)
    emit(.i32And)
  }

  /// Opens a block.
  mutating func open(_ opcode: Opcode, _ type: BlockType, label: [ValueType]) {
    emit(opcode)
    writer.blockType(type)
    labels.append(label)
  }

  mutating func close() {
    emit(.end)
    labels.removeLast()
  }

  /// Opens an `if` without results on a condition.
  mutating func openCondition(_ depth: Int) {
    expression(.i32, depth - 1)
    open(.if, .empty, label: [])
  }

  /// Consumes one unit of fuel; pushes whether none was left.
  mutating func useFuel() {
    emit(.globalGet, module.globalIndex(0))
    emitConstant(1)
    emit(.i32Sub)
    emit(.globalSet, module.globalIndex(0))
    emit(.globalGet, module.globalIndex(0))
    emitConstant(0)
    emit(.i32LeS)
  }

  /// Whether something larger than a leaf may be generated.
  mutating func spend(_ depth: Int) -> Bool {
    budget -= 1
    return depth > 0 && budget > 0
  }
}
