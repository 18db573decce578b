import WasmRuntime
import WebAssembly

/// Translates a validated function body into code words.
///
/// One pass over the bytes. The operand stack becomes slots of the frame, whose numbers are known at each point, so that no code is
/// needed for stack traffic: `local.get` only names the local's slot, constants become immediates, and comparisons become part of
/// branches. The layout of a frame: parameters and results share its start; then come the header, other locals, and operands.
struct Lowering {
  let functions: ModuleFunctions
  let interpreter: Interpreter
  let image: ModuleImage
  let functionIndex: Int
  let handlers = HandlerTable.shared
  let dispatch: Dispatch

  var reader: InstructionReader
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
  /// The word that has the last instruction's destination in its lowest bits.
  var destination: (position: Int, slot: Int)?
  var binary: EmittedBinary?
  var comparison: EmittedComparison?
  var step: EmittedStep?
  var copy: EmittedCopy?

  /// The largest frame, in slots, since operands have 16 bits.
  static let maximumFrameSlots = 65_535

  /// The largest number of words.
  private let maximumWordCount: Int

  private init(
    _ functions: ModuleFunctions, _ interpreter: Interpreter, functionIndex: Int, maximumWordCount: Int,
    recordsSourceMap: Bool
  ) {
    self.functions = functions
    self.interpreter = interpreter
    self.maximumWordCount = maximumWordCount
    image = functions.image
    dispatch = interpreter.dispatch
    self.functionIndex = functionIndex
    reader = image.reader(image.module.functions[functionIndex].body)
    code = CodeBuffer(recordsSourceMap: recordsSourceMap)
  }

  /// Lowers a function.
  ///
  /// - Parameters:
  ///   - functionIndex: the index among the functions that the module defines.
  ///   - maximumWordCount: the largest number of words, at most ``Interpreter/largestWordCount``.
  ///   - recordsSourceMap: whether the source of each word is recorded. The words do not depend on it.
  /// - Throws: `LimitExceeded` if its frame or code is too large or an operand does not fit its field, `UnsupportedInstruction`.
  static func lower(
    _ functions: ModuleFunctions, _ interpreter: Interpreter, functionIndex: Int, maximumWordCount: Int,
    recordsSourceMap: Bool = false
  ) throws -> CodeBuffer {
    var lowering = Lowering(
      functions, interpreter, functionIndex: functionIndex, maximumWordCount: maximumWordCount,
      recordsSourceMap: recordsSourceMap)
    try lowering.run()
    return lowering.code
  }

  // MARK: The walk

  private mutating func run() throws {
    try layOutFrame()
    while !controls.isEmpty {
      code.recordSource(reader.position)
      let opcode = try reader.readOpcode()
      if controls[controls.count - 1].isUnreachable, !opcode.endsPart {
        try reader.skipInstruction(opcode)
      } else {
        try lower(opcode)
      }
      guard frameSlots <= Self.maximumFrameSlots else {
        throw LimitExceeded("a frame of more than \(Self.maximumFrameSlots) slots in function \(functionIndex)")
      }
      try code.check()
      guard code.position <= maximumWordCount else {
        throw LimitExceeded(
          "the interpreter's code of the module exceeds \(Interpreter.maximumWordCount(of: image.module)) words in function \(functionIndex)"
        )
      }
    }
    finishFrame()
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
          throw LimitExceeded("a frame of more than \(Self.maximumFrameSlots) slots in function \(functionIndex)")
        }
      }
    }
    localUses = Array(repeating: 0, count: locals.count)
    frameSlots = max(slot, firstLocal + 4)
    let clearCount = slot - firstLocal
    let entry: Auxiliary = clearCount == 0 ? .enter : clearCount <= 4 ? .enterClearingFew : .enterClearing
    emit(entry)
    code.append(0, 0, firstLocal, clearCount)
    emitInterruptionCheck()
    controls.append(
      ControlFrame(kind: .function, height: 0, base: slot, parameters: [], results: resultKinds, outerOwnCount: 0))
  }

  private mutating func addLocal(_ kind: ValueKind, at slot: inout Int) {
    locals.append((kind, slot))
    slot += kind.slotCount
  }

  private mutating func finishFrame() {
    // The four slots that `EnterClearingFew` may write, and a header that is written before the callee checks the stack.
    code.setHalf(at: 1, 0, to: Int32(frameSlots + 4))
  }

  // MARK: Emitting

  mutating func emit(_ opcode: Opcode, _ form: Form = .slots) throws {
    guard let number = handlers.number(opcode, form) else { throw UnsupportedInstruction(opcode: opcode) }
    begin(number)
  }

  mutating func emit(_ auxiliary: Auxiliary, _ form: Form = .slots) { begin(handlers.number(auxiliary, form)) }

  mutating func emit(_ number: HandlerTable.Number) { begin(number) }

  private mutating func begin(_ number: HandlerTable.Number) {
    code.append(handlers.word(number, dispatch))
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
  }

  /// Pushes the result of the instruction whose operand word, with the destination in its lowest bits, is at `position`.
  mutating func pushResult(_ kind: ValueKind, operandsAt position: Int) {
    let operand = push(kind)
    destination = (position, operand.slot)
    if let accumulatorClass = kind.accumulatorClass { accumulator = (operand.slot, accumulatorClass) }
  }

  func hasForm(_ opcode: Opcode, _ form: Form) -> Bool { handlers.number(opcode, form) != nil }
}
