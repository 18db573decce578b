import WasmRuntime
import WebAssembly

/// Translates a validated function body into code words.
///
/// One pass over the bytes. The operand stack becomes slots of the frame, whose numbers are known at each point, so that no code is
/// needed for stack traffic: `local.get` only names the local's slot, constants become immediates, and comparisons become part of
/// branches. The layout of a frame: parameters and results share its start; then come the header, other locals, and operands.
///
/// Methods that only read are inlined: Swift copies a structure that a mutating method passes to a method that is not mutating, and this
/// structure is so large that the copies would be a fifth of the time.
struct Lowering {
  let functions: ModuleFunctions
  let interpreter: Interpreter
  let image: ModuleImage
  let functionIndex: Int
  let handlers = HandlerTable.shared
  let dispatch: Dispatch

  var reader: InstructionReader
  /// The offset of the current instruction in the binary.
  var start = 0
  var code: CodeBuffer
  var stack: [Operand] = []
  /// The number of operands, from the bottom, that are known not to refer to locals.
  var settledCount = 0
  /// The number of operands, from the bottom, that are known to be in their own slots. At least the height of the innermost structured
  /// instruction.
  var ownCount = 0
  var controls: [ControlFrame] = []
  /// By type index: the parameters and results of the types that blocks name.
  var blockKinds: [UInt32: (parameters: [ValueKind], results: [ValueKind])] = [:]

  // The frame.
  var locals: [(kind: ValueKind, slot: Int)] = []
  /// The number of operands that refer to each local.
  var localUses: [Int] = []
  var resultKinds: [ValueKind] = []
  var headerSlot = 0
  /// The size of the frame in slots.
  var frameSlots = 0

  // The effects of the last emitted instruction; forgotten at a label.
  /// The slot whose value is also in an accumulator.
  var accumulator: (slot: Int, class: ValueKind.AccumulatorClass)?
  /// The position of the last instruction, and its destination.
  var destination: (position: Int, slot: Int)?
  var binary: EmittedBinary?
  var comparison: EmittedComparison?
  var step: EmittedStep?
  var copy: EmittedCopy?
  var load: EmittedLoad?
  /// The instructions that were emitted, for pairs.
  private var emitted: [EmittedInstruction] = []
  /// The first slot after the locals.
  private var firstOperandSlot = 0

  /// The loop whose ``LoopEntry`` is wanted, and the entry.
  var wantedLoop: UInt32?
  var foundEntry: LoopEntry?

  /// Where and how much fuel is charged; nil if none is.
  var fuel: FuelSchedule?

  /// The largest frame, in slots, since operands have 16 bits.
  static let maximumFrameSlots = 65_535

  /// The largest number of words.
  private let maximumWordCount: Int

  private init(
    _ functions: ModuleFunctions, _ interpreter: Interpreter, functionIndex: Int, maximumWordCount: Int,
    recordsSourceMap: Bool, dispatch: Dispatch
  ) {
    self.functions = functions
    self.interpreter = interpreter
    self.maximumWordCount = maximumWordCount
    image = functions.image
    self.dispatch = dispatch
    self.functionIndex = functionIndex
    reader = image.reader(image.module.functions[functionIndex].body)
    code = CodeBuffer(recordsSourceMap: recordsSourceMap)
    fuel = interpreter.fuel
  }

  /// Lowers a function.
  ///
  /// - Parameters:
  ///   - functionIndex: the index among the functions that the module defines.
  ///   - maximumWordCount: the largest number of words, at most ``Interpreter/largestWordCount``.
  ///   - recordsSourceMap: whether the source of each word is recorded. The words do not depend on it.
  ///   - dispatch: the dispatcher that executes the code; nil for the interpreter's.
  /// - Throws: `LimitExceeded` if its frame or code is too large or an operand does not fit its field, `UnsupportedInstruction`.
  static func lower(
    _ functions: ModuleFunctions, _ interpreter: Interpreter, functionIndex: Int, maximumWordCount: Int,
    recordsSourceMap: Bool = false, dispatch: Dispatch? = nil
  ) throws -> CodeBuffer {
    var lowering = Lowering(
      functions, interpreter, functionIndex: functionIndex, maximumWordCount: maximumWordCount,
      recordsSourceMap: recordsSourceMap, dispatch: dispatch ?? interpreter.dispatch)
    try lowering.run()
    return lowering.code
  }

  /// The values in the frame at the header of a loop; nil if the loop is in unreachable code.
  static func entry(
    atLoop loop: UInt32, _ functions: ModuleFunctions, _ interpreter: Interpreter, functionIndex: Int,
    maximumWordCount: Int
  ) throws -> LoopEntry? {
    var lowering = Lowering(
      functions, interpreter, functionIndex: functionIndex, maximumWordCount: maximumWordCount,
      recordsSourceMap: false, dispatch: interpreter.dispatch)
    lowering.wantedLoop = loop
    try lowering.run()
    return lowering.foundEntry
  }

