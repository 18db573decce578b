import WasmBinary
import WebAssembly

/// Types of a module as its text format writes them, with the names of the types that it defines: `(ref null $point)`.
struct TypeText {
  private let names: NameMap

  init(_ module: Module) { names = NameSection(of: module).types }

  func describe(_ type: ValueType) -> String {
    guard let reference = type.referenceType, let index = reference.heapType.typeIndex, let name = names[index] else {
      return "\(type)"
    }
    let identifier = "$\(name.printable)"
    return
      "(ref \(reference.isNullable ? "null " : "")\(reference.heapType.isExact ? "(exact \(identifier))" : identifier))"
  }

  func describe(_ type: FunctionType) -> String {
    func clause(_ keyword: String, _ types: [ValueType]) -> String {
      types.isEmpty ? "" : " (\(keyword) \(types.map(describe).joined(separator: " ")))"
    }
    return "(func\(clause("param", type.parameters))\(clause("result", type.results)))"
  }
}
