import WasmBinary
import WasmText
import WebAssembly

// The definitions of a component. (Component model, "Component Definitions".)
extension ComponentParser {
  /// One definition.
  mutating func field() throws(ParseError) {
    let start = cursor.current.start
    if try open("core") {
      try coreField(at: start)
    } else if try open("component") {
      try componentField(at: start)
    } else if try open("instance") {
      try instanceField(at: start)
    } else if try open("alias") {
      try alias(at: start)
    } else if try open("type") {
      try typeField(at: start)
    } else if try open("func") {
      try functionField(at: start)
    } else if try open("canon") {
      try canonicalField(at: start)
    } else if try open("start") {
      try startField(at: start)
    } else if try open("value") {
      let name = try cursor.optionalIdentifier()
      let type = try valueType()
      try expectOpen("binary")
      var bytes: [UInt8] = []
      try cursor.strings(into: &bytes)
      try cursor.close()
      scope.append(Component.Value(type: type, bytes: bytes), at: start)
      try bind(name, .value)
    } else if try open("import") {
      let name = try externName()
      let (type, id) = try externType()
      scope.append(Component.Import(name: name, type: type), at: start)
      try bind(id, type.sort)
    } else if try open("export") {
      try exportField(at: start)
    } else {
      throw fail("a definition")
    }
    try cursor.close()
  }

  // MARK: Inline imports and exports

  /// `(export "name")`, any number of them.
  private mutating func inlineExports() throws(ParseError) -> [Component.ExternName] {
    var names: [Component.ExternName] = []
    // What follows an annotation belongs to the contents of the definition.
    while cursor.current.annotation < 0, isOpening("export") {
      let start = cursor.current.start
      _ = try open("export")
      guard cursor.current.kind == .string else {
        try cursor.move(to: start)
        return names
      }
      let name = try externName()
      guard cursor.current.kind == .rightParenthesis else {
        // An export of an instance that is made of definitions.
        try cursor.move(to: start)
        return names
      }
      try cursor.close()
      names.append(name)
    }
    return names
  }

  /// `(import "name")`, if it is here.
  private mutating func inlineImport() throws(ParseError) -> Component.ExternName? {
    let start = cursor.current.start
    guard cursor.current.annotation < 0, try open("import") else { return nil }
    guard cursor.current.kind == .string, case let name = try externName(), cursor.current.kind == .rightParenthesis
    else {
      // An import of the component or module that is defined.
      try cursor.move(to: start)
      return nil
    }
    try cursor.close()
    return name
  }

  /// Exports the definition under the names that were written in it.
  private func export(
    _ names: [Component.ExternName], _ sort: Component.Sort, _ index: UInt32, at offset: Int
  ) throws(ParseError) {
    for name in names {
      scope.append(Component.Export(name: name, value: .init(sort, index), type: nil), at: offset)
      try bind(nil, sort)
    }
  }

  private mutating func importField(
    _ importName: Component.ExternName, _ name: String?, _ exports: [Component.ExternName], _ sort: Component.Sort,
    at offset: Int
  ) throws(ParseError) {
    let type = try externType(sort, at: offset)
    scope.append(Component.Import(name: importName, type: type), at: offset)
    try export(exports, sort, try bind(name, sort), at: offset)
  }

  private mutating func exportField(at offset: Int) throws(ParseError) {
    let id = try cursor.optionalIdentifier()
    let name = try externName()
    let value = try sortIndex()
    var type: Component.ExternType?
    if cursor.current.kind == .leftParenthesis { type = try externType().0 }
    scope.append(Component.Export(name: name, value: value, type: type), at: offset)
    try bind(id, value.sort)
  }

  // MARK: Core definitions

  private mutating func coreField(at offset: Int) throws(ParseError) {
    if isWord("type") || isWord("rec") { return try coreTypeDefinition(at: offset) }
    if try accept("module") { return try coreModule(at: offset) }
    if try accept("instance") { return try coreInstance(at: offset) }
    if try accept("func") {
      let name = try cursor.optionalIdentifier()
      if try aliasSugar(.core(.function), name, at: offset) { return }
      try expectOpen("canon")
      try coreCanonical(name, isInverted: true, at: offset)
      return try cursor.close()
    }
    for sort in [Component.CoreSort.table, .memory, .global, .tag] where word(cursor.current) == sort.keyword {
      try cursor.advance()
      let name = try cursor.optionalIdentifier()
      guard try aliasSugar(.core(sort), name, at: offset) else { throw fail("'(alias'") }
      return
    }
    throw fail("a core definition")
  }