  // MARK: The walk

  private mutating func run() throws {
    try layOutFrame()
    try fuel?.begin(function: functionIndex, of: image)
    while !controls.isEmpty {
      start = reader.position
      code.recordSource(start)
      let opcode = try reader.readOpcode()
      if controls[controls.count - 1].isUnreachable, !opcode.endsPart {
        try reader.skipInstruction(opcode)
      } else {
        if fuel != nil { chargeFuel(for: opcode) }
        try lower(opcode)
      }
      guard frameSlots <= Self.maximumFrameSlots else {
        throw frameExceeded(frameSlots)
      }
      try code.check()
      guard code.position <= maximumWordCount else {
        throw LimitExceeded(
          fixed: .interpretedWords, requested: code.position, limit: maximumWordCount,
          "the interpreter's code of the module exceeds \(Interpreter.maximumWordCount(of: image.module)) words in function \(functionIndex)"
        )
      }
    }
    finishFrame()
  }

  private func frameExceeded(_ slotCount: Int) -> LimitExceeded {
    LimitExceeded(
      fixed: .frameSlots, requested: slotCount, limit: Self.maximumFrameSlots,
      "a frame of more than \(Self.maximumFrameSlots) slots in function \(functionIndex)")
  }

  private mutating func layOutFrame() throws {
    let function = image.module.functions[functionIndex]
    let type = image.module.functionType(function.typeIndex)!
    resultKinds = type.results.map { ValueKind($0) }
    var slot = 0
    for parameter in type.parameters { addLocal(ValueKind(parameter), at: &slot) }
    headerSlot = max(slot, resultKinds.reduce(0) { $0 + $1.slotCount })
    slot = headerSlot + FrameHeader.slotCount
    let firstLocal = slot
    for _ in 0..<(try reader.readU32()) {
      let count = try reader.readU32()
      let kind = ValueKind(try reader.readValueType())
      for _ in 0..<count {
        addLocal(kind, at: &slot)
        guard slot <= Self.maximumFrameSlots else {
          throw frameExceeded(slot)
        }
      }
    }
    localUses = Array(repeating: 0, count: locals.count)
    firstOperandSlot = slot
    frameSlots = max(slot, firstLocal + EnterFormat.fewSlots)
    let clearCount = slot - firstLocal
    let entry: Auxiliary =
      clearCount == 0 ? .enter : clearCount <= EnterFormat.fewSlots ? .enterClearingFew : .enterClearing
    emit(
      entry, EnterFormat(frameSlots: 0, firstCleared: code.narrow(firstLocal), clearedCount: code.narrow(clearCount)))
    emitCallCounter()
    controls.append(
      ControlFrame(kind: .function, height: 0, base: slot, parameters: [], results: resultKinds, outerOwnCount: 0))
  }

  private mutating func addLocal(_ kind: ValueKind, at slot: inout Int) {
    locals.append((kind, slot))
    slot += kind.slotCount
  }

  private mutating func finishFrame() {
    separate()
    // The four slots that `EnterClearingFew` may write, and a header that is written before the callee checks the stack.
    code.setFrameSize(frameSlots + 4)
  }

  // MARK: Emitting

  /// Emits an instruction; its handler has this format.
  ///
  /// - Returns: the position of its first word.
  @discardableResult
  mutating func emit<Format: InstructionFormat>(
    _ opcode: Opcode, _ form: Form, _ instruction: Format
  ) throws -> Int where Format.Element == NoElement {
    emit(try number(opcode, form), instruction)
  }

  @discardableResult
  mutating func emit<Format: InstructionFormat>(
    _ auxiliary: Auxiliary, _ form: Form, _ instruction: Format
  ) -> Int where Format.Element == NoElement {
    emit(handlers.number(auxiliary, form), instruction)
  }

  /// Emits an instruction in its only form.
  @discardableResult
  mutating func emit<Format: InstructionFormat>(
    _ opcode: Opcode, _ instruction: Format
  ) throws -> Int where Format.Element == NoElement {
    try emit(opcode, .slots, instruction)
  }

  @discardableResult
  mutating func emit<Format: InstructionFormat>(
    _ auxiliary: Auxiliary, _ instruction: Format
  ) -> Int where Format.Element == NoElement {
    emit(auxiliary, .slots, instruction)
  }

  @discardableResult
  mutating func emit<Format: InstructionFormat>(
    _ number: HandlerTable.Number, _ instruction: Format
  ) -> Int where Format.Element == NoElement {
    begin(number, Format.identifier)
    let position = code.append(instruction, handlers.word(number, dispatch))
    formPairs(number, at: position)
    return position
  }

  /// Emits an instruction of variable length.
  @discardableResult
  mutating func emit<Format: InstructionFormat>(
    _ number: HandlerTable.Number, _ instruction: Format, elements: [Format.Element]
  ) -> Int {
    begin(number, Format.identifier)
    let position = code.append(instruction, handlers.word(number, dispatch), elements: elements)
    formPairs(number, at: position)
    return position
  }

