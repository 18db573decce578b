import Needletail
import NeedletailSystem
import Testing
import TestSupport
import WasmRuntime
import WebAssembly

@testable import WasmCompiler

// Executes each numeric and vector instruction in isolation, compiled for every available CPU, and compares with the
// interpreter.

@Suite("Compiled instructions have the same results as interpreted ones")
struct InstructionExecutionTests {
  #if arch(x86_64)
    /// Sets of CPU features, restricted to those of this machine.
    static let processors: [X86_64Features] = [
      .baseline, [.avx, .popcnt], X86_64Features.native.subtracting([.bmi1, .bmi2, .lzcnt]), .native,
    ].map { $0.intersection(.native) }

    /// All instructions with fixed types whose results depend only on their operands.
    static let opcodes = Opcode.allCases.map { InstructionTable.shared[$0] }.filter { row in
      guard let signature = row.signature, signature.operandCount > 0, signature.resultCount > 0 else { return false }
      let types =
        (0..<Int(signature.operandCount)).map(signature.operand)
        + (0..<Int(signature.resultCount)).map(signature.result)
      guard types.allSatisfy({ $0 >= 0x7B && $0 <= 0x7F }) else { return false }
      return row.immediates == .none || row.immediates == .lane
    }

    @Test("Vectors", arguments: processors)
    func vectors(_ processor: X86_64Features) throws {
      let rows = Self.opcodes.filter { $0.opcode.rawValue >= Opcode.i64Add128.rawValue }
      try compare(rows.flatMap { row in TestedInstruction.all(row) } + TestedInstruction.shuffles(), processor)
    }

    @Test("Numbers", arguments: processors)
    func numbers(_ processor: X86_64Features) throws {
      let rows = Self.opcodes.filter { $0.opcode.rawValue < Opcode.i64Add128.rawValue }
      // Instructions that can trap need the runtime.
      let trapping: Set<Opcode> = [
        .i32DivS, .i32DivU, .i32RemS, .i32RemU, .i64DivS, .i64DivU, .i64RemS, .i64RemU, .i32TruncF32S, .i32TruncF32U,
        .i32TruncF64S, .i32TruncF64U, .i64TruncF32S, .i64TruncF32U, .i64TruncF64S, .i64TruncF64U,
      ]
      try compare(rows.filter { !trapping.contains($0.opcode) }.flatMap(TestedInstruction.all), processor)
    }

    private func compare(_ instructions: [TestedInstruction], _ processor: X86_64Features) throws {
      let oracle = try Oracle(instructions)
      var compiler = try SingleInstructionCompiler(processor)
      var random = TestNumbers(seed: 7)
      for (index, instruction) in instructions.enumerated() {
        let code = try compiler.compile(instruction)
        for _ in 0..<150 {
          let operands = random.operands()
          let result = Array(code.run(operands).prefix(instruction.resultTypes.count))
          let expected = try oracle.run(index, operands)
          if !instruction.isEqual(result, expected) {
            Issue.record(
              "\(instruction.text) of \(operands): \(result) rather than \(expected), \(processor.rawValue): \(code.bytes)"
            )
            break
          }
        }
      }
    }
  #endif
}

/// Three vectors. Numbers are in their low parts.
private struct Operands: CustomStringConvertible {
  var vectors: [SIMD2<UInt64>]
  var description: String { vectors.map(hexadecimal).joined(separator: ", ") }
}

private func hexadecimal(_ vector: SIMD2<UInt64>) -> String {
  String(vector.y, radix: 16) + ":" + String(vector.x, radix: 16)
}

/// Mostly numbers at the boundaries of types.
private struct TestNumbers {
  private var random: RandomSource

  init(seed: UInt64) { random = RandomSource(seed: seed) }

  mutating func next() -> UInt64 { random.next() }

