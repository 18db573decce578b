import WasmBinary
import WebAssembly

/// Makes one function's body: expressions of wanted types, and statements between them.
struct BodyGenerator {
  var module: ModuleGenerator
  private let type: FunctionType
  private var locals: [ValueType] = []
  /// The locals that hold a structure and an array, behind the others.
  private var structureLocal = 0
  private var arrayLocal = 0
  private var writer = BinaryWriter()
  /// What branches to each label carry; the innermost last.
  private var labels: [[ValueType]] = []
  /// Expressions that may still be made: what is beyond is constants and locals.
  private var budget = 300

  init(_ module: ModuleGenerator, function: Int) {
    self.module = module
    type = module.signatures[module.functionTypes[function]]
  }

  var bytes: [UInt8] { writer.bytes }

  mutating func run() {
    locals = type.parameters + (0..<module.random.below(6)).map { _ in module.type() }
    structureLocal = locals.count
    arrayLocal = locals.count + 1
    writeLocals()
    labels = [type.results]
    useFuel()
    // Without fuel: back at once.
    writer.raw([0x04, 0x40])
    for result in type.results { module.writeConstant(result, &writer) }
    writer.raw([0x0F, 0x0B])
    for _ in 0..<module.random.below(6) { statement(module.options.depth) }
    for result in type.results { expression(result, module.options.depth) }
    writer.byte(0x0B)
  }

  private mutating func writeLocals() {
    writer.count(locals.count - type.parameters.count + 2)
    for local in locals.dropFirst(type.parameters.count) {
      writer.count(1)
      writer.valueType(local)
    }
    for type in [module.structureType, module.arrayType] {
      writer.raw([1, 0x63])
      writer.s33(Int64(type))
    }
  }

  /// Takes one from the fuel; pushes whether there is none.
  private mutating func useFuel() {
    writer.raw([0x23, 0, 0x41, 1, 0x6B, 0x24, 0, 0x23, 0, 0x41, 0, 0x4C])
  }

  // MARK: Expressions

  /// Pushes a value of a number's or vector's type.
  private mutating func expression(_ type: ValueType, _ depth: Int) {
    budget -= 1
    guard depth > 0, budget > 0 else { return leaf(type) }
    switch module.random.below(100) {
    case ..<15: leaf(type)
    case ..<60: compute(type, depth)
    case ..<68: load(type, depth)
    case ..<73: select(type, depth)
    case ..<78: conditional(type, depth)
    case ..<82: block(type, depth)
    case ..<85: tee(type, depth)
    case ..<89: call(type, depth)
    case ..<93: aggregate(type, depth)
    case ..<96: tryTable(type, depth)
    default: branchOut(type, depth)
    }
  }

  private mutating func leaf(_ type: ValueType) {
    let candidates = locals.indices.filter { locals[$0] == type }
    if !candidates.isEmpty, module.random.chance(60) {
      writer.byte(0x20)
      writer.count(module.random.pick(candidates))
      return
    }
    let globals = module.globals.indices.dropFirst().filter { module.globals[$0] == type }
    if !globals.isEmpty, module.random.chance(30) {
      writer.byte(0x23)
      writer.count(module.random.pick(globals))
      return
    }
    module.writeConstant(type, &writer)
  }

  private mutating func compute(_ type: ValueType, _ depth: Int) {
    let choice = module.random.pick(module.instructions.computing(type))
    for operand in choice.operands { expression(operand, depth - 1) }
    if choice.definition.opcode.isDivision, module.random.chance(90) {
      // Seldom by zero.
      writer.raw(type == .i32 ? [0x41, 1, 0x72] : [0x42, 1, 0x84])
    }
    writeOpcode(choice.definition)
    switch choice.definition.immediates {
    case .lane: writer.byte(UInt8(module.random.below(Int(choice.definition.laneCount))))
    case .shuffle: for _ in 0..<16 { writer.byte(UInt8(module.random.below(32))) }
    default: break
    }
  }

