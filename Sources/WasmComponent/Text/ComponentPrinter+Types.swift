import WasmText
import WebAssembly

// Types. (Component model, "Type Definitions".)
extension ComponentPrinter {
  /// ` type`: a word or an index.
  mutating func valueType(_ type: Component.ValueType) {
    switch type {
    case .primitive(let type):
      out.byte(UInt8(ascii: " "))
      out.string(type.keyword)
    case .index(let index): self.index(index)
    }
  }

  private mutating func optionalValueType(_ type: Component.ValueType?) {
    if let type { valueType(type) }
  }

  /// ` (word …)`
  private mutating func clause(_ word: StaticString, _ body: (inout ComponentPrinter) -> Void) {
    out.write(" (")
    out.write(word)
    body(&self)
    out.byte(UInt8(ascii: ")"))
  }

  private mutating func definedType(_ type: Component.DefinedType) {
    switch type {
    case .primitive(let type): valueType(.primitive(type))
    case .record(let fields):
      clause("record") { printer in for field in fields { printer.field("field", field) } }
    case .variant(let cases):
      clause("variant") { printer in
        for entry in cases {
          printer.clause("case") { printer in
            printer.quoted(entry.name)
            printer.optionalValueType(entry.type)
          }
        }
      }
    case .list(let element): clause("list") { printer in printer.valueType(element) }
    case .fixedLengthList(let element, let length):
      clause("list") { printer in
        printer.valueType(element)
        printer.index(length)
      }
    case .tuple(let types): clause("tuple") { printer in for type in types { printer.valueType(type) } }
    case .flags(let names): clause("flags") { printer in for name in names { printer.quoted(name) } }
    case .enumeration(let names): clause("enum") { printer in for name in names { printer.quoted(name) } }
    case .option(let type): clause("option") { printer in printer.valueType(type) }
    case .result(let ok, let error):
      clause("result") { printer in
        printer.optionalValueType(ok)
        if let error { printer.clause("error") { printer in printer.valueType(error) } }
      }
    case .own(let index): clause("own") { printer in printer.index(index) }
    case .borrow(let index): clause("borrow") { printer in printer.index(index) }
    case .stream(let element): clause("stream") { printer in printer.optionalValueType(element) }
    case .future(let element): clause("future") { printer in printer.optionalValueType(element) }
    case .map(let key, let value):
      clause("map") { printer in
        printer.valueType(key)
        printer.valueType(value)
      }
    }
  }

  private mutating func field(_ word: StaticString, _ field: Component.Field) {
    clause(word) { printer in
      printer.quoted(field.name)
      printer.valueType(field.type)
    }
  }

  // MARK: Definitions

  mutating func print(_ type: Component.TypeDefinition) {
    line("type") { printer in
      // The type itself is counted after what is in it, which has a scope of its own.
      printer.number(.type)
      switch type {
      case .defined(let type): printer.definedType(type)
      case .function(let type):
        printer.clause("func") { printer in
          if type.isAsync { printer.out.write(" async") }
          for parameter in type.parameters { printer.field("param", parameter) }
          if let result = type.result { printer.clause("result") { printer in printer.valueType(result) } }
        }
      case .component(let declarations): printer.clause("component") { printer in printer.print(declarations) }
      case .instance(let declarations): printer.clause("instance") { printer in printer.print(declarations) }
      case .resource(let type):
        printer.clause("resource") { printer in
          printer.out.write(" (rep ")
          printer.out.string(type.representation.description)
          printer.out.byte(UInt8(ascii: ")"))
          if let destructor = type.destructor {
            printer.clause("dtor") { printer in printer.reference(.core(.function), destructor) }
          }
        }
      }
    }
  }

  private mutating func print(_ declarations: [Component.Declaration]) {
    counts.append([:])
    level += 1
    for declaration in declarations {
      switch declaration.kind {
      case .coreType(let type): print(type, isInComponent: true)
      case .type(let type): print(type)
      case .alias(let alias): print(alias)
      case .import(let entry): print(entry)
      case .export(let name, let type):
        line("export") { printer in
          printer.name(name)
          printer.externType(type, isCounted: true)
        }
      }
    }
    level -= 1
    counts.removeLast()
    if !declarations.isEmpty { startLine() }
  }

