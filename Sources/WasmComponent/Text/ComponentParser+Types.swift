import WasmText
import WebAssembly

// Types. (Component model, "Type Definitions".) Types that are written inline are defined before the definition that uses them.
extension ComponentParser {
  /// A use of a value type.
  mutating func valueType() throws(ParseError) -> Component.ValueType {
    if let primitive = Component.PrimitiveType(keyword: word(cursor.current)) {
      try cursor.advance()
      return .primitive(primitive)
    }
    if isAtIndex { return .index(try index(.type)) }
    let start = cursor.current.start
    if isOpening("type") { return .index(try reference(orGroup: .type)) }
    let type = try nested { (parser) throws(ParseError) in try parser.definedType() }
    return .index(try defineType(.defined(type), nil, at: start))
  }

  /// Runs `body` one level deeper: value types nest.
  private mutating func nested<Result>(
    _ body: (inout ComponentParser) throws(ParseError) -> Result
  ) throws(ParseError) -> Result {
    guard valueDepth < ComponentLimits.typeDepth else {
      throw cursor.error("nesting too deep: expected at most \(ComponentLimits.typeDepth) types")
    }
    valueDepth += 1
    defer { valueDepth -= 1 }
    return try body(&self)
  }

  /// Adds a type definition to the scope.
  func defineType(_ type: Component.TypeDefinition, _ name: String?, at offset: Int) throws(ParseError) -> UInt32 {
    scope.append(type, at: offset)
    return try bind(name, .type)
  }

  private var isAtValueType: Bool { cursor.current.kind != .rightParenthesis && !isOpening("error") }

  private mutating func optionalValueType() throws(ParseError) -> Component.ValueType? {
    isAtValueType ? try valueType() : nil
  }

  private mutating func definedType() throws(ParseError) -> Component.DefinedType {
    if let primitive = Component.PrimitiveType(keyword: word(cursor.current)) {
      try cursor.advance()
      return .primitive(primitive)
    }
    guard cursor.current.kind == .leftParenthesis else { throw fail("a value type") }
    let keyword = word(cursor.following)
    guard Self.constructors.contains(keyword) else { throw fail("a value type") }
    try cursor.advance()
    try cursor.advance()
    let type: Component.DefinedType
    switch keyword {
    case "record":
      var fields: [Component.Field] = []
      while try open("field") {
        fields.append(Component.Field(try name(), try valueType()))
        try cursor.close()
      }
      type = .record(fields)
    case "variant":
      var cases: [Component.Case] = []
      while try open("case") {
        _ = try cursor.optionalIdentifier()
        cases.append(Component.Case(try name(), try optionalValueType()))
        try cursor.close()
      }
      type = .variant(cases)
    case "list":
      let element = try valueType()
      type = cursor.isNatural ? .fixedLengthList(element, try cursor.natural32("a length")) : .list(element)
    case "tuple":
      var types: [Component.ValueType] = []
      while isAtValueType { types.append(try valueType()) }
      type = .tuple(types)
    case "flags", "enum":
      var names: [String] = []
      while cursor.current.kind == .string { names.append(try name()) }
      type = keyword == "flags" ? .flags(names) : .enumeration(names)
    case "option": type = .option(try valueType())
    case "result":
      let ok = try optionalValueType()
      var error: Component.ValueType?
      if try open("error") {
        error = try valueType()
        try cursor.close()
      }
      type = .result(ok: ok, error: error)
    case "own": type = .own(try reference(orGroup: .type))
    case "borrow": type = .borrow(try reference(orGroup: .type))
    case "stream": type = .stream(try optionalValueType())
    case "future": type = .future(try optionalValueType())
    default: type = .map(key: try valueType(), value: try valueType())
    }
    try cursor.close()
    return type
  }

  private static let constructors: Set<String> = [
    "record", "variant", "list", "tuple", "flags", "enum", "option", "result", "own", "borrow", "stream", "future",
    "map",
  ]

  // MARK: Functions

  /// `async? (param …)* (result …)?`
  mutating func functionType() throws(ParseError) -> Component.FunctionType {
    let isAsync = try accept("async")
    var parameters: [Component.Field] = []
    while try open("param") {
      parameters.append(Component.Field(try name(), try valueType()))
      try cursor.close()
    }
    var result: Component.ValueType?
    if try open("result") {
      result = try valueType()
      try cursor.close()
    }
    return Component.FunctionType(isAsync: isAsync, parameters: parameters, result: result)
  }

