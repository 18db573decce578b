/// The position of an inlined instruction: the function that contains it, and the call that the function's body replaced.
///
/// Positions (`source` of instructions, machine instructions, traps and calls) are offsets in the module's binary, except those whose top
/// bit is set: these are indices in a table of inlined positions, of the graph during compilation and of the module afterwards.
package struct InlinedPosition: BitwiseCopyable, Equatable {
  /// The offset of the instruction in the binary.
  package var offset: UInt32
  /// The function that contains it: its index in the function index space in a graph; its index among the defined functions in a module's
  /// table.
  package var function: UInt32
  /// The position of the call, which may itself be inlined; an index in the table is less than this entry's.
  package var caller: UInt32

  private static let mark: UInt32 = 1 << 31

  /// The position for an index in the table.
  package static func position(_ index: Int) -> UInt32 { mark | UInt32(index) }

  /// The table index of a position; nil for an offset in the binary.
  @inline(__always)
  package static func index(of position: UInt32) -> Int? { position & mark == 0 ? nil : Int(position & ~mark) }

  /// The position after `count` entries of other tables were put before this table's entries.
  package static func moved(_ position: UInt32, by count: Int) -> UInt32 {
    index(of: position) == nil ? position : position + UInt32(count)
  }
}