  private static let doubles: [Double] = [
    0, -0.0, 0.5, -0.5, 1.5, 2.5, -1.5, 0x1p31, -0x1p31, 0x1p31 - 1, 0x1p32, 0x1p32 - 1, 0x1p63, -0x1p63, 0x1p64,
    -0x1p31 - 1, .infinity, -.infinity, .nan, -.nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1, -12345.678,
  ]
  private static let singles: [Float] = [
    -0.0, 0.5, -0.5, 1.5, 2.5, -1.5, 0x1p31, -0x1p31, 0x1p32, 0x1p63, 0x1p64, 0x1.fffffep30, 0x1.fffffep31, .infinity,
    -.infinity, .nan, -.nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1, -12345.678,
  ]
  private static let integers: [UInt64] = [
    0, 1, .max, 1 << 63, (1 << 63) - 1, 0x8000_0000, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 32, 0xFFFF_FFFF_0000_0000,
  ]
  private static let wide = integers + doubles.map(\.bitPattern)
  private static let narrow: [UInt32] =
    [0, 1, .max, 1 << 31, .max >> 1, 0x8000, 0xFFFF_0000] + singles.map(\.bitPattern)
  private static let small: [UInt64] = [0, 1, 0xFF, 0x80, 0x7F, 0x10, 0x0F, 0x11]

  private mutating func pick<T>(_ values: [T]) -> T { values[Int(next() % UInt64(values.count))] }

  /// 64 bits of lanes of some width.
  private mutating func half() -> UInt64 {
    switch next() % 8 {
    case 0, 1: return pick(Self.wide)
    case 2, 3: return UInt64(pick(Self.narrow)) | UInt64(pick(Self.narrow)) << 32
    case 4:
      var bytes: UInt64 = 0
      for _ in 0..<8 { bytes = bytes << 8 | pick(Self.small) }
      return bytes
    case 5: return next() >> (next() % 64)
    case 6: return next() | next()
    default: return next()
    }
  }

  mutating func operands() -> Operands {
    var vectors = (0..<4).map { _ in SIMD2(half(), half()) }
    if next() % 6 == 0 { vectors[1] = vectors[0] }
    return Operands(vectors: vectors)
  }
}

/// An instruction with its immediates, as text and as a node of a graph.
private struct TestedInstruction {
  let definition: InstructionDefinition
  /// A lane, or the two halves of a shuffle.
  var immediates: SIMD2<UInt64> = .zero
  var operandTypes: [IRType]
  var resultTypes: [IRType]
  /// The operand that is a constant, if there is one.
  var constant: (operand: Int, low: UInt64, high: UInt64)?

  init(_ definition: InstructionDefinition) {
    self.definition = definition
    let signature = definition.signature ?? InstructionTable.shared[.v128And].signature!
    operandTypes = (0..<Int(signature.operandCount)).map { IRType(code: signature.operand($0)) }
    resultTypes = (0..<Int(signature.resultCount)).map { IRType(code: signature.result($0)) }
  }

  /// Variants with every lane, and with constants as last operands.
  static func all(_ definition: InstructionDefinition) -> [TestedInstruction] {
    let instruction = TestedInstruction(definition)
    guard definition.immediates == .lane else { return [instruction] + instruction.withConstants }
    return (0..<definition.laneCount).map { lane in
      var copy = instruction
      copy.immediates.x = UInt64(lane)
      return copy
    }
  }

  private var withConstants: [TestedInstruction] {
    guard operandTypes.count == 2, let last = operandTypes.last else { return [] }
    let values: [(UInt64, UInt64)] =
      switch last {
      case .i32, .i64: [(0, 0), (1, 0), (7, 0), (31, 0), (35, 0), (255, 0), (0x7FFF_FFFF, 0)]
      case .v128: [(0, 0), (.max, .max), (0x0102_0304_0506_0708, 0x7F80_FF00_1011_0F0E)]
      default: []
      }
    return values.map { low, high in
      var copy = self
      copy.constant = (1, low, high)
      return copy
    }
  }