  // MARK: Definitions

  /// What follows `(type $id? (export …)*`.
  mutating func typeDefinition() throws(ParseError) -> Component.TypeDefinition {
    if try open("func") { return .function(try closing { (parser) throws(ParseError) in try parser.functionType() }) }
    if try open("component") {
      return .component(try closing { (parser) throws(ParseError) in try parser.declarations(.componentType) })
    }
    if try open("instance") {
      return .instance(try closing { (parser) throws(ParseError) in try parser.declarations(.instanceType) })
    }
    if try open("resource") {
      return .resource(try closing { (parser) throws(ParseError) in try parser.resourceType() })
    }
    return .defined(try nested { (parser) throws(ParseError) in try parser.definedType() })
  }

  /// Reads something and the parenthesis after it.
  mutating func closing<Result>(
    _ body: (inout ComponentParser) throws(ParseError) -> Result
  ) throws(ParseError) -> Result {
    let result = try body(&self)
    try cursor.close()
    return result
  }

  private mutating func resourceType() throws(ParseError) -> Component.ResourceType {
    try expectOpen("rep")
    let representation = try coreValueType()
    try cursor.close()
    var destructor: UInt32?
    if try open("dtor") {
      destructor = try reference(orGroup: .core(.function))
      try cursor.close()
    }
    return Component.ResourceType(representation: representation, destructor: destructor)
  }

  mutating func coreValueType() throws(ParseError) -> WebAssembly.ValueType {
    let (type, end) = try scope.coreTypes.valueType(at: cursor.current.start)
    try cursor.move(to: end)
    return type
  }

  /// The declarations of a component or instance type.
  mutating func declarations(_ kind: TextScope.Kind) throws(ParseError) -> [Component.Declaration] {
    let inner = try enter(kind)
    defer { scopes.removeLast() }
    while cursor.current.kind == .leftParenthesis {
      let start = cursor.current.start
      if try open("core") {
        if isWord("type") || isWord("rec") { try coreTypeDefinition(at: start) } else { throw fail("'type'") }
      } else if try open("type") {
        let name = try cursor.optionalIdentifier()
        if try !aliasSugar(.type, name, at: start) { _ = try defineType(try typeDefinition(), name, at: start) }
      } else if try open("alias") {
        try alias(at: start)
      } else if kind == .componentType, try open("import") {
        let externName = try externName()
        let (type, id) = try externType()
        inner.append(Component.Import(name: externName, type: type), at: start)
        try bind(id, type.sort)
      } else if try open("export") {
        let externName = try externName()
        let (type, id) = try externType()
        inner.declarations.append(.init(.export(externName, type), offset: start))
        try bind(id, type.sort)
      } else {
        throw fail("a declaration")
      }
      try cursor.close()
    }
    return inner.declarations
  }

  // MARK: Types of imports and exports

  /// `(sort $id? type)`, and the identifier in it.
  mutating func externType() throws(ParseError) -> (Component.ExternType, id: String?) {
    guard cursor.current.kind == .leftParenthesis else { throw fail("a type") }
    let start = cursor.current.start
    try cursor.advance()
    let sort = try sort()
    let name = try cursor.optionalIdentifier()
    let type = try externType(sort, at: start)
    try cursor.close()
    return (type, name)
  }

  /// The type after a sort and identifier.
  mutating func externType(_ sort: Component.Sort, at start: Int) throws(ParseError) -> Component.ExternType {
    switch sort {
    case .type:
      if try open("eq") {
        let index = try reference(orGroup: .type)
        try cursor.close()
        return .type(.equal(index))
      }
      try expectOpen("sub")
      try expect("resource")
      try cursor.close()
      return .type(.resource)
    case .value:
      guard try open("eq") else { return .value(.type(try valueType())) }
      let index = try index(.value)
      try cursor.close()
      return .value(.equal(index))
    case .core(.module):
      if let index = try typeUse(.core(.type)) { return .coreModule(index) }
      let type = try moduleType()
      scope.append(Component.CoreType.module(type), at: start)
      let index = try bind(nil, .core(.type))
      scope.coreTypes.defineOther()
      return .coreModule(index)
    case .function:
      if let index = try typeUse(.type) { return .function(index) }
      return .function(try defineType(.function(try functionType()), nil, at: start))
    case .component:
      if let index = try typeUse(.type) { return .component(index) }
      return .component(try defineType(.component(try declarations(.componentType)), nil, at: start))
    case .instance:
      if let index = try typeUse(.type) { return .instance(index) }
      return .instance(try defineType(.instance(try declarations(.instanceType)), nil, at: start))
    case .core: throw fail("'module'")
    }
  }