  private mutating func writeOpcode(_ definition: InstructionDefinition) {
    if let prefix = definition.prefix {
      writer.byte(prefix)
      writer.u32(definition.code)
    } else {
      writer.byte(UInt8(definition.code))
    }
  }

  /// An address: mostly inside the memory, and aligned.
  private mutating func address(_ depth: Int) {
    expression(.i32, depth - 1)
    guard module.random.chance(96) else { return }
    writer.byte(0x41)
    writer.s32(module.random.chance(80) ? 0xFFF0 : 0x1FFF8)
    writer.byte(0x71)
  }

  private mutating func access(_ choice: InstructionsByResult.Choice, _ depth: Int) {
    address(depth)
    for operand in choice.operands.dropFirst() { expression(operand, depth - 1) }
    writeOpcode(choice.definition)
    writer.u32(UInt32(choice.definition.alignmentLog2))
    let isAtomic = choice.definition.feature.contains(.threads)
    let offset =
      module.random.chance(97)
      ? UInt32(module.random.below(isAtomic ? 1 : 64)) : UInt32.random(in: 0...(.max), using: &module.random)
    writer.u32(isAtomic ? offset & ~7 : offset)
    if choice.definition.immediates == .memoryLane {
      writer.byte(UInt8(module.random.below(Int(choice.definition.laneCount))))
    }
  }

  private mutating func load(_ type: ValueType, _ depth: Int) {
    access(module.random.pick(module.instructions.loading(type)), depth)
  }

  private mutating func select(_ type: ValueType, _ depth: Int) {
    expression(type, depth - 1)
    expression(type, depth - 1)
    expression(.i32, depth - 1)
    writer.byte(0x1B)
  }

  private mutating func conditional(_ type: ValueType, _ depth: Int) {
    expression(.i32, depth - 1)
    writer.byte(0x04)
    writer.valueType(type)
    labels.append([type])
    expression(type, depth - 1)
    writer.byte(0x05)
    statement(depth - 1)
    expression(type, depth - 1)
    writer.byte(0x0B)
    labels.removeLast()
  }

  private mutating func block(_ type: ValueType, _ depth: Int) {
    writer.byte(0x02)
    writer.valueType(type)
    labels.append([type])
    statement(depth - 1)
    expression(type, depth - 1)
    // Sometimes left early, with the value on the stack.
    if module.random.chance(50) {
      expression(.i32, depth - 1)
      writer.raw([0x0D, 0])
    }
    writer.byte(0x0B)
    labels.removeLast()
  }

  private mutating func tee(_ type: ValueType, _ depth: Int) {
    expression(type, depth - 1)
    let candidates = locals.indices.filter { locals[$0] == type }
    guard !candidates.isEmpty else { return }
    writer.byte(0x22)
    writer.count(module.random.pick(candidates))
  }

  /// Calls a function, and takes the result wanted from what it returns, if it is there.
  private mutating func call(_ type: ValueType, _ depth: Int) {
    let function = module.random.below(module.functionTypes.count)
    let signature = module.signatures[module.functionTypes[function]]
    for parameter in signature.parameters { expression(parameter, min(depth - 1, 2)) }
    switch module.random.below(3) {
    case 0:
      writer.byte(0x10)
      writer.count(function)
    case 1:
      // Mostly the right one; sometimes one of another type, null, or none.
      if module.random.chance(90) {
        writer.byte(0x41)
        writer.s32(Int32(function))
      } else {
        expression(.i32, depth - 1)
        writer.raw([0x41, UInt8(ModuleGenerator.tableSize), 0x70])
      }
      writer.byte(0x11)
      writer.count(module.functionTypes[function])
      writer.byte(0)
    default:
      writer.byte(0xD2)
      writer.count(function)
      writer.byte(0x14)
      writer.count(module.functionTypes[function])
    }
    take(type, from: signature.results, depth)
  }

