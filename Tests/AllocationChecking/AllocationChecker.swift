import WasmCompiler
import WebAssembly

/// Checks an allocated function independently of the allocator. It computes which virtual registers each register and slot holds on every
/// path, and checks that each operand reads the right one and that constraints hold. (As the checker of regalloc2.) At calls, locations
/// that ``LiveLocations`` leaves out lose the integers that they hold, as if a collector had freed the objects.
///
/// For tests and fuzzing; slow.
package struct AllocationChecker: ~Copyable {
  /// Descriptions of the errors; empty if there are none.
  package private(set) var problems: [String] = []

  /// A virtual register, or, if it takes two slots, the half that a slot holds.
  private struct Content: Hashable {
    var register: UInt32
    var half: UInt8 = 0
  }

  /// The contents of each location, by the bits of ``Allocation``; locations without known contents are left out.
  private typealias State = [UInt32: Set<Content>]

  private let registerFile: RegisterFile
  private let allocatable: RegisterSet
  /// By block: the contents at its start that hold on all paths followed so far; nil if there was none.
  private var entryStates: [State?] = []
  private var isReporting = false
  private var live = LiveLocations()

  package init(_ registerFile: RegisterFile) {
    self.registerFile = registerFile
    allocatable = RegisterSet((registerFile.integers + registerFile.vectors).map { RegisterSet($0) })
  }

  package mutating func check(_ function: borrowing MachineFunction) {
    problems = []
    entryStates = Array(repeating: nil, count: function.blocks.count)
    entryStates[0] = [:]
    live.compute(function) { $0.clobber != 0 }
    checkMoves(function)
    var pending = Set([0])
    isReporting = false
    while let block = pending.min() {
      pending.remove(block)
      for (target, state) in follow(function, block) where merge(state, into: target) { pending.insert(target) }
    }
    isReporting = true
    for block in entryStates.indices where entryStates[block] != nil { _ = follow(function, block) }
  }

  private mutating func report(_ problem: @autoclosure () -> String, at instruction: Int) {
    if isReporting { problems.append("instruction \(instruction): \(problem())") }
  }

  /// Intersects the contents at a block's start with those of another path. Returns whether anything changed.
  private mutating func merge(_ state: State, into block: Int) -> Bool {
    guard let known = entryStates[block] else {
      entryStates[block] = state
      return true
    }
    var merged: State = [:]
    for (place, contents) in known {
      let common = contents.intersection(state[place] ?? [])
      if !common.isEmpty { merged[place] = common }
    }
    entryStates[block] = merged
    return merged != known
  }

  // MARK: Blocks

  private mutating func follow(_ function: borrowing MachineFunction, _ block: Int) -> [(Int, State)] {
    var state = entryStates[block]!
    /// The state after the last call, before its results.
    var exceptional: State = [:]
    let record = function.blocks[block]
    var move = firstMove(function, at: record.firstInstruction)
    for index in Int(record.firstInstruction)..<Int(record.firstInstruction + record.instructionCount) {
      while move < function.moves.count, function.moves[move].position == UInt32(index) {
        apply(function, function.moves[move], to: &state)
        move += 1
      }
      check(function, index, state)
      let clobbered = function.clobbers[Int(function.instructions[index].clobber)]
      if !clobbered.isEmpty {
        for register in 0..<UInt8(64) where clobbered.contains(PhysicalRegister(number: register)) {
          state[UInt32(register)] = nil
        }
        forgetDead(function, index, in: &state)
        exceptional = state.filter { $0.key >= 64 }
      }
      for operand in function.operands(of: index) where operand.isResult {
        forget([operand.register.number], in: &state)
        put(function, operand.register, at: operand.allocation, in: &state)
      }
    }
    var result: [(Int, State)] = []
    for edge in record.firstEdge..<record.firstEdge + record.edgeCount {
      let edge = function.edges[edge]
      let isException = function.blocks[edge.target].isLandingPad
      result.append((Int(edge.target), cross(function, edge, isException ? exceptional : state)))
    }
    return result
  }

  private func firstMove(_ function: borrowing MachineFunction, at position: UInt32) -> Int {
    let moves = function.moves.elements
    return partitionPoint(to: moves.count) { moves[$0].position >= position }
  }

  private mutating func checkMoves(_ function: borrowing MachineFunction) {
    isReporting = true
    for index in function.moves.indices.dropFirst()
    where function.moves[index].position < function.moves[index - 1].position {
      report("moves are out of order", at: Int(function.moves[index].position))
    }
    for move in function.moves.elements {
      if move.from == move.to { report("a move to where it comes from", at: Int(move.position)) }
      if move.from.slot != nil, move.to.slot != nil {
        report("a move from slot to slot", at: Int(move.position))
      }
      for place in [move.from, move.to] where (place.slot ?? 0) >= function.spillSlotCount && place.slot != nil {
        report("a slot beyond the frame", at: Int(move.position))
      }
    }
  }

  /// Transfers the arguments of an edge to the target's parameters.
  private func cross(_ function: borrowing MachineFunction, _ edge: MachineFunction.EdgeRecord, _ state: State) -> State
  {
    let target = function.blocks[edge.target]
    var parameters: Set<UInt32> = []
    var byArgument: [UInt32: [UInt32]] = [:]
    for index in 0..<target.parameterCount {
      let parameter = function.registers[target.firstParameter + index].number
      parameters.insert(parameter)
      byArgument[function.registers[edge.firstArgument + index].number, default: []].append(parameter)
    }
    guard !parameters.isEmpty else { return state }
    var result: State = [:]
    for (place, contents) in state {
      var crossed = contents.filter { !parameters.contains($0.register) }
      for content in contents {
        for parameter in byArgument[content.register] ?? [] {
          crossed.insert(Content(register: parameter, half: content.half))
        }
      }
      if !crossed.isEmpty { result[place] = crossed }
    }
    return result
  }

  // MARK: Locations

  /// Forgets the 64-bit integers in locations that are not needed after a call.
  private func forgetDead(_ function: borrowing MachineFunction, _ call: Int, in state: inout State) {
    guard let start = live.start(ofCall: call) else { return }
    for (place, contents) in state {
      let word = place < 64 ? live.words[start] : live.words[Int(start) + Int(place >> 6)]
      if word >> UInt64(place & 63) & 1 == 0 {
        state[place] = contents.filter { function.types[Int($0.register)] != .i64 }
      }
    }
  }

  private func forget(_ registers: Set<UInt32>, in state: inout State) {
    for (place, contents) in state where contents.contains(where: { registers.contains($0.register) }) {
      state[place] = contents.filter { !registers.contains($0.register) }
    }
  }

  private func put(
    _ function: borrowing MachineFunction, _ register: VirtualRegister, at place: Allocation, in state: inout State
  ) {
    guard place != .none else { return }
    state[place.bits] = [Content(register: register.number)]
    if place.slot != nil, function.types[register.index] == .v128 {
      state[place.bits + 1] = [Content(register: register.number, half: 1)]
    }
  }

  private func holds(
    _ function: borrowing MachineFunction, _ register: VirtualRegister, at place: Allocation, _ state: State
  )
    -> Bool
  {
    guard place != .none, state[place.bits]?.contains(Content(register: register.number)) == true else { return false }
    guard place.slot != nil, function.types[register.index] == .v128 else { return true }
    return state[place.bits + 1]?.contains(Content(register: register.number, half: 1)) == true
  }

  private static func size(_ type: IRType) -> Int {
    switch type {
    case .none: 0
    case .i32, .f32: 4
    case .i64, .f64: 8
    case .v128: 16
    }
  }

  private mutating func apply(
    _ function: borrowing MachineFunction, _ move: MachineFunction.Move, to state: inout State
  ) {
    let size = Self.size(move.registerType)
    var low: Set<Content> = []
    var high: Set<Content> = []
    for content in state[move.from.bits] ?? [] {
      let contentSize = Self.size(function.types[Int(content.register)])
      if contentSize == size {
        if size == 16 {
          // A value of 16 bytes is whole in a register, and in halves in slots.
          let upper = Content(register: content.register, half: 1)
          if move.from.slot != nil {
            guard content.half == 0, state[move.from.bits + 1]?.contains(upper) == true else { continue }
          }
          high.insert(upper)
        }
        low.insert(content)
      } else if contentSize == 16, size == 8, move.from.slot != nil || isScratch(move.from) {
        low.insert(content)
      }
    }
    state[move.to.bits] = low
    if size == 16, move.to.slot != nil { state[move.to.bits + 1] = high }
  }

  private func isScratch(_ place: Allocation) -> Bool {
    place == .register(registerFile.integerScratch) || place == .register(registerFile.vectorScratch)
  }

  // MARK: Operands

  private mutating func check(_ function: borrowing MachineFunction, _ index: Int, _ state: State) {
    guard isReporting else { return }
    let clobbered = function.clobbers[Int(function.instructions[index].clobber)]
    let operands = function.operands(of: index)
    for (number, operand) in operands.enumerated() {
      let name = "operand \(number)"
      checkConstraint(function, operand, operands, name, index)
      if !operand.isResult, !holds(function, operand.register, at: operand.allocation, state) {
        report("\(name) is not v\(operand.register.number)", at: index)
      }
      if operand.role == .lateUse || operand.role == .earlyDefinition, let register = operand.allocation.register,
        clobbered.contains(register)
      {
        report("\(name) is destroyed", at: index)
      }
      for (otherNumber, other) in operands.enumerated() where otherNumber != number {
        guard operand.isResult, places(function, operand).contains(where: places(function, other).contains) else {
          continue
        }
        let isTied = operand.constraint == .sameAs && Int(operand.detail) == otherNumber
        if other.isResult || other.role == .lateUse || operand.role == .earlyDefinition && !isTied {
          report("\(name) overwrites operand \(otherNumber)", at: index)
        }
        // A tied result is in its location before the instruction, as the operand that it is tied to.
        if operand.constraint == .sameAs, !isTied, other.register != operands[Int(operand.detail)].register {
          report("\(name) overwrites operand \(otherNumber)", at: index)
        }
      }
    }
  }

  private func places(_ function: borrowing MachineFunction, _ operand: MachineOperand) -> [UInt32] {
    let bits = operand.allocation.bits
    return operand.allocation.slot != nil && function.types[operand.register.index] == .v128
      ? [bits, bits + 1] : [bits]
  }

  private mutating func checkConstraint(
    _ function: borrowing MachineFunction, _ operand: MachineOperand,
    _ operands: FlatSlice<MachineOperand>, _ name: String, _ index: Int
  ) {
    let isVector = function.types[operand.register.index].isFloatOrVector
    if let register = operand.allocation.register {
      if (register.registerClass == .vector) != isVector { report("\(name) is in the wrong class", at: index) }
      if operand.constraint != .fixed, !allocatable.contains(register) {
        report("\(name) is in a register that is not to be allocated", at: index)
      }
    } else if operand.allocation == .none {
      report("\(name) has no place", at: index)
    }
    switch operand.constraint {
    case .any:
      if let slot = operand.allocation.slot, slot >= function.spillSlotCount {
        report("\(name): no such slot", at: index)
      }
    case .register:
      if operand.allocation.register == nil { report("\(name) is in no register", at: index) }
    case .fixed:
      if operand.allocation.bits != UInt32(operand.detail) { report("\(name) is not in its register", at: index) }
    case .sameAs:
      if operand.allocation.register == nil || operand.allocation != operands[Int(operand.detail)].allocation {
        report("\(name) is not in its operand's register", at: index)
      }
    }
  }
}