  /// Shuffles for all patterns of the selector, and others.
  static func shuffles() -> [TestedInstruction] {
    let row = InstructionTable.shared[.i8x16Shuffle]
    var patterns: [[UInt8]] = []
    for start in 0..<32 { patterns.append((0..<16).map { UInt8((start + $0) % 32) }) }
    for start in 0..<16 { patterns.append((0..<16).map { UInt8((start + $0) % 16) }) }
    func append(_ byte: (UInt8) -> UInt8) { patterns.append((UInt8(0)..<16).map(byte)) }
    for width in [UInt8(1), 2, 4, 8] {
      for (first, second) in [(UInt8(0), UInt8(16)), (16, 0), (8, 24), (24, 8), (0, 0), (8, 8), (24, 24)] {
        append { place in
          let start = place / width % 2 == 0 ? first : second
          return start + place / (2 * width) * width + place % width
        }
      }
    }
    var random = TestNumbers(seed: 3)
    for _ in 0..<30 {
      let lanes = (0..<16).map { _ in UInt8(random.next() % 32) }
      patterns.append(lanes)
      patterns.append(lanes.map { $0 & 15 })
      // 32-bit lanes: of both vectors, low half from the second, low half from the first.
      append { (lanes[Int($0 / 4)] & 7) * 4 + $0 % 4 }
      append { (lanes[Int($0 / 4)] & 3) * 4 + $0 % 4 + ($0 < 8 ? 16 : 0) }
      append { (lanes[Int($0 / 4)] & 3) * 4 + $0 % 4 + ($0 < 8 ? 0 : 16) }
      // 16-bit lanes: in place, or changed in one half.
      append { $0 + (lanes[Int($0 / 2)] & 16) }
      append { $0 < 8 ? (lanes[Int($0 / 2)] & 3) * 2 + $0 % 2 : $0 }
      append { $0 < 8 ? $0 : ((lanes[Int($0 / 2)] & 3) + 4) * 2 + $0 % 2 }
    }
    return patterns.flatMap { bytes in
      var copy = TestedInstruction(row)
      copy.immediates = unsafeBitCast(bytes.withUnsafeBytes { $0.load(as: SIMD16<UInt8>.self) }, to: SIMD2<UInt64>.self)
      var withZero = copy
      withZero.constant = (1, 0, 0)
      return [copy, withZero]
    }
  }

  // MARK: Text

  private var immediatesText: String {
    switch definition.immediates {
    case .lane: " \(immediates.x)"
    case .shuffle: withUnsafeBytes(of: immediates) { bytes in bytes.map { " \($0)" }.joined() }
    default: ""
    }
  }

  /// An operand in a function whose parameters are all operands.
  private func operandText(_ index: Int) -> String {
    guard let constant, constant.operand == index else { return "(local.get \(index))" }
    return switch operandTypes[index] {
    case .v128: "(v128.const i64x2 \(constant.low) \(constant.high))"
    default: "(\(operandTypes[index]).const \(constant.low))"
    }
  }

  var text: String {
    "(\(definition.mnemonic)\(immediatesText) \(operandTypes.indices.map(operandText).joined(separator: " ")))"
  }

  func function(_ index: Int) -> String {
    let parameters = operandTypes.map { "\($0)" }.joined(separator: " ")
    let results = resultTypes.map { "\($0)" }.joined(separator: " ")
    return "(func (export \"\(index)\") (param \(parameters)) (result \(results)) \(text))"
  }

  // MARK: Results

  /// Whether results are equal; all NaNs are equal.
  func isEqual(_ a: [SIMD2<UInt64>], _ b: [SIMD2<UInt64>]) -> Bool {
    if a == b { return true }
    let mnemonic = "\(definition.mnemonic)"
    if mnemonic.hasPrefix("f32") {
      let (x, y) = (unsafeBitCast(a[0], to: SIMD4<Float>.self), unsafeBitCast(b[0], to: SIMD4<Float>.self))
      return (0..<4).allSatisfy { x[$0].bitPattern == y[$0].bitPattern || x[$0].isNaN && y[$0].isNaN }
    }
    guard mnemonic.hasPrefix("f64") else { return false }
    let (x, y) = (unsafeBitCast(a[0], to: SIMD2<Double>.self), unsafeBitCast(b[0], to: SIMD2<Double>.self))
    return (0..<2).allSatisfy { x[$0].bitPattern == y[$0].bitPattern || x[$0].isNaN && y[$0].isNaN }
  }
}

