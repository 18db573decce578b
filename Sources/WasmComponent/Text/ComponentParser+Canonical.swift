import WasmText
import WebAssembly

// Canonical definitions. (Component model, "Canonical Definitions".)
extension ComponentParser {
  /// What follows `(canon`, without the closing parenthesis.
  mutating func canonicalField(at offset: Int) throws(ParseError) {
    guard try accept("lift") else { return try coreCanonical(nil, isInverted: false, at: offset) }
    let function = try reference(orGroup: .core(.function))
    let options = try canonicalOptions()
    let (type, id) = try externType()
    guard case .function(let index) = type else { throw fail("'(func'") }
    scope.append(Component.Canonical.lift(function: function, options: options, type: index), at: offset)
    try bind(id, .function)
  }

  /// What follows `(canon` of a definition of a core function.
  ///
  /// - Parameter isInverted: whether the definition is in the group of the core function, which has the identifier.
  mutating func coreCanonical(_ name: String?, isInverted: Bool, at offset: Int) throws(ParseError) {
    let definition: Component.Canonical
    if try accept("lower") {
      let function = try reference(orGroup: .function)
      definition = .lower(function: function, options: try canonicalOptions())
    } else {
      guard let builtIn = Component.BuiltIn(name: word(cursor.current)) else { throw fail("a canonical definition") }
      try cursor.advance()
      var immediates = Component.Canonical.Immediates()
      for immediate in builtIn.row.immediates { try read(immediate, into: &immediates) }
      definition = .builtIn(builtIn, immediates)
    }
    var name = name
    if !isInverted {
      try expectOpen("core")
      try expect("func")
      name = try cursor.optionalIdentifier()
      try cursor.close()
    }
    scope.append(definition, at: offset)
    try bind(name, .core(.function))
  }

  private mutating func read(
    _ immediate: Component.BuiltIn.Immediate, into immediates: inout Component.Canonical.Immediates
  ) throws(ParseError) {
    switch immediate {
    case .type: immediates.type = try reference(orGroup: .type)
    case .options: immediates.options = try canonicalOptions()
    case .memory:
      try expectOpen("memory")
      immediates.memory = try memory()
      try cursor.close()
    case .coreType: immediates.coreType = try reference(orGroup: .core(.type))
    case .table: immediates.table = try reference(orGroup: .core(.table))
    case .result:
      if try open("result") {
        immediates.result = try valueType()
        try cursor.close()
      }
    case .slot:
      immediates.valueType = try coreValueType()
      immediates.slot = try cursor.natural32("the number of a slot")
    case .async: immediates.flag = try accept("async")
    case .cancellable: immediates.flag = try accept("cancellable")
    case .shared: immediates.flag = try accept("shared")
    }
  }

  /// A memory after `(memory`; also an export of a core instance without a group around it.
  private mutating func memory() throws(ParseError) -> UInt32 {
    cursor.current.kind == .leftParenthesis
      ? try reference(orGroup: .core(.memory)) : try reference(.core(.memory))
  }

  /// A function after the word of its option.
  private mutating func optionFunction() throws(ParseError) -> UInt32 {
    let function =
      cursor.current.kind == .leftParenthesis
      ? try reference(orGroup: .core(.function)) : try reference(.core(.function))
    try cursor.close()
    return function
  }

  mutating func canonicalOptions() throws(ParseError) -> [Component.CanonicalOption] {
    var options: [Component.CanonicalOption] = []
    while true {
      let keyword = word(cursor.current)
      if let encoding = Component.StringEncoding.allCases.first(where: { $0.keyword == keyword }) {
        try cursor.advance()
        options.append(.encoding(encoding))
      } else if try accept("async") {
        options.append(.async)
      } else if try open("memory") {
        options.append(.memory(try memory()))
        try cursor.close()
      } else if try open("realloc") {
        options.append(.realloc(try optionFunction()))
      } else if try open("post-return") {
        options.append(.postReturn(try optionFunction()))
      } else if try open("callback") {
        options.append(.callback(try optionFunction()))
      } else {
        return options
      }
    }
  }
}
