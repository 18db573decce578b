import WebAssembly

extension CompiledFunction {
  /// The offset in the binary of a position, within the function itself: for an inlined position, that of the outermost call.
  package func ownOffset(of position: UInt32) -> UInt32 { Self.ownOffset(of: position) { inlinedPositions[$0].caller } }

  private static func ownOffset(of position: UInt32, _ caller: (Int) -> UInt32) -> UInt32 {
    var position = position
    while let index = InlinedPosition.index(of: position) { position = caller(index) }
    return position
  }

  /// The inlined positions as entries of a module's table, after `count` others.
  package func positions(behind count: Int, importedCount: UInt32) -> [InlinedPosition] {
    inlinedPositions.map { position in
      InlinedPosition(
        offset: position.offset, function: position.function - importedCount,
        caller: InlinedPosition.moved(position.caller, by: count))
    }
  }

  /// Keeps those of a graph's inlined positions that traps and calls use. Positions for display get the offset of the call.
  package mutating func keepPositions(_ all: borrowing FlatArray<InlinedPosition>) {
    guard !all.isEmpty else { return }
    // By index in the graph's table: whether it is needed, then its index here.
    var places = FlatArray<UInt32>(minimumCapacity: all.count)
    places.reset(0, count: all.count)
    func need(_ position: UInt32) {
      if let index = InlinedPosition.index(of: position) { places[index] = 1 }
    }
    for trap in traps { need(trap.source) }
    for call in calls { need(call.source) }
    // Callers come before the positions inlined in them.
    for index in all.indices.reversed() where places[index] != 0 { need(all[index].caller) }
    func moved(_ position: UInt32) -> UInt32 {
      guard let index = InlinedPosition.index(of: position) else { return position }
      return InlinedPosition.position(Int(places[index]))
    }
    for index in all.indices where places[index] != 0 {
      places[index] = UInt32(inlinedPositions.count)
      var position = all[index]
      position.caller = moved(position.caller)
      inlinedPositions.append(position)
    }
    for index in traps.indices { traps[index].source = moved(traps[index].source) }
    for index in calls.indices { calls[index].source = moved(calls[index].source) }
    guard var shown = positions else { return }
    // Otherwise each change would copy all entries.
    positions = nil
    for index in shown.entries.indices {
      shown.entries[index].source = Self.ownOffset(of: shown.entries[index].source) { all[$0].caller }
    }
    positions = shown
  }
}
