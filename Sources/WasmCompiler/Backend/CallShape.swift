import WebAssembly

/// The parameter and result types of a call, as calling conventions see them. Function types with the same shape share stubs.
package struct CallShape: Hashable, Sendable {
  package var parameters: [IRType]
  package var results: [IRType]

  package init(_ type: FunctionType) {
    parameters = type.parameters.map { IRType($0) }
    results = type.results.map { IRType($0) }
  }

  /// The number of slots that arguments and results share in a buffer.
  package var slotCount: Int {
    max(parameters.reduce(0) { $0 + $1.slotCount }, results.reduce(0) { $0 + $1.slotCount })
  }
}

extension CallShape: CustomStringConvertible {
  package var description: String {
    let types = { (types: [IRType]) in types.map { "\($0)" }.joined(separator: " ") }
    return "[\(types(parameters))] -> [\(types(results))]"
  }
}
