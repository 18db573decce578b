import WasmRuntime
import WebAssembly

/// What calls of a function look like to the machine: the kinds of its parameters and results. Many function types have the same shape,
/// and share stubs.
struct CallShape: Hashable, Sendable {
  var parameters: [IRType]
  var results: [IRType]

  init(_ type: FunctionType) {
    parameters = type.parameters.map { IRType($0) }
    results = type.results.map { IRType($0) }
  }

  /// A parameter or result: where it is in a buffer of slots, and where during the call.
  struct Value {
    var type: IRType
    /// In bytes.
    var bufferOffset: Int32
    /// Nil if it stands in the overflow buffer.
    var register: PhysicalRegister?
    var overflowOffset: Int32
  }

  static func values(_ types: [IRType], _ integers: [PhysicalRegister]) -> [Value] {
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

  /// The slots that arguments and results share in a buffer.
  var slotCount: Int {
    max(parameters.reduce(0) { $0 + $1.slotCount }, results.reduce(0) { $0 + $1.slotCount })
  }
}
