import WebAssembly

extension ModuleInstance {
  /// The value of a constant expression: one slot, or two for a vector. (Core specification 3.0, 3.5.16 "Constant
  /// Expressions", 4.6.)
  ///
  /// - Throws: `Trap` if it allocates more than there is.
  func evaluate(_ expression: Module.ConstantExpression) throws -> (Slot, Slot) {
    var reader = image.reader(expression)
    var stack: [(Slot, Slot)] = []
    func push(_ low: Slot, _ high: Slot = 0) { stack.append((low, high)) }
    func binary32(_ operation: (UInt32, UInt32) -> UInt32) {
      let right = UInt32(truncatingIfNeeded: stack.removeLast().0)
      push(Slot(operation(UInt32(truncatingIfNeeded: stack.removeLast().0), right)))
    }
    func binary64(_ operation: (Slot, Slot) -> Slot) {
      let right = stack.removeLast().0
      push(operation(stack.removeLast().0, right))
    }
    while true {
      let opcode = try reader.readOpcode()
      switch opcode {
      case .end: return stack[0]
      case .i32Const: push(Slot(UInt32(bitPattern: try reader.readS32())))
      case .i64Const: push(Slot(bitPattern: try reader.readS64()))
      case .f32Const: push(Slot(try reader.readFixed32()))
      case .f64Const: push(try reader.readFixed64())
      case .v128Const:
        let bits = try reader.readFixed128()
        push(bits[0], bits[1])
      case .globalGet:
        let cell = globals[Int(try reader.readU32())].cell
        push(cell[0], cell[1])
      case .refNull:
        _ = try reader.readHeapType()
        push(0)
      case .refFunc: push(Slot(UInt(bitPattern: function(try reader.readU32()))))
      case .refI31: push(Slot(stack.removeLast().0 & 0x7FFF_FFFF) << 1 | 1)
      case .anyConvertExtern, .externConvertAny: break
      case .i32Add: binary32(&+)
      case .i32Sub: binary32(&-)
      case .i32Mul: binary32(&*)
      case .i64Add: binary64(&+)
      case .i64Sub: binary64(&-)
      case .i64Mul: binary64(&*)
      default: throw UnsupportedInstruction(opcode: opcode)
      }
    }
  }
}

/// An instruction that validates but that this version does not execute yet.
package struct UnsupportedInstruction: Error, CustomStringConvertible {
  package var opcode: Opcode

  package init(opcode: Opcode) { self.opcode = opcode }

  package var description: String { "unsupported instruction \(opcode.mnemonic)" }
}
