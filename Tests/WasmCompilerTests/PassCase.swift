import Testing

@testable import WasmCompiler

/// What a pass makes of a graph: text in, text out.
///
/// A test of a pass is a list of these:
///
/// ```swift
/// PassCase("A value that nobody needs goes", "block0(v0: i32):\n v1: i32 = i32.clz v0\n return v0", "block0(v0: i32):\n return v0")
/// ```
///
/// The first line may be left out; a function then returns what its first `return` does. In what is expected, values may have any
/// names; copies that passes leave behind are looked through.
struct PassCase: CustomTestStringConvertible, Sendable {
  var name: String
  var before: String
  var after: String

  init(_ name: String, _ before: String, _ after: String) {
    self.name = name
    self.before = before
    self.after = after
  }

  /// What a pass leaves as it is.
  init(unchanged name: String, _ text: String) { self.init(name, text, text) }

  var testDescription: String { name }

  /// Runs a pass, or several, over the text, and compares.
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
    // The types of results: those of the values that the first return names.
    let lines = text.split(separator: "\n").map { $0.split { $0 == " " || $0 == "," }.map(String.init) }
    let returned = lines.first { $0.first == "return" }?.dropFirst() ?? []
    let types = try returned.prefix { !$0.hasPrefix("!") }.map { name in
      let definition = try #require(text.firstRange(of: "\(name): "), "\(name) is not defined")
      return String(text[definition.upperBound...].prefix { $0.isLetter || $0.isNumber })
    }
    return "function 0" + (types.isEmpty ? "" : " -> " + types.joined(separator: ", ")) + "\n" + text
  }

  private static func body(_ text: String) -> Substring { text.drop { $0 != "\n" } }

  /// Numbers values in the order in which they are named. (No test has as many that one is called like a vector's type.)
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
  /// Takes out copies, parameters that became copies included, and lets their users use what they copy.
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
