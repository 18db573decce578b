import WasmText
import WebAssembly

/// Prints components in the text format. (Component model, "Explainer".)
///
/// ```swift
/// let component = try ComponentParser.parse("(component (type u8))")
/// let text = try ComponentPrinter.print(component)
/// ```
///
/// Parsing the text reproduces the binary byte for byte, including custom sections, if it has the shortest encodings, no empty section, and
/// one section for consecutive definitions of one kind. Definitions refer to each other by index; comments show the indices.
public struct ComponentPrinter: ~Copyable {
  let options: WatPrinter.Options
  var out = TextBuffer()
  /// The indentation level of the current line.
  var level = 0
  /// The number of definitions so far, in each scope around the current place.
  var counts: [[Component.Sort: UInt32]] = []

  private init(_ options: WatPrinter.Options) { self.options = options }

  /// The text of a component, which need not be valid.
  ///
  /// - Throws: `DecodingError` if the code of a function is malformed.
  /// - Complexity: O(size of the component).
  public static func print(
    _ component: Component, options: WatPrinter.Options = .init()
  ) throws(DecodingError) -> String {
    var printer = ComponentPrinter(options)
    printer.out.write("(component")
    try printer.contents(component)
    printer.out.write(")\n")
    return printer.out.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  // MARK: Lines and indices

  mutating func startLine() {
    out.newLine()
    out.spaces(min(level, options.maximumIndentedLevels) * options.indent)
  }

  /// Writes something on a line of its own, in parentheses.
  mutating func line(_ word: StaticString, _ body: (inout ComponentPrinter) -> Void) {
    startLine()
    out.byte(UInt8(ascii: "("))
    out.write(word)
    body(&self)
    out.byte(UInt8(ascii: ")"))
  }

  /// The number of the next definition of a sort, which is counted.
  mutating func next(_ sort: Component.Sort) -> UInt32 {
    let scope = counts.count - 1
    let index = counts[scope][sort, default: 0]
    counts[scope][sort] = index + 1
    return index
  }

  /// ` (;index;)` for the next definition of a sort.
  mutating func number(_ sort: Component.Sort) {
    out.write(" (;")
    out.decimal(next(sort))
    out.write(";)")
  }

  /// ` index`
  mutating func index(_ index: UInt32) {
    out.byte(UInt8(ascii: " "))
    out.decimal(index)
  }

  /// ` "text"`
  mutating func quoted(_ text: String) {
    out.byte(UInt8(ascii: " "))
    out.nameLiteral(text)
  }

  /// ` (sort index)`
  mutating func reference(_ sort: Component.Sort, _ index: UInt32) {
    out.write(" (")
    out.string(sort.keyword)
    self.index(index)
    out.byte(UInt8(ascii: ")"))
  }

  // MARK: Components

  private mutating func contents(_ component: Component) throws(DecodingError) {
    counts.append([:])
    level += 1
    for section in component.sections { try self.section(section.contents) }
    level -= 1
    counts.removeLast()
    if !component.sections.isEmpty { startLine() }
  }

  private mutating func section(_ contents: Component.Contents) throws(DecodingError) {
    switch contents {
    case .custom(let section):
      line("@custom") { printer in
        printer.quoted(section.name)
        printer.bytes(section.data)
      }
    case .coreModule(let module):
      startLine()
      let index = Int(next(.core(.module)))
      do throws(DecodingError) {
        try WatPrinter.printPart(module.module, options: options, level: level, index: index, to: &out)
      } catch {
        var error = error
        error.offset += module.start ?? 0
        throw error
      }
    case .component(let component):
      startLine()
      out.write("(component")
      number(.component)
      try self.contents(component)
      out.byte(UInt8(ascii: ")"))
    case .coreInstances(let entries): for entry in entries { print(entry) }
    case .coreTypes(let entries): for entry in entries { print(entry, isInComponent: true) }
    case .instances(let entries): for entry in entries { print(entry) }
    case .aliases(let entries): for entry in entries { print(entry) }
    case .types(let entries): for entry in entries { print(entry) }
    case .canonicals(let entries): for entry in entries { print(entry) }
    case .start(let start): print(start)
    case .imports(let entries): for entry in entries { print(entry) }
    case .exports(let entries): for entry in entries { print(entry) }
    case .values(let entries):
      for entry in entries {
        line("value") { printer in
          printer.number(.value)
          printer.valueType(entry.type)
          printer.out.write(" (binary")
          printer.bytes(entry.bytes)
          printer.out.byte(UInt8(ascii: ")"))
        }
      }
    }
  }

  /// ` "bytes"`
  private mutating func bytes(_ bytes: [UInt8]) {
    out.byte(UInt8(ascii: " "))
    bytes.withUnsafeBufferPointer { out.stringLiteral($0) }
  }

  // MARK: Definitions

  private mutating func print(_ instance: Component.CoreInstance) {
    line("core instance") { printer in
      printer.number(.core(.instance))
      switch instance {
      case .instantiate(let module, let arguments):
        printer.out.write(" (instantiate")
        printer.index(module)
        printer.level += 1
        for argument in arguments {
          printer.line("with") { printer in
            printer.quoted(argument.name)
            printer.reference(.instance, argument.instance)
          }
        }
        printer.level -= 1
        printer.out.byte(UInt8(ascii: ")"))
      case .exports(let exports):
        printer.level += 1
        for export in exports {
          printer.line("export") { printer in
            printer.quoted(export.name)
            printer.out.write(" (")
            printer.out.string(export.sort.keyword)
            printer.index(export.index)
            printer.out.byte(UInt8(ascii: ")"))
          }
        }
        printer.level -= 1
      }
    }
  }

  private mutating func print(_ instance: Component.Instance) {
    line("instance") { printer in
      printer.number(.instance)
      switch instance {
      case .instantiate(let component, let arguments):
        printer.out.write(" (instantiate")
        printer.index(component)
        printer.level += 1
        for argument in arguments {
          printer.line("with") { printer in
            printer.quoted(argument.name)
            printer.reference(argument.value.sort, argument.value.index)
          }
        }
        printer.level -= 1
        printer.out.byte(UInt8(ascii: ")"))
      case .exports(let exports):
        printer.level += 1
        for export in exports {
          printer.line("export") { printer in
            printer.name(export.name)
            printer.reference(export.value.sort, export.value.index)
          }
        }
        printer.level -= 1
      }
    }
  }

  mutating func print(_ alias: Component.Alias) {
    line("alias") { printer in
      switch alias {
      case .export(_, let instance, let name):
        printer.out.write(" export")
        printer.index(instance)
        printer.quoted(name)
      case .coreExport(_, let instance, let name):
        printer.out.write(" core export")
        printer.index(instance)
        printer.quoted(name)
      case .outer(_, let scopesOut, let index):
        printer.out.write(" outer")
        printer.index(scopesOut)
        printer.index(index)
      }
      printer.out.write(" (")
      printer.out.string(alias.sort.keyword)
      printer.number(alias.sort)
      printer.out.byte(UInt8(ascii: ")"))
    }
  }

  private mutating func print(_ start: Component.Start) {
    line("start") { printer in
      printer.index(start.function)
      for argument in start.arguments { printer.reference(.value, argument) }
      for _ in 0..<start.resultCount {
        printer.out.write(" (result (value")
        _ = printer.next(.value)
        printer.out.write("))")
      }
    }
  }

  mutating func print(_ entry: Component.Import) {
    line("import") { printer in
      printer.name(entry.name)
      printer.externType(entry.type, isCounted: true)
    }
  }

  private mutating func print(_ entry: Component.Export) {
    line("export") { printer in
      printer.number(entry.value.sort)
      printer.name(entry.name)
      printer.reference(entry.value.sort, entry.value.index)
      if let type = entry.type { printer.externType(type, isCounted: false) }
    }
  }

  /// The name of an import or export, with its attributes.
  mutating func name(_ name: Component.ExternName) {
    quoted(name.name)
    for attribute in name.attributes ?? [] {
      out.write(" (")
      out.string(attribute.keyword)
      quoted(attribute.value)
      out.byte(UInt8(ascii: ")"))
    }
  }
}