  /// Emits an instruction whose result is on top of the stack afterwards.
  mutating func emitResult<Format: ResultFormat>(
    _ kind: ValueKind, _ opcode: Opcode, _ form: Form, _ instruction: Format
  ) throws where Format.Element == NoElement {
    pushResult(kind, of: Format.self, at: try emit(opcode, form, instruction))
  }

  mutating func emitResult<Format: ResultFormat>(
    _ kind: ValueKind, _ auxiliary: Auxiliary, _ form: Form, _ instruction: Format
  ) where Format.Element == NoElement {
    pushResult(kind, of: Format.self, at: emit(auxiliary, form, instruction))
  }

  /// Emits an instruction, in its only form, whose result is on top of the stack afterwards.
  mutating func emitResult<Format: ResultFormat>(
    _ kind: ValueKind, _ opcode: Opcode, _ instruction: Format
  ) throws where Format.Element == NoElement {
    try emitResult(kind, opcode, .slots, instruction)
  }

  mutating func emitResult<Format: ResultFormat>(
    _ kind: ValueKind, _ auxiliary: Auxiliary, _ instruction: Format
  ) where Format.Element == NoElement {
    emitResult(kind, auxiliary, .slots, instruction)
  }

  /// The handler of an instruction in a form.
  @inline(__always)
  func number(_ opcode: Opcode, _ form: Form = .slots) throws -> HandlerTable.Number {
    guard let number = handlers.number(opcode, form) else { throw UnsupportedInstruction(opcode: opcode) }
    return number
  }

  // MARK: Pairs

  /// Lets the instructions before the one that was just emitted execute it, where there are handlers for that: see ``Pair``.
  private mutating func formPairs(_ number: HandlerTable.Number, at position: Int) {
    forgetTakenBack(from: position)
    emitted.append(EmittedInstruction(position: position, number: number, handler: number))
    // An instruction's pair depends on that of the next one, and a pair has at most three instructions.
    if emitted.count >= 2 { chooseHandler(at: emitted.count - 2) }
    if emitted.count >= 3 { chooseHandler(at: emitted.count - 3) }
  }

  private mutating func forgetTakenBack(from position: Int) {
    while let last = emitted.last, last.position >= position { emitted.removeLast() }
  }

  /// Writes the handler word of an instruction that has a successor.
  private mutating func chooseHandler(at index: Int) {
    let (instruction, next) = (emitted[index], emitted[index + 1])
    var handler = instruction.number
    if let entry = handlers.pairs[instruction.number, next.handler] ?? handlers.pairs[instruction.number, next.number] {
      handler = Int(entry.pair)
      if let silentPair = entry.silentPair, isReadOnlyBy(next, Int(entry.operandOffset), instruction) {
        handler = Int(silentPair)
      }
    }
    setHandler(handler, at: index)
  }

  private mutating func setHandler(_ handler: HandlerTable.Number, at index: Int) {
    guard emitted[index].handler != handler else { return }
    emitted[index].handler = handler
    code.setHandler(at: emitted[index].position, to: handlers.word(handler, dispatch))
  }

  /// Whether the result of an instruction is the operand at `operandOffset` of the next one, which pops it.
  @inline(__always)
  private func isReadOnlyBy(_ next: EmittedInstruction, _ operandOffset: Int, _ instruction: EmittedInstruction) -> Bool
  {
    let destination = code.slot(at: instruction.position, byteOffset: CodeBuffer.destinationOffset)
    return destination >= firstOperandSlot && destination == code.slot(at: next.position, byteOffset: operandOffset)
  }

  /// Makes the last instruction execute nothing after it.
  private mutating func separate() {
    forgetTakenBack(from: code.position)
    if let last = emitted.last { setHandler(last.number, at: emitted.count - 1) }
  }

  /// Prepares to emit an instruction. Words of another format than the handler's would be executed as garbage.
  private mutating func begin(_ number: HandlerTable.Number, _ format: FormatIdentifier) {
    precondition(handlers.format(number) == format, "the operands have another format than the handler")
    forgetLastInstruction()
  }

  /// Forgets the effects of the last instruction: at labels, and after instructions without a result.
  mutating func forgetLastInstruction() {
    accumulator = nil
    destination = nil
    binary = nil
    comparison = nil
    step = nil
    copy = nil
    load = nil
  }

  /// Pushes the result of the instruction that begins at `position`.
  mutating func pushResult<Format: ResultFormat>(_ kind: ValueKind, of _: Format.Type, at position: Int) {
    let operand = push(kind)
    destination = (position, operand.slot)
    if let accumulatorClass = kind.accumulatorClass { accumulator = (operand.slot, accumulatorClass) }
  }

  @inline(__always)
  func hasForm(_ opcode: Opcode, _ form: Form) -> Bool { handlers.number(opcode, form) != nil }
}