  /// `(type index)`, if it is here and is not a declaration.
  mutating func typeUse(_ sort: Component.Sort) throws(ParseError) -> UInt32? {
    guard isOpening("type") else { return nil }
    let start = cursor.current.start
    try cursor.advance()
    try cursor.advance()
    guard isAtIndex else {
      try cursor.move(to: start)
      return nil
    }
    // A declaration has an identifier, and the type after it.
    if cursor.following.kind == .rightParenthesis || cursor.following.kind == .string {
      let index = try reference(sort)
      try cursor.close()
      return index
    }
    try cursor.move(to: start)
    return nil
  }

  // MARK: Core types

  /// What follows `(core`: `type $id? …` or `rec …`, without the closing parenthesis.
  mutating func coreTypeDefinition(at offset: Int) throws(ParseError) {
    if try accept("rec") { return try recursionGroup(at: offset) }
    try expect("type")
    let name = try cursor.optionalIdentifier()
    if try open("module") {
      let type = try moduleType()
      try cursor.close()
      scope.append(Component.CoreType.module(type), at: offset)
      try bind(name, .core(.type))
      scope.coreTypes.defineOther()
      return
    }
    // Bound first, since the type may refer to itself.
    let index = try bind(name, .core(.type))
    let (type, end) = try scope.coreTypes.type(at: cursor.current.start, index: Int(index))
    try cursor.move(to: end)
    scope.coreTypes.define([type])
    scope.append(Component.CoreType.group([type]), at: offset)
  }

  private mutating func recursionGroup(at offset: Int) throws(ParseError) {
    let start = cursor.current.start
    var first: UInt32?
    while try open("type") {
      let index = try bind(try cursor.optionalIdentifier(), .core(.type))
      first = first ?? index
      try cursor.skipRestOfGroup()
    }
    try cursor.move(to: start)
    var group: [SubType] = []
    while try open("type") {
      _ = try cursor.optionalIdentifier()
      let (type, end) = try scope.coreTypes.type(
        at: cursor.current.start, index: Int(first ?? 0) + group.count)
      try cursor.move(to: end)
      try cursor.close()
      group.append(type)
    }
    scope.coreTypes.define(group)
    scope.append(Component.CoreType.group(group), at: offset)
  }

  /// The declarations of a module type.
  mutating func moduleType() throws(ParseError) -> [Component.CoreDeclaration] {
    let inner = try enter(.moduleType)
    defer { scopes.removeLast() }
    while cursor.current.kind == .leftParenthesis {
      let start = cursor.current.start
      if isOpening("type") || isOpening("rec") {
        try cursor.advance()
        try coreTypeDefinition(at: start)
      } else if try open("alias") {
        try expect("outer")
        let scopesOut = try scopesOut()
        let index = try outerIndex(.core(.type), scopesOut)
        try expectOpen("type")
        let name = try cursor.optionalIdentifier()
        try cursor.close()
        inner.coreDeclarations.append(.init(.outerAlias(scopesOut: scopesOut, index: index), offset: start))
        try bind(name, .core(.type))
        inner.coreTypes.defineOther()
      } else if try open("import") {
        let module = try name()
        let name = try name()
        let type = try coreExternType(at: start)
        inner.coreDeclarations.append(.init(.import(module: module, name: name, type), offset: start))
      } else if try open("export") {
        let name = try name()
        let type = try coreExternType(at: start)
        inner.coreDeclarations.append(.init(.export(name: name, type), offset: start))
      } else {
        throw fail("a declaration")
      }
      try cursor.close()
    }
    return inner.coreDeclarations
  }

  /// The type of an import or export of a module; a function type that is written inline is declared before it.
  private mutating func coreExternType(at offset: Int) throws(ParseError) -> ExternalType {
    let count = scope.coreTypes.definitions.count
    let (type, end) = try scope.coreTypes.externalType(at: cursor.current.start)
    try cursor.move(to: end)
    for definition in scope.coreTypes.definitions[count...] {
      scope.append(Component.CoreType.group([definition]), at: offset)
      _ = scope.bind(nil, .core(.type))
    }
    return type
  }
}