  /// ` (sort type)`
  ///
  /// - Parameter isCounted: whether the type is that of a new definition, whose index is shown.
  mutating func externType(_ type: Component.ExternType, isCounted: Bool) {
    out.write(" (")
    out.string(type.sort.keyword)
    if isCounted { number(type.sort) }
    switch type {
    case .coreModule(let index), .function(let index), .component(let index), .instance(let index):
      clause("type") { printer in printer.index(index) }
    case .type(.equal(let index)), .value(.equal(let index)): clause("eq") { printer in printer.index(index) }
    case .type(.resource): out.write(" (sub resource)")
    case .value(.type(let type)): valueType(type)
    }
    out.byte(UInt8(ascii: ")"))
  }

  // MARK: Core types

  /// - Parameter isInComponent: whether the definition begins with `core`.
  mutating func print(_ type: Component.CoreType, isInComponent: Bool) {
    startLine()
    out.write(isInComponent ? "(core " : "(")
    switch type {
    case .group(let types) where types.count == 1:
      out.write("type")
      print(types[0])
    case .group(let types):
      out.write("rec")
      for type in types {
        out.write(" (type")
        print(type)
        out.byte(UInt8(ascii: ")"))
      }
    case .module(let declarations):
      out.write("type")
      number(.core(.type))
      clause("module") { printer in printer.print(declarations) }
    }
    out.byte(UInt8(ascii: ")"))
  }

  private mutating func print(_ type: SubType) {
    number(.core(.type))
    out.byte(UInt8(ascii: " "))
    out.string(WatPrinter.text(of: type))
  }

  private mutating func print(_ declarations: [Component.CoreDeclaration]) {
    counts.append([:])
    level += 1
    for declaration in declarations {
      switch declaration.kind {
      case .type(let type): print(type, isInComponent: false)
      case .outerAlias(let scopesOut, let index):
        line("alias outer") { printer in
          printer.index(scopesOut)
          printer.index(index)
          printer.out.write(" (type")
          printer.number(.core(.type))
          printer.out.byte(UInt8(ascii: ")"))
        }
      case .import(let module, let name, let type):
        line("import") { printer in
          printer.quoted(module)
          printer.quoted(name)
          printer.externalType(type)
        }
      case .export(let name, let type):
        line("export") { printer in
          printer.quoted(name)
          printer.externalType(type)
        }
      }
    }
    level -= 1
    counts.removeLast()
    if !declarations.isEmpty { startLine() }
  }

  private mutating func externalType(_ type: ExternalType) {
    out.byte(UInt8(ascii: " "))
    out.string(WatPrinter.text(of: type))
  }

  // MARK: Canonical definitions

  mutating func print(_ definition: Component.Canonical) {
    switch definition {
    case .lift(let function, let options, let type):
      line("func") { printer in
        printer.number(.function)
        printer.clause("type") { printer in printer.index(type) }
        printer.clause("canon lift") { printer in
          printer.reference(.core(.function), function)
          printer.print(options)
        }
      }
    case .lower(let function, let options):
      line("core func") { printer in
        printer.number(.core(.function))
        printer.clause("canon lower") { printer in
          printer.reference(.function, function)
          printer.print(options)
        }
      }
    case .builtIn(let builtIn, let immediates):
      line("core func") { printer in
        printer.number(.core(.function))
        printer.clause("canon ") { printer in
          printer.out.string(builtIn.row.name)
          for immediate in builtIn.row.immediates { printer.print(immediate, of: immediates) }
        }
      }
    }
  }

  private mutating func print(
    _ immediate: Component.BuiltIn.Immediate, of immediates: Component.Canonical.Immediates
  ) {
    switch immediate {
    case .type: index(immediates.type)
    case .options: print(immediates.options)
    case .memory: clause("memory") { printer in printer.index(immediates.memory) }
    case .coreType: index(immediates.coreType)
    case .table: index(immediates.table)
    case .result:
      if let result = immediates.result { clause("result") { printer in printer.valueType(result) } }
    case .slot:
      out.byte(UInt8(ascii: " "))
      out.string(immediates.valueType.description)
      index(immediates.slot)
    case .async, .cancellable, .shared:
      guard immediates.flag, let flag = immediate.flag else { return }
      out.byte(UInt8(ascii: " "))
      out.string(flag)
    }
  }

  private mutating func print(_ options: [Component.CanonicalOption]) {
    for option in options {
      switch option {
      case .encoding(let encoding):
        out.byte(UInt8(ascii: " "))
        out.string(encoding.keyword)
      case .memory(let index): clause("memory") { printer in printer.index(index) }
      case .realloc(let index): clause("realloc") { printer in printer.index(index) }
      case .postReturn(let index): clause("post-return") { printer in printer.index(index) }
      case .async: out.write(" async")
      case .callback(let index): clause("callback") { printer in printer.index(index) }
      }
    }
  }
}