  private mutating func coreModule(at offset: Int) throws(ParseError) {
    let name = try cursor.optionalIdentifier()
    let exports = try inlineExports()
    if let importName = try inlineImport() {
      return try importField(importName, name, exports, .core(.module), at: offset)
    }
    if cursor.current.annotation < 0, try aliasSugar(.core(.module), name, at: offset) { return }
    let module: Module
    if isWord("binary") {
      try cursor.advance()
      var bytes: [UInt8] = []
      try cursor.strings(into: &bytes)
      module = try decode(bytes, at: offset)
    } else {
      let start = cursor.previousEnd
      try cursor.skipRestOfGroup()
      let end = cursor.previousEnd - 1
      let assembled = try assembleModule(
        script, range: start..<end, options: WatOptions(), recordsSourceMap: false, name: name)
      module = try decode(assembled.bytes, at: offset)
      try cursor.move(to: end)
    }
    scope.sections.append(.init(.coreModule(.init(module, start: nil)), offset: offset))
    try export(exports, .core(.module), try bind(name, .core(.module)), at: offset)
  }

  private func decode(_ bytes: [UInt8], at offset: Int) throws(ParseError) -> Module {
    do throws(DecodingError) { return try Decoder.decode(bytes) } catch { throw cursor.error("\(error)", at: offset) }
  }

  private mutating func coreInstance(at offset: Int) throws(ParseError) {
    let name = try cursor.optionalIdentifier()
    guard try open("instantiate") else {
      scope.append(.exports(try coreExports()), at: offset)
      try bind(name, .core(.instance))
      return
    }
    let module = try reference(orGroup: .core(.module))
    var arguments: [Component.CoreInstance.Argument] = []
    while try open("with") {
      let start = cursor.current.start
      let argument = try self.name()
      try expectOpen("instance")
      let instance: UInt32
      if isAtIndex {
        instance = try index(.core(.instance))
      } else {
        scope.append(.exports(try coreExports()), at: start)
        instance = try bind(nil, .core(.instance))
      }
      try cursor.close()
      try cursor.close()
      arguments.append(.init(name: argument, instance: instance))
    }
    try cursor.close()
    scope.append(.instantiate(module: module, arguments: arguments), at: offset)
    try bind(name, .core(.instance))
  }

  private mutating func coreExports() throws(ParseError) -> [Component.CoreInstance.Export] {
    var exports: [Component.CoreInstance.Export] = []
    while try open("export") {
      let name = try name()
      guard cursor.current.kind == .leftParenthesis else { throw fail("'('") }
      try cursor.advance()
      let keyword = word(cursor.current)
      guard let sort = Component.CoreSort.allCases.first(where: { $0.keyword == keyword }) else { throw fail("a sort") }
      try cursor.advance()
      let index = try reference(.core(sort))
      try cursor.close()
      try cursor.close()
      exports.append(.init(name: name, sort: sort, index: index))
    }
    return exports
  }

  // MARK: Components and instances

  private mutating func componentField(at offset: Int) throws(ParseError) {
    let name = try cursor.optionalIdentifier()
    let exports = try inlineExports()
    if let importName = try inlineImport() {
      return try importField(importName, name, exports, .component, at: offset)
    }
    // The definition of a component can begin with an alias, too.
    let component = try body(name, at: offset)
    scope.sections.append(.init(.component(component), offset: offset))
    try export(exports, .component, try bind(name, .component), at: offset)
  }

  private mutating func instanceField(at offset: Int) throws(ParseError) {
    let name = try cursor.optionalIdentifier()
    let exports = try inlineExports()
    if let importName = try inlineImport() {
      return try importField(importName, name, exports, .instance, at: offset)
    }
    if isOpening("alias"), try aliasSugar(.instance, name, at: offset) { return }
    guard try open("instantiate") else {
      scope.append(Component.Instance.exports(try instanceExports()), at: offset)
      return try export(exports, .instance, try bind(name, .instance), at: offset)
    }
    let component = try reference(orGroup: .component)
    var arguments: [Component.Instance.Argument] = []
    while try open("with") {
      let start = cursor.current.start
      let argument = try self.name()
      arguments.append(.init(name: argument, value: try argumentValue(at: start)))
      try cursor.close()
    }
    try cursor.close()
    scope.append(Component.Instance.instantiate(component: component, arguments: arguments), at: offset)
    try export(exports, .instance, try bind(name, .instance), at: offset)
  }

  /// `(sort index)`, or an instance that is written inline.
  private mutating func argumentValue(at offset: Int) throws(ParseError) -> Component.SortIndex {
    guard isOpening("instance") else { return try sortIndex() }
    _ = try open("instance")
    let index: UInt32
    if isAtIndex {
      index = try reference(.instance)
    } else {
      scope.append(Component.Instance.exports(try instanceExports()), at: offset)
      index = try bind(nil, .instance)
    }
    try cursor.close()
    return .init(.instance, index)
  }

  private mutating func instanceExports() throws(ParseError) -> [Component.Instance.InlineExport] {
    var exports: [Component.Instance.InlineExport] = []
    while try open("export") {
      let name = try externName()
      exports.append(.init(name: name, value: try sortIndex()))
      try cursor.close()
    }
    return exports
  }

  // MARK: Types and start

  private mutating func typeField(at offset: Int) throws(ParseError) {
    let name = try cursor.optionalIdentifier()
    let exports = try inlineExports()
    if try aliasSugar(.type, name, at: offset) { return }
    let definition = try typeDefinition()
    try export(exports, .type, try defineType(definition, name, at: offset), at: offset)
  }

