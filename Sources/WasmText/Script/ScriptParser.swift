import WebAssembly

/// Parses `.wast` scripts. (WebAssembly/spec, `interpreter/README.md`, "Scripts".)
public enum ScriptParser {
  /// Parses a script into commands. Its modules are kept as text, and errors in them are reported when their commands
  /// run.
  ///
  /// ```swift
  /// let commands = try ScriptParser.parse(script)
  /// for command in commands { print(command.location) }
  /// ```
  ///
  /// A text that contains only the fields of a module is a script with one module.
  ///
  /// - Throws: `ParseError` if a command is malformed.
  /// - Complexity: O(length of the script).
  public static func parse(_ script: [UInt8]) throws(ParseError) -> [ScriptCommand] {
    try script.withUnsafeBufferPointer { (buffer) throws(ParseError) in
      try checkUTF8(buffer, 0..<buffer.count)
      var reader = ScriptReader(script: script, cursor: try TokenCursor(buffer, range: 0..<buffer.count))
      return try reader.commands()
    }
  }

  /// Parses a script into commands, as ``parse(_:)-([UInt8])``.
  public static func parse(_ script: String) throws(ParseError) -> [ScriptCommand] { try parse(Array(script.utf8)) }
}

extension ScriptModule {
  /// The module, which is no component, in the binary format: assembled from text, or the bytes in the script.
  ///
  /// - Throws: `ParseError` if the text is malformed. Lines are counted from the beginning of the script, or of the
  ///   quoted text.
  public func bytes(options: WatOptions = WatOptions()) throws(ParseError) -> [UInt8] {
    switch source {
    case .text(let script, let range):
      try assembleModule(script, range: range, options: options, recordsSourceMap: false).bytes
    case .binary(let bytes): bytes
    case .quote(let text): try assemble(text, options: options)
    }
  }
}

/// Parses the commands of a script.
struct ScriptReader {
  let script: [UInt8]
  var cursor: TokenCursor
  private var lines: LocationCounter
  /// The number of nested `thread` commands around the current one.
  private var depth = 0

  private static let maximumDepth = 64

  init(script: [UInt8], cursor: TokenCursor) {
    self.script = script
    self.cursor = cursor
    // Annotations belong to modules, which are assembled later.
    self.cursor.reportsAnnotations = false
    lines = LocationCounter(cursor.text)
  }

  mutating func commands() throws(ParseError) -> [ScriptCommand] {
    try cursor.move(to: 0)
    if isAtField {
      let module = ScriptModule(name: nil, source: .text(script: script, range: 0..<script.count), line: 1)
      return [ScriptCommand(.module(module), at: TextLocation(line: 1, column: 1))]
    }
    let commands = try commandList()
    guard cursor.isAtEnd else { throw cursor.unexpected("a command") }
    return commands
  }

  /// Whether a field of a module starts here, rather than a command.
  private var isAtField: Bool {
    guard cursor.current.kind == .leftParenthesis else { return false }
    return switch cursor.following.keyword {
    case .type, .rec, .import, .func, .table, .memory, .tag, .global, .export, .start, .elem, .data: true
    default: false
    }
  }

  /// The line of the current token.
  private mutating func line() -> Int { lines.location(of: cursor.current.start).line }

  private mutating func commandList() throws(ParseError) -> [ScriptCommand] {
    var commands: [ScriptCommand] = []
    while cursor.current.kind == .leftParenthesis {
      let location = lines.location(of: cursor.current.start)
      commands.append(ScriptCommand(try command(), at: location))
    }
    return commands
  }

  // MARK: Commands

  private mutating func command() throws(ParseError) -> ScriptCommand.Kind {
    switch cursor.following.keyword {
    case .module, .component: return try moduleCommand()
    case .register: return try register()
    case .invoke, .get: return .action(try action())
    case .thread: return try thread()
    case .wait:
      _ = try cursor.open(.wait)
      let name = try cursor.optionalIdentifier()
      try cursor.close()
      return .wait(thread: name)
    default: return try assertion()
    }
  }

  private mutating func register() throws(ParseError) -> ScriptCommand.Kind {
    _ = try cursor.open(.register)
    let name = try name()
    let instance = try cursor.optionalIdentifier()
    try cursor.close()
    return .register(name: name, instance: instance)
  }

  private mutating func thread() throws(ParseError) -> ScriptCommand.Kind {
    guard depth < Self.maximumDepth else {
      throw cursor.error("nesting is too deep: expected at most \(Self.maximumDepth) threads")
    }
    depth += 1
    defer { depth -= 1 }
    _ = try cursor.open(.thread)
    let name = try cursor.optionalIdentifier()
    var shared: [ScriptCommand.SharedModule] = []
    while try cursor.open(.shared) {
      try cursor.expectOpen(.module)
      guard let module = try cursor.optionalIdentifier() else { throw cursor.unexpected("an identifier") }
      try cursor.close()
      try cursor.close()
      shared.append(ScriptCommand.SharedModule(name: module))
    }
    let commands = try commandList()
    try cursor.close()
    return .thread(name: name, shared: shared, commands: commands)
  }

  private mutating func assertion() throws(ParseError) -> ScriptCommand.Kind {
    let keyword = cursor.following.keyword
    guard cursor.current.kind == .leftParenthesis, Self.assertions.contains(keyword) else {
      throw cursor.unexpected("a command")
    }
    _ = try cursor.open(keyword)
    let result = try assertionBody(keyword)
    try cursor.close()
    return result
  }