  /// Drops all but one value of a type; makes one if there is none.
  private mutating func take(_ type: ValueType, from results: [ValueType], _ depth: Int) {
    var results = results
    while let last = results.last, last != type {
      writer.byte(0x1A)
      results.removeLast()
    }
    guard !results.isEmpty else { return leaf(type) }
    let candidates = locals.indices.filter { locals[$0] == type }
    guard results.count > 1 else { return }
    // The others stand below: keep the value in a local, or let one of them be it.
    if let local = candidates.first {
      writer.byte(0x21)
      writer.count(local)
      for _ in results.dropLast() { writer.byte(0x1A) }
      writer.byte(0x20)
      writer.count(local)
    } else {
      for _ in results { writer.byte(0x1A) }
      leaf(type)
    }
  }

  // MARK: Structures, arrays, exceptions

  private mutating func aggregate(_ type: ValueType, _ depth: Int) {
    guard type != .v128, type != .f32, type != .f64 else { return compute(type, depth) }
    if type == .i64, module.random.chance(50) { return arrayElement(depth) }
    structure(depth)
    writer.byte(0xFB)
    if type == .i64 {
      writer.byte(2)
      writer.count(module.structureType)
      writer.byte(1)
    } else if module.random.chance(50) {
      writer.byte(2)
      writer.count(module.structureType)
      writer.byte(0)
    } else {
      writer.byte(module.random.chance(50) ? 3 : 4)
      writer.count(module.structureType)
      writer.byte(2)
    }
  }

  /// Pushes a structure, new or old; seldom null.
  private mutating func structure(_ depth: Int) {
    switch module.random.below(10) {
    case 0...3:
      for field in ModuleGenerator.structureFields { expression(field, depth - 1) }
      writer.byte(0x20)
      writer.count(structureLocal)
      writer.raw([0xFB, 0])
      writer.count(module.structureType)
      writer.byte(0x22)
      writer.count(structureLocal)
    case 4...5:
      writer.raw([0xFB, 1])
      writer.count(module.structureType)
    case 6:
      structure(depth - 1)
      writer.raw([0xFB, 2])
      writer.count(module.structureType)
      writer.byte(3)
    case 7:
      // Through `anyref`, and back.
      structure(depth - 1)
      writer.raw([0xFB, 0x16])
      writer.s33(Int64(module.structureType))
    default:
      writer.byte(0x20)
      writer.count(structureLocal)
      // Null unless it was set.
      writer.raw([0xD1, 0x04, 0x40, 0xFB, 1])
      writer.count(module.structureType)
      writer.byte(0x21)
      writer.count(structureLocal)
      writer.raw([0x0B, 0x20])
      writer.count(structureLocal)
    }
  }

  private mutating func arrayElement(_ depth: Int) {
    expression(.i64, depth - 1)
    expression(.i32, depth - 1)
    writer.raw([0x41, 31, 0x71, 0xFB, 6])
    writer.count(module.arrayType)
    writer.byte(0x22)
    writer.count(arrayLocal)
    expression(.i32, depth - 1)
    // Mostly an index that is small.
    if module.random.chance(90) {
      writer.byte(0x20)
      writer.count(arrayLocal)
      writer.raw([0xFB, 0x0F, 0x41, 1, 0x72, 0x70])
    }
    writer.raw([0xFB, 0x0B])
    writer.count(module.arrayType)
  }

  private mutating func tryTable(_ type: ValueType, _ depth: Int) {
    // A block for what is caught: (i32 f64), of which the value is made.
    writer.byte(0x02)
    writer.valueType(type)
    labels.append([type])
    writer.byte(0x02)
    writer.s33(Int64(module.payloadBlockType))
    labels.append(ModuleGenerator.tagParameters)
    writer.byte(0x1F)
    writer.valueType(type)
    writer.raw([1, 0, 0, 0])
    labels.append([type])
    statement(depth - 1)
    if module.random.chance(30) { throwException(depth) }
    expression(type, depth - 1)
    labels.removeLast()
    writer.raw([0x0B, 0x0C, 1, 0x0B])
    labels.removeLast()
    take(type, from: ModuleGenerator.tagParameters, depth)
    labels.removeLast()
    writer.byte(0x0B)
  }

