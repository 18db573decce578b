extension CallShape {
  /// A parameter or result: its location in a buffer of slots, and during the call.
  struct Value {
    var type: IRType
    /// In bytes.
    var bufferOffset: Int32
    /// Nil if it is in the overflow buffer.
    var register: PhysicalRegister?
    var overflowOffset: Int32
  }

  private static func values(_ types: [IRType], _ integers: [PhysicalRegister]) -> [Value] {
    var places = RegisterConvention.Places(integers)
    var bufferOffset: Int32 = 0
    return types.map { type in
      defer { bufferOffset += Int32(8 * type.slotCount) }
      let register = places.next(type)
      return Value(
        type: type, bufferOffset: bufferOffset, register: register,
        overflowOffset: register == nil ? places.overflowOffset : 0)
    }
  }

  var parameterValues: [Value] { Self.values(parameters, RegisterConvention.integerArguments) }
  var resultValues: [Value] { Self.values(results, RegisterConvention.integerResults) }
}