  private static let assertions: Set<Keyword> = [
    .assertReturn, .assertTrap, .assertExhaustion, .assertException, .assertMalformed, .assertInvalid,
    .assertUnlinkable, .assertMalformedCustom, .assertInvalidCustom,
  ]

  private mutating func assertionBody(_ keyword: Keyword) throws(ParseError) -> ScriptCommand.Kind {
    switch keyword {
    case .assertReturn:
      let action = try action()
      var results: [ScriptResult] = []
      while cursor.current.kind == .leftParenthesis { results.append(try result()) }
      return .assertReturn(action, results)
    case .assertTrap where cursor.isOpening(.module) || cursor.isOpening(.component):
      if let definition = try instantiatedDefinition() {
        return .assertTrapOfDefinition(definition.name, message: try name())
      }
      return .assertTrapOnInstantiation(try module().module, message: try name())
    case .assertTrap: return .assertTrap(try action(), message: try name())
    case .assertExhaustion: return .assertExhaustion(try action(), message: try name())
    case .assertException: return .assertException(try action())
    case .assertMalformed: return .assertMalformed(try module().module, message: try name())
    case .assertInvalid: return .assertInvalid(try module().module, message: try name())
    case .assertUnlinkable:
      if let definition = try instantiatedDefinition() {
        return .assertUnlinkableDefinition(definition.name, message: try name())
      }
      return .assertUnlinkable(try module().module, message: try name())
    case .assertMalformedCustom: return .assertMalformedCustom(try module().module, message: try name())
    default: return .assertInvalidCustom(try module().module, message: try name())
    }
  }

  /// A string that must be UTF-8, such as a name or message.
  private mutating func name() throws(ParseError) -> String { String(decoding: try cursor.name(), as: UTF8.self) }

  // MARK: Modules

  private mutating func moduleCommand() throws(ParseError) -> ScriptCommand.Kind {
    if let (name, definition) = try moduleInstance() {
      return .moduleInstance(name: name, definition: definition)
    }
    let (module, isDefinition) = try module()
    return isDefinition ? .moduleDefinition(module) : .module(module)
  }

  /// `(module instance $instance? $definition?)`, or the same of a component, if it is here.
  private mutating func moduleInstance() throws(ParseError) -> (name: String?, definition: String?)? {
    let start = cursor.current.start
    let isOpen = cursor.isOpening(.component) ? try cursor.open(.component) : try cursor.open(.module)
    guard isOpen, try cursor.accept(.instance) else {
      try cursor.move(to: start)
      return nil
    }
    let name = try cursor.optionalIdentifier()
    let definition = try cursor.optionalIdentifier()
    try cursor.close()
    return (name, definition)
  }

  /// The definition that `(module instance …)` in an assertion instantiates, by default the last one. A single
  /// identifier elsewhere names the instance; in an assertion, which creates no instance that could be named, it names
  /// the definition.
  private mutating func instantiatedDefinition() throws(ParseError) -> (name: String?, isLast: Bool)? {
    guard let (name, definition) = try moduleInstance() else { return nil }
    return (definition ?? name, definition == nil && name == nil)
  }

  /// A module, and whether it is marked with `definition`.
  private mutating func module() throws(ParseError) -> (module: ScriptModule, isDefinition: Bool) {
    let line = line()
    let start = cursor.current.start
    let isComponent = try cursor.open(.component)
    if !isComponent { try cursor.expectOpen(.module, "a module") }
    let isDefinition = try cursor.accept(.definition)
    let name = try cursor.optionalIdentifier()
    let keyword = cursor.current.keyword
    guard keyword == .binary || keyword == .quote else {
      // The fields are parsed when the module is needed. Without the word `definition` they are a module by themselves; those of a
      // component are always without the word.
      let bodyStart = cursor.previousEnd
      try cursor.skipRestOfGroup()
      let range = isDefinition || isComponent ? bodyStart..<cursor.previousEnd - 1 : start..<cursor.previousEnd
      let source = ScriptModule.Source.text(script: script, range: range)
      return (ScriptModule(name: name, source: source, line: line, isComponent: isComponent), isDefinition)
    }
    try cursor.advance()
    var contents: [UInt8] = []
    try cursor.strings(into: &contents)
    try cursor.close()
    let source: ScriptModule.Source = keyword == .binary ? .binary(contents) : .quote(contents)
    return (ScriptModule(name: name, source: source, line: line, isComponent: isComponent), isDefinition)
  }

  // MARK: Actions

  private mutating func action() throws(ParseError) -> ScriptAction {
    let line = line()
    if try cursor.open(.get) {
      let instance = try cursor.optionalIdentifier()
      let name = try name()
      try cursor.close()
      return ScriptAction(instance: instance, name: name, kind: .get, line: line)
    }
    try cursor.expectOpen(.invoke, "an action")
    let instance = try cursor.optionalIdentifier()
    let name = try name()
    var arguments: [ScriptValue] = []
    while cursor.current.kind == .leftParenthesis { arguments.append(try value()) }
    try cursor.close()
    return ScriptAction(instance: instance, name: name, kind: .invoke(arguments), line: line)
  }
}

/// Counts the lines and columns of a text incrementally, so that all queries together cost one pass.
private struct LocationCounter {
  private let text: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var line = 1
  private var column = 1

  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  /// The location of an offset, which must not be before that of the previous query.
  mutating func location(of offset: Int) -> TextLocation {
    while position < min(offset, text.count) {
      let byte = text[position]
      position += 1
      if byte == 0x0A || (byte == 0x0D && (position >= text.count || text[position] != 0x0A)) {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        // Continuation bytes of UTF-8 do not count.
        column += 1
      }
    }
    return TextLocation(line: line, column: column)
  }
}