  private mutating func throwException(_ depth: Int) {
    expression(.i32, depth - 1)
    writer.raw([0x04, 0x40])
    labels.append([])
    for parameter in ModuleGenerator.tagParameters { expression(parameter, min(depth - 1, 1)) }
    writer.raw([0x08, 0, 0x0B])
    labels.removeLast()
  }

  /// Leaves to some label if a condition holds; the value wanted stands behind.
  private mutating func branchOut(_ type: ValueType, _ depth: Int) {
    branch(depth)
    expression(type, depth - 1)
  }

  private mutating func branch(_ depth: Int) {
    expression(.i32, depth - 1)
    writer.raw([0x04, 0x40])
    labels.append([])
    let label = module.random.below(labels.count)
    let wanted = labels[labels.count - 1 - label]
    for type in wanted { expression(type, min(depth - 1, 2)) }
    if module.random.chance(30) {
      let others = labels.indices.filter { labels[$0] == wanted }
      expression(.i32, min(depth - 1, 2))
      writer.byte(0x0E)
      writer.count(3)
      for _ in 0..<3 { writer.count(labels.count - 1 - module.random.pick(others)) }
      writer.count(label)
    } else {
      writer.byte(0x0C)
      writer.count(label)
    }
    writer.byte(0x0B)
    labels.removeLast()
  }

  // MARK: Statements

  private mutating func statement(_ depth: Int) {
    budget -= 1
    guard depth > 0, budget > 0 else { return }
    switch module.random.below(10) {
    case 0...2: assign(depth)
    case 3...4: access(module.random.pick(module.instructions.storing), depth)
    case 5: setGlobal(depth)
    case 6...7: loop(depth)
    case 8: setField(depth)
    default: bulk(depth)
    }
  }

  private mutating func assign(_ depth: Int) {
    guard !locals.isEmpty else { return }
    let local = module.random.below(locals.count)
    expression(locals[local], depth - 1)
    writer.byte(0x21)
    writer.count(local)
  }

  private mutating func setGlobal(_ depth: Int) {
    let global = 1 + module.random.below(module.globals.count - 1)
    expression(module.globals[global], depth - 1)
    writer.byte(0x24)
    writer.count(global)
  }

  private mutating func loop(_ depth: Int) {
    // Any branch may go back, so the fuel is looked at where all of them arrive.
    writer.raw([0x02, 0x40, 0x03, 0x40])
    labels += [[], []]
    useFuel()
    writer.raw([0x0D, 1])
    for _ in 0...module.random.below(3) { statement(depth - 1) }
    expression(.i32, depth - 1)
    writer.raw([0x0D, 0, 0x0B, 0x0B])
    labels.removeLast(2)
  }

  private mutating func setField(_ depth: Int) {
    structure(depth)
    if module.random.chance(50) {
      expression(.i64, depth - 1)
      writer.raw([0xFB, 5])
      writer.count(module.structureType)
      writer.byte(1)
    } else {
      expression(.i32, depth - 1)
      writer.raw([0xFB, 5])
      writer.count(module.structureType)
      writer.byte(module.random.chance(50) ? 0 : 2)
    }
  }

  /// memory.fill, memory.copy, memory.grow.
  private mutating func bulk(_ depth: Int) {
    switch module.random.below(3) {
    case 0:
      address(depth)
      expression(.i32, depth - 1)
      length(depth)
      writer.raw([0xFC, 11, 0])
    case 1:
      address(depth)
      address(depth)
      length(depth)
      writer.raw([0xFC, 10, 0, 0])
    default:
      writer.raw([0x41, 1, 0x40, 0, 0x1A])
    }
  }

  private mutating func length(_ depth: Int) {
    expression(.i32, depth - 1)
    writer.raw([0x41, 0x1F, 0x71])
  }
}

extension Opcode {
  fileprivate var isDivision: Bool {
    switch self {
    case .i32DivS, .i32DivU, .i32RemS, .i32RemU, .i64DivS, .i64DivU, .i64RemS, .i64RemU: true
    default: false
    }
  }
}
