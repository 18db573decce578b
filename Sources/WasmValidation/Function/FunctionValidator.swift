import WebAssembly

/// Checks function bodies and constant expressions one after another, with stacks that are reused.
/// (Core specification 3.0, 3.4 "Instructions" and appendix "Validation Algorithm".)
///
/// The operand stack is a buffer of types in canonical indices. An instruction pushes at most one type per byte of code, so that
/// reserving the length of the rest of the body is enough; calls, blocks and branches can push more and reserve room themselves
/// (``reserve(_:)``). ``walk()`` is the fast path; it passes all other cases to ``validateInstruction(_:)``.
///
/// Methods are `mutating` even if they change nothing: Swift 6.3 copies the whole of a borrowed `self` before a call.
struct FunctionValidator: ~Copyable {
  let module: ModuleView
  let checker: TypeChecker
  let instructions = InstructionTable.shared
  var reader: InstructionReader

  // The operand stack.
  private(set) var operands: UnsafeMutablePointer<ValueType>
  private(set) var operandCapacity: Int
  /// The end of the operands.
  var top: UnsafeMutablePointer<ValueType>
  /// The start of the innermost block's operands.
  var frameBase: UnsafeMutablePointer<ValueType>

  var frames = FlatArray<ControlFrame>(minimumCapacity: 64)

  var locals = FlatArray<ValueType>(minimumCapacity: 256)
  /// For each local, whether it may be read; valid while some local may not be (``hasUninitializedLocals``).
  var isInitialized = FlatArray<Bool>(minimumCapacity: 256)
  /// Locals without a default value, in the order in which they were set.
  var initializedLocals = FlatArray<UInt32>(minimumCapacity: 16)
  var hasUninitializedLocals = false

  /// The types that `return` takes.
  var results = TypeList.empty
  /// The rules for a constant expression; nil in a function body.
  var constant: ConstantRules?
  /// The index of the function, for messages.
  var function: UInt32?
  /// The offset of the current instruction.
  var instructionOffset = 0

  /// The largest number of locals of a function, without its parameters, as in the JavaScript Interface's limits.
  static let maximumLocals = 50_000
  /// The deepest nesting of blocks. Programs nest some hundreds deep; a switch of all 65,536 cases does not occur.
  static let maximumNesting = 50_000
  /// The largest number of operands on the stack at once, in addition to one per byte of the body.
  static let maximumOperands = 1 << 20

  init(_ context: ModuleContext) {
    module = context.view
    checker = context.checker
    reader = InstructionReader(base: module.bytes, range: 0..<0)
    operandCapacity = 1024
    operands = .allocate(capacity: operandCapacity)
    top = operands
    frameBase = operands
  }

  deinit { operands.deallocate() }

  // MARK: Function bodies

  /// Checks a function's body.
  ///
  /// - Parameters:
  ///   - index: the function's index, imports included.
  ///   - body: its bytes, from the locals to the closing `end`.
  mutating func validate(function index: UInt32, body: Range<Int>) throws(LoadingError) {
    let type = module.types[Int(module.functions[Int(index)].typeIndex)]
    function = index
    constant = nil
    reader = InstructionReader(base: module.bytes, range: body)
    instructionOffset = body.lowerBound
    try readLocals(parameters: type.parameters)
    try begin(results: type.results)
    try walk()
    guard reader.isAtEnd else {
      throw .malformed(
        DecodingError(
          "section size mismatch: \(counted(reader.remaining, "byte")) after the function", offset: reader.position))
    }
  }

  /// Opens the block of the body itself.
  mutating func begin(results: TypeList) throws(LoadingError) {
    self.results = results
    top = operands
    frameBase = operands
    frames.removeAll()
    initializedLocals.removeAll()
    frames.append(ControlFrame(kind: .body, height: 0, parameters: .empty, results: results, initializedCount: 0))
    try reserve(0)
  }

  private mutating func readLocals(parameters: TypeList) throws(LoadingError) {
    locals.removeAll()
    hasUninitializedLocals = false
    for index in 0..<Int(parameters.count) { locals.append(parameters.type(index, in: module.pool)) }
    let parameterCount = locals.count
    for _ in 0..<(try readIndex()) {
      let offset = reader.position
      let count = Int(try readIndex())
      let type = try check(try readValueType(), at: offset)
      guard locals.count - parameterCount + count <= Self.maximumLocals else {
        throw .malformed(
          DecodingError("too many locals: expected at most \(Self.maximumLocals)", offset: offset))
      }
      locals.append(repeating: type, count: count)
      if !type.isDefaultable, count > 0 { hasUninitializedLocals = true }
    }
    if hasUninitializedLocals { prepareInitialization(parameterCount: parameterCount) }
  }

  private mutating func prepareInitialization(parameterCount: Int) {
    isInitialized.removeAll()
    isInitialized.append(repeating: true, count: parameterCount)
    for index in parameterCount..<locals.count { isInitialized.append(locals[index].isDefaultable) }
  }

  // MARK: Room on the operand stack

  /// Reserves room for `count` more operands, and for those that the rest of the body can push.
  ///
  /// - Throws: `LimitExceeded` if the stack would exceed ``maximumOperands``.
  @inline(__always)
  mutating func reserve(_ count: Int) throws(LoadingError) {
    let needed = (top - operands) + count + reader.remaining + 8
    if needed > operandCapacity { try grow(to: needed) }
  }

  @inline(never)
  private mutating func grow(to needed: Int) throws(LoadingError) {
    guard needed - reader.remaining <= Self.maximumOperands + reader.end - instructionOffset else {
      throw .limitExceeded(
        LimitExceeded(fixed: .operands, requested: needed - reader.remaining, limit: Self.maximumOperands))
    }
    let new = UnsafeMutablePointer<ValueType>.allocate(capacity: max(needed, operandCapacity * 2))
    let count = top - operands
    new.update(from: operands, count: count)
    frameBase = new + (frameBase - operands)
    top = new + count
    operands.deallocate()
    operands = new
    operandCapacity = max(needed, operandCapacity * 2)
  }
}
