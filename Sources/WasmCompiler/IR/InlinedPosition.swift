/// Where an instruction stands that was inlined: in which function, and where the call stands in whose place that function's body is.
///
/// Positions (`source` of instructions, machine instructions, traps and calls) are offsets in the module's binary, except those whose
/// top bit is set: these are places in a table of inlined positions, the graph's first, then the module's.
struct InlinedPosition: BitwiseCopyable, Equatable {
  /// The offset of the instruction in the binary.
  var offset: UInt32
  /// The function that it belongs to: its index among all of the module in a graph, among those that it defines in a module's table.
  var function: UInt32
  /// The position of the call, which may be inlined itself; its place in the table is before this one.
  var caller: UInt32

  private static let mark: UInt32 = 1 << 31

  /// The position that stands for a place in the table.
  static func position(_ index: Int) -> UInt32 { mark | UInt32(index) }

  /// The place in the table that a position stands for; nil for an offset in the binary.
  @inline(__always)
  static func index(of position: UInt32) -> Int? { position & mark == 0 ? nil : Int(position & ~mark) }

  /// The position when other tables' entries stand before those of its own.
  static func moved(_ position: UInt32, by count: Int) -> UInt32 {
    index(of: position) == nil ? position : position + UInt32(count)
  }
}