  private mutating func startField(at offset: Int) throws(ParseError) {
    let function = try reference(orGroup: .function)
    var arguments: [UInt32] = []
    while try open("value") {
      arguments.append(try index(.value))
      try cursor.close()
    }
    var results: [String?] = []
    while try open("result") {
      try expectOpen("value")
      results.append(try cursor.optionalIdentifier())
      try cursor.close()
      try cursor.close()
    }
    let start = Component.Start(function: function, arguments: arguments, resultCount: UInt32(results.count))
    scope.sections.append(.init(.start(start), offset: offset))
    for result in results { try bind(result, .value) }
  }

  // MARK: Functions

  private mutating func functionField(at offset: Int) throws(ParseError) {
    let name = try cursor.optionalIdentifier()
    let exports = try inlineExports()
    if let importName = try inlineImport() {
      return try importField(importName, name, exports, .function, at: offset)
    }
    if isOpening("alias") {
      let start = cursor.current.start
      try cursor.advance()
      try cursor.advance()
      let alias = try aliasTarget(.function)
      try cursor.close()
      return try export(exports, .function, try defineAlias(alias, name, at: start), at: offset)
    }
    let type: UInt32
    if let index = try typeUse(.type) {
      type = index
    } else {
      type = try defineType(.function(try functionType()), nil, at: offset)
    }
    try expectOpen("canon")
    try expect("lift")
    let function = try reference(orGroup: .core(.function))
    let options = try canonicalOptions()
    try cursor.close()
    scope.append(Component.Canonical.lift(function: function, options: options, type: type), at: offset)
    try export(exports, .function, try bind(name, .function), at: offset)
  }

  // MARK: Aliases

  /// What follows `(alias`, without the closing parenthesis.
  mutating func alias(at offset: Int) throws(ParseError) {
    if try accept("export") {
      let instance = try index(.instance)
      let name = try name()
      let (sort, id) = try aliasSort()
      try defineAlias(.export(sort, instance: instance, name: name), id, at: offset)
    } else if try accept("core") {
      try expect("export")
      let instance = try index(.core(.instance))
      let name = try name()
      let (sort, id) = try aliasSort()
      guard case .core(let core) = sort else { throw fail("a core sort") }
      try defineAlias(.coreExport(core, instance: instance, name: name), id, at: offset)
    } else {
      try expect("outer")
      let scopesOut = try scopesOut()
      // The sort, which comes last, decides what the identifier means.
      let start = cursor.current.start
      try cursor.advance()
      let (sort, id) = try aliasSort()
      let end = cursor.previousEnd
      try cursor.move(to: start)
      let index = try outerIndex(sort, scopesOut)
      try cursor.move(to: end)
      try defineAlias(.outer(sort, scopesOut: scopesOut, index: index), id, at: offset)
    }
  }

  /// `(sort $id?)`
  private mutating func aliasSort() throws(ParseError) -> (Component.Sort, id: String?) {
    guard cursor.current.kind == .leftParenthesis else { throw fail("'('") }
    try cursor.advance()
    let sort = try sort()
    let id = try cursor.optionalIdentifier()
    try cursor.close()
    return (sort, id)
  }

  /// How many scopes out: a number, or the identifier of a component.
  mutating func scopesOut() throws(ParseError) -> UInt32 {
    let start = cursor.current.start
    guard let name = try cursor.optionalIdentifier() else { return try cursor.natural32("a number of scopes") }
    guard let distance = scopes.reversed().firstIndex(where: { $0.name == name }).map({ scopes.count - $0.base }) else {
      throw cursor.error("outer component `\(name)` not found", at: start)
    }
    return UInt32(distance)
  }

  /// An index of a scope around this one.
  mutating func outerIndex(_ sort: Component.Sort, _ scopesOut: UInt32) throws(ParseError) -> UInt32 {
    let start = cursor.current.start
    guard let name = try cursor.optionalIdentifier() else { return try cursor.natural32("an index") }
    guard Int(scopesOut) < scopes.count,
      let index = scopes[scopes.count - 1 - Int(scopesOut)].index(of: name, sort)
    else { throw cursor.error("unknown \(sort.keyword): failed to find name `$\(name)`", at: start) }
    return index
  }

  /// `(alias export …)` and the like inside a definition, if it is here.
  mutating func aliasSugar(
    _ sort: Component.Sort, _ name: String?, at offset: Int
  ) throws(ParseError) -> Bool {
    guard try open("alias") else { return false }
    let alias = try aliasTarget(sort)
    try cursor.close()
    try defineAlias(alias, name, at: offset)
    return true
  }

  private mutating func aliasTarget(_ sort: Component.Sort) throws(ParseError) -> Component.Alias {
    if try accept("export") { return .export(sort, instance: try index(.instance), name: try name()) }
    if case .core(let core) = sort, try accept("core") {
      try expect("export")
      return .coreExport(core, instance: try index(.core(.instance)), name: try name())
    }
    try expect("outer")
    let scopesOut = try scopesOut()
    return .outer(sort, scopesOut: scopesOut, index: try outerIndex(sort, scopesOut))
  }
}