extension IRType {
  fileprivate init(code: UInt8) {
    self =
      switch code {
      case 0x7F: .i32
      case 0x7E: .i64
      case 0x7D: .f32
      case 0x7C: .f64
      default: .v128
      }
  }

  /// The instructions that load and store a value of this type.
  fileprivate var accesses: (load: Opcode, store: Opcode) {
    switch self {
    case .i32: (.i32Load, .i32Store)
    case .f32: (.f32Load, .f32Store)
    case .f64: (.f64Load, .f64Store)
    case .v128: (.v128Load, .v128Store)
    default: (.i64Load, .i64Store)
    }
  }
}

/// The interpreter, which provides the expected results.
private struct Oracle {
  private let functions: [Function]
  private let instructions: [TestedInstruction]

  init(_ instructions: [TestedInstruction]) throws {
    let engine = Engine(Engine.Configuration())
    let text = instructions.enumerated().map { $0.element.function($0.offset) }.joined(separator: "\n")
    let instance = try Linker(engine).instantiate(Module(engine, text: "(module \(text))"), in: Store(engine))
    functions = try instructions.indices.map { try #require(instance.function("\($0)")) }
    self.instructions = instructions
  }

  func run(_ index: Int, _ operands: Operands) throws -> [SIMD2<UInt64>] {
    let arguments = instructions[index].operandTypes.enumerated().map { place, type -> Needletail.Value in
      let vector = operands.vectors[place]
      return switch type {
      case .i32: .i32(Int32(truncatingIfNeeded: vector.x))
      case .f32: .f32(Float(bitPattern: UInt32(truncatingIfNeeded: vector.x)))
      case .f64: .f64(Double(bitPattern: vector.x))
      case .v128: .v128(unsafeBitCast(vector, to: SIMD16<UInt8>.self))
      default: .i64(Int64(bitPattern: vector.x))
      }
    }
    return try functions[index].call(arguments).map { value in
      switch value {
      case .i32(let value): SIMD2(UInt64(UInt32(bitPattern: value)), 0)
      case .i64(let value): SIMD2(UInt64(bitPattern: value), 0)
      case .f32(let value): SIMD2(UInt64(value.bitPattern), 0)
      case .f64(let value): SIMD2(value.bitPattern, 0)
      case .v128(let value): unsafeBitCast(value, to: SIMD2<UInt64>.self)
      default: .zero
      }
    }
  }
}

/// Compiles functions that take a pointer to four operands and two results after them, of 16 bytes each.
private struct SingleInstructionCompiler: ~Copyable {
  private var graph = FunctionGraph()
  private var flow = ControlFlow()
  private var selector: Selector
  private var allocator = RegisterAllocator(RegisterConvention.registerFile)
  private var emitter: Emitter

  init(_ features: X86_64Features) throws {
    selector = Selector(features: features, facts: ModuleFacts(try image([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0])))
    emitter = Emitter(features: features, isOptimizing: true)
  }

  mutating func compile(_ instruction: TestedInstruction) throws -> ExecutableFunction {
    build(instruction)
    flow.compute(graph)
    selector.select(graph, flow, FlatArray<KnownBits>())
    try allocator.allocate(&selector.machine)
    emitter.emit(selector.machine, selector.cases, selector.vectorConstants)
    return try ExecutableFunction(Array(emitter.assembler.code))
  }

