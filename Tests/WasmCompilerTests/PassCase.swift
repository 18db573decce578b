import Testing
import WebAssembly

@testable import WasmCompiler

/// The effect of a pass on a graph, as text before and after.
///
/// A test of a pass is a list of these:
///
/// ```swift
/// PassCase("An unused value is removed", "block0(v0: i32):\n v1: i32 = i32.clz v0\n return v0", "block0(v0: i32):\n return v0")
/// ```
///
/// The first line may be omitted; the result types are then those of the first `return`. Values in the expected text
/// may have any names. Copies that passes leave are ignored.
struct PassCase: CustomTestStringConvertible, Sendable {
  var name: String
  var before: String
  var after: String

  init(_ name: String, _ before: String, _ after: String) {
    self.name = name
    self.before = before
    self.after = after
  }

  /// A graph that a pass leaves unchanged.
  init(unchanged name: String, _ text: String) { self.init(name, text, text) }

  var testDescription: String { name }

  /// Runs one or more passes on the graph, and compares the result.
  func check(_ pass: (inout Optimizer, inout FunctionGraph) -> Void) throws {
    var graph = try FunctionGraph(parsing: Self.withHeader(before))
    var verifier = Verifier()
    try verifier.verify(graph)
    var optimizer = Optimizer()
    optimizer.flow.compute(graph)
    pass(&optimizer, &graph)
    graph.lookThroughCopies()
    try verifier.verify(graph)
    let found = Self.renamed(Self.body(graph.printed()))
    let wanted = try FunctionGraph(parsing: Self.withHeader(after))
    let expected = Self.renamed(Self.body(wanted.printed()))
    #expect(found == expected, "\(name):\n\(found)instead of\n\(expected)")
  }

  private static func withHeader(_ text: String) throws -> String {
    if text.hasPrefix("function") { return text }
    // The result types are the types of the values in the first return.
    let lines = text.split(separator: "\n").map { $0.split { $0 == " " || $0 == "," }.map(String.init) }
    let returned = lines.first { $0.first == "return" }?.dropFirst() ?? []
    let types = try returned.prefix { !$0.hasPrefix("!") }.map { name in
      let definition = try #require(text.firstRange(of: "\(name): "), "\(name) is not defined")
      return String(text[definition.upperBound...].prefix { $0.isLetter || $0.isNumber })
    }
    return "function 0" + (types.isEmpty ? "" : " -> " + types.joined(separator: ", ")) + "\n" + text
  }

  private static func body(_ text: String) -> Substring { text.drop { $0 != "\n" } }

  /// Renames values in order of appearance. (No test has so many values that a name equals that of a vector type.)
  private static func renamed(_ text: Substring) -> String {
    var names: [Substring: Int] = [:]
    var result = ""
    var rest = text
    var previous: Character = " "
    while let character = rest.first {
      let digits = rest.dropFirst().prefix { $0.isNumber }
      if character == "v", !digits.isEmpty, digits != "128", !previous.isLetter, !previous.isNumber {
        let number = names[digits] ?? names.count
        names[digits] = number
        result += "v\(number)"
        rest = rest.dropFirst(1 + digits.count)
      } else {
        result.append(character)
        rest = rest.dropFirst()
      }
      previous = character
    }
    return result
  }
}

extension FunctionGraph {
  /// Removes copies, including parameters that became copies, and redirects their uses.
  mutating func lookThroughCopies() {
    for index in blocks.indices {
      var value = blocks[index].first
      while !value.isNone {
        let next = self[value].next
        if self[value].operation == .copy { unlink(value) } else { resolveOperands(value) }
        value = next
      }
    }
    for index in blocks.indices {
      let kept = parameters(Block(index)).map { self[$0].operation == .parameter }
      guard kept.contains(false) else { continue }
      for source in blocks.indices {
        for edge in successors(Block(source)) where edges[edge].target.index == index {
          edges[edge].argumentCount = Self.keep(kept, of: arguments(Edge(edge)))
        }
      }
      blocks[index].parameterCount = Self.keep(kept, of: parameters(Block(index)))
      for (place, parameter) in parameters(Block(index)).enumerated() { self[parameter].index = UInt32(place) }
    }
  }

  private static func keep(_ kept: [Bool], of list: FlatSlice<Value>) -> UInt32 {
    let values = zip(kept, list).filter(\.0).map(\.1)
    for (place, value) in values.enumerated() { list[place] = value }
    return UInt32(values.count)
  }
}
