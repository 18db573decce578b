import Needletail
import WebAssembly

/// A call of an exported function with arguments in text.
struct Invocation {
  private let instance: Instance
  private let name: String
  private let function: Function
  private let arguments: [String]

  /// - Parameter fileName: the module's file, for messages.
  /// - Throws: `CommandError` if there is no such function.
  init(
    _ instance: Instance, fileName: String, _ name: String, _ arguments: [String]
  ) throws(CommandError) {
    self.instance = instance
    self.name = name
    self.arguments = arguments
    if let function = instance.function(name) {
      self.function = function
      return
    }
    if let export = instance.module.exports.first(where: { $0.name == name }) {
      throw CommandError(
        "\(fileName): expected a function to invoke, found '\(name)': \(export.type)",
        hints: [Self.exports(of: instance.module)])
    }
    let functions = Self.exportedFunctions(of: instance.module)
    if let index = instance.module.functionIndex(named: name) {
      throw CommandError(
        "\(fileName): the module exports no function '\(name)': function \(index) has this name, but is not exported so",
        hints: [Self.exports(of: instance.module)])
    }
    if let parenthesis = name.firstIndex(of: "("), functions.contains(String(name[..<parenthesis])) {
      // A call as wasmtime writes it for components.
      let words = name[name.index(after: parenthesis)...].split { ",() ".contains($0) }
      throw CommandError(
        "\(fileName): the module exports no function '\(name)'",
        hints: [
          "arguments come after the module: --invoke \(([name[..<parenthesis], fileName[...]] + words).joined(separator: " "))"
        ])
    }
    throw CommandError(
      "\(fileName): the module exports no function '\(name)'",
      hints: Suggestion.hints(for: name, among: functions) + [Self.exports(of: instance.module)])
  }

  /// The first of some names.
  static func list(_ names: [String]) -> String {
    let shown = names.prefix(20).map { $0.isEmpty ? "''" : $0 }.joined(separator: ", ")
    return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
  }

  /// What a module exports, for a hint: the functions, or everything if there are none.
  static func exports(of module: Needletail.Module) -> Message {
    let functions = exportedFunctions(of: module)
    if !functions.isEmpty { return "it exports \(list(functions))" }
    let others = module.exports.map { "\($0.name.isEmpty ? "''" : $0.name) (\($0.type.kind))" }
    return others.isEmpty ? "it exports nothing" : "it exports no functions, only \(list(others))"
  }

  static func exportedFunctions(of module: Needletail.Module) -> [String] {
    module.exports.filter { $0.type.kind == .function }.map(\.name)
  }

  /// Reads the arguments and calls the function.
  ///
  /// - Throws: `CommandError` if the arguments do not fit the function's type; errors of the function.
  func call() throws -> [Value] {
    let values = try values()
    do {
      return try function.call(values)
    } catch let error as ArgumentError {
      throw misfit() ?? CommandError("invalid call of '\(name)': \(error)", hints: ["its type is \(signature)"])
    }
  }

  /// The error for the first argument that is a function of another type than the parameter's.
  private func misfit() -> CommandError? {
    let structure = instance.module.structure
    for (position, (text, type)) in zip(arguments, declaredType?.parameters ?? []).enumerated() {
      guard let index = type.referenceType?.heapType.typeIndex, let wanted = structure.functionType(index),
        let found = instance.module.exports.first(where: { $0.name == text }),
        case .function(let type) = found.type, type != wanted
      else { continue }
      let text = TypeText(structure)
      return CommandError(
        "invalid argument \(position + 1) of '\(name)': expected a function of type \(text.describe(wanted)), found '\(found.name)': \(text.describe(type))"
      )
    }
    return nil
  }

  private func values() throws(CommandError) -> [Value] {
    let parameters = function.type.parameters
    guard arguments.count == parameters.count else {
      let expected = parameters.count == 1 ? "1 argument" : "\(parameters.count) arguments"
      throw CommandError(
        "invalid call of '\(name)': expected \(expected), found \(arguments.count)", hints: ["its type is \(signature)"]
      )
    }
    var values: [Value] = []
    for (position, (text, type)) in zip(arguments, parameters).enumerated() {
      guard let value = ValueText.parse(text, as: type, function: { instance.function($0) }) else {
        let place = "invalid argument \(position + 1) of '\(name)'"
        if let range = ValueText.range(of: type), ValueText.isOutOfRange(text, type) {
          throw CommandError("\(place): expected \(type), from \(range), found '\(text)'")
        }
        if type == .v128, let fault = ValueText.fault(ofVector: text) {
          throw CommandError("\(place): \(fault)", hints: ["\(ValueText.hint(for: type) { _ in false })"])
        }
        let structure = instance.module.structure
        let shown = declaredType?.parameters[position] ?? type
        let hint = ValueText.hint(for: shown) { structure.functionType($0) != nil }
        let similar = ValueText.takesFunctions(type) ? Self.exportedFunctions(of: instance.module) : []
        throw CommandError(
          "\(place): expected \(TypeText(structure).describe(shown)), found \(text.isEmpty ? "an empty argument" : "'\(text)'")",
          hints: Suggestion.hints(for: text, among: similar) + ["\(hint)"])
      }
      values.append(value)
    }
    return values
  }

  /// The function's type in the type indices of its module.
  private var declaredType: FunctionType? {
    guard case .function(let type)? = instance.module.exports.first(where: { $0.name == name })?.type else {
      return nil
    }
    return type
  }

  /// The function's type in the words of its module.
  private var signature: String {
    declaredType.map { TypeText(instance.module.structure).describe($0) } ?? "\(function.type)"
  }
}
