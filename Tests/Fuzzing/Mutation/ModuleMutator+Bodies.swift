import ModuleGenerator
import WasmBinary
import WebAssembly

extension ModuleMutator {
  private typealias Instruction = BodyParts.Instruction

  /// Changes an instruction, an immediate, the order, a block or a local of a body.
  static func changedBody(_ body: [UInt8], of module: ModuleParts, _ mutation: inout Mutation) -> [UInt8] {
    guard var parts = BodyParts(body), !parts.instructions.isEmpty else { return mutation.changed(body) }
    let place = mutation.choices.below(parts.instructions.count)
    switch mutation.choices.below(12) {
    case 0: parts.instructions.remove(at: place)
    case 1: parts.instructions.insert(mutation.choices.pick(parts.instructions), at: place)
    case 2: parts.instructions.removeSubrange(place..<end(of: place, in: parts, &mutation))
    case 3, 4: replaceOpcode(&parts.instructions[place], &mutation)
    case 5:
      for place in parts.instructions.indices where mutation.choices.chance(25) {
        replaceOpcode(&parts.instructions[place], &mutation)
      }
    case 6, 7:
      let places = parts.instructions.indices.filter { !parts.instructions[$0].immediates.isEmpty }
      guard !places.isEmpty else { break }
      changeImmediates(&parts.instructions[mutation.choices.pick(places)], &mutation)
    case 8: return inserted(neutral(&mutation), in: parts, at: place)
    case 9: return wrapped(parts, from: place, &mutation)
    case 10: parts.locals = changedLocals(parts.locals, &mutation)
    default:
      guard let other = BodyParts(mutation.choices.pick(module.bodies)), other.instructions.count > 1 else { break }
      let start = mutation.choices.below(other.instructions.count - 1)
      let run = other.instructions[start..<min(end(of: start, in: other, &mutation), other.instructions.count - 1)]
      parts.instructions.insert(contentsOf: run, at: place)
    }
    return parts.bytes
  }

  /// The end of a run of at most twelve instructions that starts at `place`.
  private static func end(of place: Int, in body: BodyParts, _ mutation: inout Mutation) -> Int {
    min(body.instructions.count, place + 1 + mutation.choices.below(12))
  }

  private static func inserted(_ bytes: [UInt8], in body: BodyParts, at place: Int) -> [UInt8] {
    body.locals + body.instructions[..<place].flatMap(\.bytes) + bytes + body.instructions[place...].flatMap(\.bytes)
  }

  // MARK: Instructions

  /// The properties shared by instructions that can replace each other.
  private struct Shape: Hashable {
    var operands: UInt32
    var results: UInt32
    var immediates: ImmediateShape

    init?(_ opcode: Opcode) {
      let definition = InstructionTable.shared[opcode]
      guard let signature = definition.signature else { return nil }
      (operands, results, immediates) = (signature.operands, signature.results, definition.immediates)
    }
  }

  private static let opcodes: [Shape: [Opcode]] = Dictionary(
    grouping: Opcode.allCases.filter { Shape($0) != nil }, by: { Shape($0)! })

  private static func replaceOpcode(_ instruction: inout Instruction, _ mutation: inout Mutation) {
    guard let shape = Shape(instruction.opcode), let others = opcodes[shape] else { return }
    instruction.opcode = mutation.choices.pick(others)
  }

  private static func changeImmediates(_ instruction: inout Instruction, _ mutation: inout Mutation) {
    var writer = BinaryWriter()
    switch instruction.definition.immediates {
    case .i32: writer.s32(Int32(truncatingIfNeeded: mutation.choices.interesting()))
    case .i64: writer.s64(Int64(bitPattern: mutation.choices.interesting()))
    case .memory where instruction.immediates[0] < 0x40:
      // Without a memory index: the alignment is kept, the offset changes.
      writer.byte(instruction.immediates[0])
      writer.u32(UInt32(truncatingIfNeeded: mutation.choices.interesting()))
    default:
      if mutation.choices.chance(50) {
        writer.raw(mutation.changed(instruction.immediates, growth: 2))
      } else {
        // Replaces part of an index by a small number.
        var immediates = instruction.immediates
        let place = mutation.choices.below(immediates.count)
        immediates[place] = immediates[place] & 0x80 | UInt8(mutation.choices.below(8))
        writer.raw(immediates)
      }
    }
    instruction.immediates = writer.bytes
  }

  // MARK: Statements

  /// Instructions without a net effect on the stack: with locals, branches, calls, loops or a memory.
  private static func neutral(_ mutation: inout Mutation) -> [UInt8] {
    let (local, other) = (UInt8(mutation.choices.below(4)), UInt8(mutation.choices.below(4)))
    let function = UInt8(mutation.choices.below(6))
    return mutation.choices.pick([
      [0x20, local, 0x21, other],  // local.get, local.set
      [0x20, local, 0x1A],  // local.get, drop
      [0x20, local, 0x45, 0x0D, 0],  // local.get, i32.eqz, br_if
      [0x20, local, 0x04, 0x40, 0x05, 0x0B],  // local.get, if, else, end
      [0x02, 0x40, 0x0B],  // block, end
      [0x03, 0x40, 0x0B],  // loop, end
      [0x41, 0x00, 0x0D, 0x00],  // i32.const, br_if
      [0x10, function, 0x1A],  // call, drop
      [0x10, function],  // call
      [0x20, local, 0x41, 1, 0x6A, 0x21, local],  // local += 1
      [0x03, 0x40, 0x20, local, 0x41, 1, 0x6B, 0x22, local, 0x0D, 0, 0x0B],  // a loop that counts down
      [0x3F, 0, 0x1A],  // memory.size, drop
      [0x41, 1, 0x40, 0, 0x1A],  // memory.grow, drop
    ])
  }

  /// Wraps a run of instructions in a block.
  private static func wrapped(_ body: BodyParts, from place: Int, _ mutation: inout Mutation) -> [UInt8] {
    let end = end(of: place, in: body, &mutation)
    return body.locals + body.instructions[..<place].flatMap(\.bytes) + mutation.choices.pick(blockHeads)
      + body.instructions[place..<end].flatMap(\.bytes) + [0x0B] + body.instructions[end...].flatMap(\.bytes)
  }

  /// The beginnings of blocks of all kinds: block, loop, try, try_table, and if with a condition.
  private static let blockHeads: [[UInt8]] = [
    [0x02, 0x40], [0x02, 0x7F], [0x02, 0x7E], [0x03, 0x40], [0x06, 0x40], [0x1F, 0x40, 0x00],
    [0x1F, 0x40, 0x01, 0x02, 0x00], [0x41, 0x01, 0x04, 0x40],
  ]

  private static func changedLocals(_ locals: [UInt8], _ mutation: inout Mutation) -> [UInt8] {
    guard locals == [0] || mutation.choices.chance(30) else { return mutation.changed(locals, growth: 2) }
    let types: [UInt8] = [0x7F, 0x7E, 0x7D, 0x7C, 0x7B, 0x70, 0x6F, 0x6E]
    return [1, UInt8(1 + mutation.choices.below(4)), mutation.choices.pick(types)]
  }
}
