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
      throw CommandError("invalid --invoke: expected a function, found '\(name)': \(export.type)")
    }
    let functions = Self.exportedFunctions(of: instance.module)
    throw CommandError(
      "\(fileName): the module exports no function '\(name)'",
      hints: Suggestion.hints(for: name, among: functions) + [Self.exports(of: instance.module)])
  }

  /// The first of some names.
  static func list(_ names: [String]) -> String {
    let shown = names.prefix(20).joined(separator: ", ")
    return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
  }

  /// What a module exports, for a hint: the functions, or everything if there are none.
  static func exports(of module: Needletail.Module) -> Message {
    let functions = exportedFunctions(of: module)
    if !functions.isEmpty { return "it exports \(list(functions))" }
    let others = module.exports.map { "\($0.name) (\($0.type.kind))" }
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
      // A function of another type than the parameter's, for example.
      throw CommandError("invalid call of '\(name)': \(error)", hints: ["its type is \(signature)"])
    }
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
        if let range = ValueText.range(of: type), ValueText.isInteger(text) {
          throw CommandError("\(place): expected \(type), from \(range), found '\(text)'")
        }
        throw CommandError(
          "\(place): expected \(type), found '\(text)'", hints: ["\(ValueText.hint(for: type))"])
      }
      values.append(value)
    }
    return values
  }

  /// The function's type in the words of its module.
  private var signature: String {
    let export = instance.module.exports.first { $0.name == name }
    return export.map { "\($0.type)" } ?? "\(function.type)"
  }
}
