import Needletail
import NeedletailSystem
import WasmCompiler
import WasmNative
import WasmText
import WebAssembly

/// The kinds of code that can be shown.
enum CompilationOutput: String, CaseIterable {
  case ir
  case code = "asm"
  case bytecode
  case map = "wasm-map"
}

/// Writes the compiler's output for a module, function by function.
struct CompilationReport {
  private let module: Needletail.Module
  private let level: OptimizationLevel
  /// The module with its functions' names.
  let names: ObjectDump
  /// The functions to write, by position among those that the module defines.
  var functions: [Int]
  var showsEachPass = false

  init(_ module: Needletail.Module, level: OptimizationLevel) {
    self.module = module
    self.level = level
    names = ObjectDump(module.structure)
    functions = Array(module.structure.functions.indices)
  }

  typealias Sink = (String) throws -> Void

  func write(_ output: CompilationOutput, to sink: Sink) throws {
    switch output {
    case .ir: try writeGraphs(sink)
    case .code: try writeCode(sink)
    case .bytecode: try writeBytecode(sink)
    case .map: try writeMap(sink)
    }
  }

  // MARK: Graphs

  private func writeGraphs(_ sink: Sink) throws {
    let inspector = module.inspector(level)
    for function in functions {
      try sink(heading(function))
      do {
        let graphs = try inspector.graphs(function)
        for (step, text) in showsEachPass ? graphs[...] : graphs.suffix(1) {
          try sink(showsEachPass ? "; after \(step)\n\(text)\n" : "\(text)\n")
        }
      } catch let refusal as CompilationRefusal {
        try sink("; interpreted: \(refusal)\n\n")
      }
    }
  }

  // MARK: Machine code

  private func writeCode(_ sink: Sink) throws {
    let inspector = module.inspector(level)
    for function in functions {
      try sink(heading(function))
      do {
        let listing = try inspector.code(function) { names.shownName(ofFunction: $0) }
        try sink(
          "; \(counted(listing.bytes.count, "byte")) of code, \(listing.frameByteCount) of frame\n\(listing.text)\n")
      } catch let refusal as CompilationRefusal {
        try sink("; interpreted: \(refusal)\n\n")
      }
    }
  }

  // MARK: The interpreter's code

  private func writeBytecode(_ sink: Sink) throws {
    for function in functions {
      try sink(heading(function))
      do {
        let (text, wordCount) = try module.bytecode(function)
        try sink("; \(counted(wordCount, "word"))\n\(text)\n")
      } catch let refusal as LimitExceeded {
        try sink("; refused: \(refusal)\n\n")
      }
    }
  }

  // MARK: Parts

  /// The comment line above a function.
  private func heading(_ function: Int) -> String {
    let index = index(of: function)
    let body = module.structure.functions[function].body
    let name = names.shownName(ofFunction: index).map { " <\($0)>" } ?? ""
    return "; func \(index)\(name): \(counted(body.count, "byte")) at 0x\(String(body.lowerBound, radix: 16))\n"
  }

  private func index(of function: Int) -> UInt32 { UInt32(module.structure.importedFunctions.count + function) }

  // MARK: The map

  private func writeMap(_ sink: Sink) throws {
    let inspector = module.inspector(level)
    let map = try inspector.map(threadCount: Processors.availableCount)
    let features = inspector.options.processor.names
    let head: [(name: String, value: JSONText)] = [
      ("target", .string("\(NativeBackend.architecture)")), ("features", .array(features.map { .string($0) })),
      ("level", .string("\(level)")), ("codeSize", .number(map.byteCount)),
    ]
    let text = JSONText.object(head).text
    try sink("\(text.dropLast()),\"functions\":[\n")
    for (position, function) in functions.enumerated() {
      let separator = position + 1 < functions.count ? ",\n" : "\n"
      try sink(entry(function, map.functions[function]).text + separator)
    }
    try sink("]}\n")
  }

  private func entry(_ function: Int, _ outcome: Result<CodeMap.Function, CompilationRefusal>) -> JSONText {
    let body = module.structure.functions[function].body
    var members: [(name: String, value: JSONText)] = [
      ("index", .number(Int(index(of: function)))),
      ("wasm", .array([.number(body.lowerBound), .number(body.upperBound)])),
    ]
    if let name = names.names.functions[index(of: function)] { members.insert(("name", .string(name)), at: 1) }
    switch outcome {
    case .failure(let refusal): members.append(("interpreted", .string(refusal.reason)))
    case .success(let code):
      members += [
        ("code", .array([.number(Int(code.code.lowerBound)), .number(Int(code.code.upperBound))])),
        ("frameSize", .number(Int(code.frameByteCount))),
        (
          "positions",
          .array(code.positions.map { .array([.number(Int($0.code)), $0.wasm.map { .number(Int($0)) } ?? .null]) })
        ),
        (
          "traps",
          .array(code.traps.map { .array([.number(Int($0.code)), .number(Int($0.wasm)), .string($0.trap)]) })
        ),
      ]
    }
    return .object(members)
  }
}
