import WebAssembly

/// Orders moves that conceptually happen at the same time, so that they can be executed one after another.
///
/// All destinations are different. Cycles and slot-to-slot moves use the scratch registers: a cycle uses that of its class, and slots use
/// that of the other class while the first is in use.
struct ParallelMoves: ~Copyable {
  let integerScratch: Allocation
  let vectorScratch: Allocation
  private var moves = FlatArray<MachineFunction.Move>(minimumCapacity: 32)
  /// By location: the number of moves that still read it, and the move that still has to write it.
  private var readers = FlatArray<UInt32>(minimumCapacity: 128)
  private var writer = FlatArray<UInt32>(minimumCapacity: 128)
  private var ready = FlatArray<UInt32>(minimumCapacity: 32)

  private static let none = UInt32.max

  init(_ registerFile: RegisterFile) {
    integerScratch = .register(registerFile.integerScratch)
    vectorScratch = .register(registerFile.vectorScratch)
  }

  /// Prepares the tables for a function's locations.
  mutating func prepare(slotCount: Int) {
    readers.reset(0, count: slotCount + 64)
    writer.reset(Self.none, count: slotCount + 64)
  }

  /// Adds a move to the current group.
  @inline(__always)
  mutating func add(from: Allocation, to: Allocation, _ type: IRType, at position: UInt32) {
    if from != to { moves.append(MachineFunction.Move(position: position, from: from, to: to, registerType: type)) }
  }

  /// Orders and ends the current group.
  @inline(__always)
  mutating func flush(into output: inout FlatArray<MachineFunction.Move>) {
    if moves.count == 0 { return }
    if moves.count == 1 {
      emit(moves[0], taken: nil, &output)
    } else {
      order(&output)
    }
    moves.removeAll()
  }

  private mutating func order(_ output: inout FlatArray<MachineFunction.Move>) {
    for index in moves.indices {
      readers[moves[index].from.bits] += 1
      assert(writer[moves[index].to.bits] == Self.none, "two moves to one place")
      writer[moves[index].to.bits] = UInt32(index)
    }
    for index in moves.indices where readers[moves[index].to.bits] == 0 { ready.append(UInt32(index)) }
    drain(taken: nil, &output)
    // The remaining moves are cycles.
    for index in moves.indices where writer[moves[index].to.bits] == UInt32(index) {
      let move = moves[index]
      // The destination of the move has one reader, in the same cycle.
      let reader = reader(of: move.to)
      let type = moves[reader].registerType
      let scratch = type.isFloatOrVector ? vectorScratch : integerScratch
      output.append(MachineFunction.Move(position: move.position, from: move.to, to: scratch, registerType: type))
      readers[move.to.bits] = 0
      moves[reader].from = scratch
      readers[scratch.bits] += 1
      ready.append(UInt32(index))
      drain(taken: scratch, &output)
    }
  }

  private func reader(of place: Allocation) -> Int {
    for index in moves.indices where moves[index].from == place && writer[moves[index].to.bits] == UInt32(index) {
      return index
    }
    preconditionFailure("a cycle has a reader of each place")
  }

  /// - Parameter taken: the scratch register that holds a value of a cycle.
  private mutating func drain(taken: Allocation?, _ output: inout FlatArray<MachineFunction.Move>) {
    while !ready.isEmpty {
      let move = moves[ready.removeLast()]
      emit(move, taken: taken, &output)
      writer[move.to.bits] = Self.none
      readers[move.from.bits] -= 1
      let next = writer[move.from.bits]
      if readers[move.from.bits] == 0, next != Self.none { ready.append(next) }
    }
  }

  private func emit(
    _ move: MachineFunction.Move, taken: Allocation?, _ output: inout FlatArray<MachineFunction.Move>
  ) {
    guard let from = move.from.slot, let to = move.to.slot else { return output.append(move) }
    let isVector = move.registerType.isFloatOrVector
    // A cycle can contain values of both classes.
    let throughVector = taken.map { $0 == integerScratch } ?? isVector
    let scratch = throughVector ? vectorScratch : integerScratch
    var type = move.registerType
    if throughVector != isVector {
      switch type {
      case .i32: type = .f32
      case .f32: type = .i32
      case .f64, .v128: type = .i64
      case .i64, .none: type = .f64
      }
    }
    // A pair of slots takes two steps if the scratch register is an integer register.
    for half in 0..<(move.registerType == .v128 && !throughVector ? 2 : 1) {
      output.append(
        MachineFunction.Move(position: move.position, from: .slot(from + half), to: scratch, registerType: type))
      output.append(
        MachineFunction.Move(position: move.position, from: scratch, to: .slot(to + half), registerType: type))
    }
  }
}
