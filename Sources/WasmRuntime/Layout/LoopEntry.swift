import WebAssembly

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

  /// A value of the operand stack.
  package struct Operand: Hashable, Sendable {
    package var source: Source
    /// Its type; for any reference, `i64`.
    package var type: ValueType

    package init(_ source: Source, _ type: ValueType) {
      self.source = source
      self.type = type
    }
  }

  /// The offset of the `loop` instruction in the binary.
  package var loop: UInt32
  /// By local.
  package var locals: [Source]
  /// The operand stack, from the bottom to the loop's parameters.
  package var operands: [Operand]

  package init(loop: UInt32, locals: [Source], operands: [Operand]) {
    self.loop = loop
    self.locals = locals
    self.operands = operands
  }
}