  private mutating func build(_ tested: TestedInstruction) {
    graph.removeAll()
    let block = graph.makeBlock()
    let pointer = graph.appendParameter(.i64, to: block)
    var operands: [WasmCompiler.Value] = []
    for (index, type) in tested.operandTypes.enumerated() {
      if let constant = tested.constant, constant.operand == index {
        operands.append(append(constant: constant.low, constant.high, type, to: block))
        continue
      }
      var load = Instruction(operation: .load, type: type, opcode: type.accesses.load)
      load.a = pointer
      load.immediate = UInt64(16 * index)
      load.region = .memory
      operands.append(graph.append(load, to: block))
    }
    let results = append(tested, operands, to: block)
    for (index, (value, type)) in zip(results, tested.resultTypes).enumerated() {
      var store = Instruction(operation: .store, type: .none, opcode: type.accesses.store)
      store.a = pointer
      store.c = value
      store.immediate = UInt64(64 + 16 * index)
      store.region = .memory
      graph.append(store, to: block)
    }
    graph.append(Instruction(operation: .return, type: .none), to: block)
  }

  private mutating func append(constant low: UInt64, _ high: UInt64, _ type: IRType, to block: Block)
    -> WasmCompiler.Value
  {
    var constant = Instruction(operation: .constant, type: type)
    constant.immediate = low
    if type == .v128 {
      constant.index = UInt32(graph.vectorHighs.count)
      graph.vectorHighs.append(high)
    }
    return graph.append(constant, to: block)
  }

  private mutating func append(_ tested: TestedInstruction, _ operands: [WasmCompiler.Value], to block: Block)
    -> [WasmCompiler.Value]
  {
    let isWide = tested.resultTypes.count > 1
    var instruction = Instruction(
      operation: .wasm, type: isWide ? .none : tested.resultTypes[0], opcode: tested.definition.opcode)
    instruction.immediate = tested.immediates.x
    if tested.definition.immediates == .shuffle {
      instruction.index = UInt32(graph.vectorHighs.count)
      graph.vectorHighs.append(tested.immediates.y)
    }
    if isWide {
      instruction.listStart = graph.makeList(operands)
      instruction.listCount = UInt32(operands.count)
    } else {
      instruction.a = operands[0]
      if operands.count > 1 { instruction.b = operands[1] }
      if operands.count > 2 { instruction.c = operands[2] }
    }
    let value = graph.append(instruction, to: block)
    guard isWide else { return [value] }
    return tested.resultTypes.indices.map { index in
      var result = Instruction(operation: .result, type: tested.resultTypes[index])
      result.a = value
      result.immediate = UInt64(index)
      return graph.append(result, to: block)
    }
  }
}

/// Machine code in executable memory, after a stub that saves the callee-saved registers of C.
private final class ExecutableFunction {
  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int
  let bytes: String

  init(_ code: [UInt8]) throws {
    bytes = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    var assembler = Assembler()
    let saved: [PhysicalRegister] = [.rbx, .rbp, .r12, .r13, .r14, .r15]
    for register in saved { assembler.push(register) }
    assembler.emit(.sub, .qword, .rsp, immediate: 8)
    let function = assembler.makeLabel()
    assembler.call(function)
    assembler.emit(.add, .qword, .rsp, immediate: 8)
    for register in saved.reversed() { assembler.pop(register) }
    assembler.ret()
    assembler.alignCode(to: 16)
    assembler.bind(function)
    assembler.finish()
    byteCount = VirtualMemory.roundedUpToPages(assembler.count + code.count)
    memory = try #require(VirtualMemory.reserve(byteCount))
    try #require(VirtualMemory.commit(memory, byteCount))
    for (index, byte) in (Array(assembler.code) + code).enumerated() {
      memory.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
    try #require(VirtualMemory.makeExecutable(memory, byteCount))
  }

  deinit { VirtualMemory.release(memory, byteCount) }

  func run(_ operands: Operands) -> [SIMD2<UInt64>] {
    var cells = operands.vectors + [.zero, .zero]
    let function = unsafeBitCast(memory, to: (@convention(c) (UnsafeMutableRawPointer) -> Void).self)
    cells.withUnsafeMutableBytes { function($0.baseAddress!) }
    return Array(cells[4...])
  }
}
