/// A place at which compiled code continues a call that the interpreter began: the header of a loop that is running. (On-stack
/// replacement.)
///
/// The compiled function takes the address of the interpreter's frame as its only parameter, reads the values of locals and operands
/// there, and continues at the header. Its results are those of the function.
package struct LoopEntry: Sendable {
  /// A value in the interpreter's frame.
  package enum Source: Hashable, Sendable {
    /// In the slot with this number; vectors take two. References are removed from the frame, so that it does not keep objects alive.
    case slot(Int, isReference: Bool)
    /// A constant, which is not stored.
    case constant(UInt64)
  }

  /// The offset of the `loop` instruction in the binary.
  package var loop: UInt32
  /// By local.
  package var locals: [Source]
  /// The operand stack, from the bottom to the loop's parameters.
  package var operands: [Source]

  package init(loop: UInt32, locals: [Source], operands: [Source]) {
    self.loop = loop
    self.locals = locals
    self.operands = operands
  }
}
