import Needletail
import WasmCompiler
import WasmNative
import WasmText
import WebAssembly

/// The page of `needletail explore`: one HTML file with the text, graph and machine code of each function.
///
/// Names in modules may contain anything. So all data of a module is JSON with escaped `<`, in elements that browsers do not execute, and the
/// script turns it into text nodes. A content security policy forbids the page to load anything.
struct ExplorerPage {
  typealias Sink = (String) throws -> Void

  private let module: Needletail.Module
  private let moduleName: String
  private let level: OptimizationLevel
  private let names: ObjectDump
  /// The functions to show, by position among those that the module defines.
  private let functions: [Int]
  /// The size of the page in bytes beyond which functions are left out.
  private let limit: Int

  /// The limit unless `--max-size` sets another.
  static let defaultMaximumSize = 64 << 20

  init(
    _ module: Needletail.Module, named moduleName: String, level: OptimizationLevel, names: ObjectDump,
    functions: [Int],
    limit: Int
  ) {
    self.module = module
    self.moduleName = moduleName
    self.level = level
    self.names = names
    self.functions = functions
    self.limit = limit
  }

  /// A function's entry in the list.
  private struct Entry {
    var function: Int
    var codeByteCount: Int
  }

  /// Writes the page; returns how many functions were left out, and the page's size in bytes.
  func write(to sink: Sink) throws -> (leftOutCount: Int, byteCount: Int) {
    let inspector = module.inspector(level)
    let features = inspector.options.processor.names
    try sink(head)
    var entries: [Entry] = []
    let end = "<script>\n\(ExplorerScript.text)\n</script>\n</body>\n</html>\n"
    var byteCount = head.utf8.count + end.utf8.count
    // A byte of a body becomes about 100 bytes of the page, and several times that while it is made. So the largest functions are left out
    // before, unless one is asked for by its name.
    let largest = max(limit, Self.defaultMaximumSize) / 32
    let fits = { functions.count == 1 || module.structure.functions[$0].body.count <= largest }
    var leftOutCount = functions.count { !fits($0) }
    try FunctionText.write(functions.filter(fits), of: module.structure) { function, text in
      func leaveOut() {
        leftOutCount += 1
        entries.append(Entry(function: function, codeByteCount: 0))
      }
      guard byteCount < limit || functions.count == 1 else { return leaveOut() }
      let (data, codeByteCount) = data(function, text, inspector)
      let element = Self.script("f\(index(of: function))", data)
      guard byteCount + element.utf8.count <= limit || functions.count == 1 else { return leaveOut() }
      byteCount += element.utf8.count
      entries.append(Entry(function: function, codeByteCount: codeByteCount))
      try sink(element)
    }
    entries += functions.lazy.filter { !fits($0) }.map { Entry(function: $0, codeByteCount: 0) }
    entries.sort { $0.function < $1.function }
    let architecture = NativeBackend.architecture.name
    let facts = [
      "-O \(level)",
      features.isEmpty ? "\(architecture) baseline" : "\(architecture) with \(features.joined(separator: ", "))",
    ]
    let list = Self.script("index", index(entries, facts))
    try sink(list)
    try sink(end)
    return (leftOutCount, byteCount + list.utf8.count)
  }

  private func index(of function: Int) -> UInt32 { UInt32(module.structure.importedFunctions.count + function) }

  // MARK: Data

  private func index(_ entries: [Entry], _ facts: [String]) -> JSONText {
    let functions = entries.map { entry in
      let index = index(of: entry.function)
      return JSONText.object([
        ("index", .number(Int(index))), ("name", .string(names.shownName(ofFunction: index) ?? "func[\(index)]")),
        ("wasm", .number(module.structure.functions[entry.function].body.count)),
        ("code", .number(entry.codeByteCount)),
      ])
    }
    return .object([
      ("module", .string(moduleName)), ("facts", .array(facts.map { .string($0) })), ("limit", .number(limit)),
      ("functions", .array(functions)),
    ])
  }

  /// The lines of a function's columns, each with its offset in the binary first, or -1.
  private func data(
    _ function: Int, _ text: [FunctionText.Line], _ inspector: ModuleInspector
  ) -> (JSONText, codeByteCount: Int) {
    var members: [(name: String, value: JSONText)] = [
      ("text", .array(text.map { .array([.number($0.offset ?? -1), .string($0.text)]) }))
    ]
    do throws(CompilationRefusal) {
      let graph = try inspector.graphLines(function)
      let code = try inspector.code(function) { names.shownName(ofFunction: $0) }
      members += [
        ("graph", .array(graph.map { .array([.number($0.source.map(Int.init) ?? -1), .string(String($0.text))]) })),
        ("code", .array(code.lines.map(Self.line))), ("bytes", .string(code.hexadecimal)),
        ("frame", .number(code.frameByteCount)),
      ]
      return (.object(members), code.bytes.count)
    } catch {
      members.append(("interpreted", .string(error.reason)))
      return (.object(members), 0)
    }
  }

  private static func line(_ line: CodeListing.Line) -> JSONText {
    var values: [JSONText] = [
      .number(line.source.map(Int.init) ?? -1), .number(line.offset), .number(line.byteCount), .string(line.text),
    ]
    if !line.notes.isEmpty || line.label != nil { values.append(.string(line.notes.joined(separator: ", "))) }
    if let label = line.label { values.append(.string(label)) }
    return .array(values)
  }

  // MARK: HTML

  /// An element that holds data.
  private static func script(_ id: String, _ data: JSONText) -> String {
    // The only character with a meaning inside such an element.
    "<script type=\"application/json\" id=\"\(id)\">\(data.text.substituting("<", by: "\\u003c"))</script>\n"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  private var head: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Self.escaped(moduleName))</title>
    <style>
    \(ExplorerStyle.text)
    </style>
    </head>
    <body>
    <header>
    <h1><span id="module"></span> <small id="chosen"></small></h1>
    <span class="space"></span>
    <span id="facts"></span>
    <button data-pane="text" aria-pressed="true">Text</button>
    <button data-pane="graph" aria-pressed="true">Graph</button>
    <button data-pane="code" aria-pressed="true">Code</button>
    <button id="bytes" aria-pressed="false">Bytes</button>
    <button id="scheme" title="Light or dark">◐</button>
    </header>
    <main>
    <nav id="functions">
    <div class="tools">
    <input id="search" type="search" placeholder="Search functions" aria-label="Search functions">
    <select id="order" aria-label="Order">
    <option value="index">by index</option><option value="name">by name</option>
    <option value="code">by code</option><option value="wasm">by Wasm</option>
    </select>
    </div>
    <div id="list" tabindex="0"></div>
    </nav>
    <div class="split"></div>
    <section class="pane" id="text"><h2>Text <small></small></h2><div class="code"></div></section>
    <div class="split"></div>
    <section class="pane" id="graph"><h2>Graph <small></small></h2><div class="code"></div></section>
    <div class="split"></div>
    <section class="pane" id="code"><h2>Machine code <small></small></h2><div class="code"></div></section>
    </main>

    """
  }
}
