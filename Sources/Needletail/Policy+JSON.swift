import WebAssembly

/// A policy's JSON is malformed.
public struct PolicyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  public var line: Int
  /// The column, counted from 1 in bytes.
  public var column: Int
  /// What is wrong. For a member of the wrong type it begins with the member: `memory.read: …`.
  public var message: String

  /// `LINE:COLUMN: message`, on one line.
  public var description: String { "\(line):\(column): \(message)" }
}

// The names of members are those of ``PolicyViolation/Rule``.
extension Policy {
  /// The largest JSON that is read, in bytes.
  public static let maximumJSONByteCount = 64 << 20

  /// Reads a policy from JSON. Members that are left out allow everything.
  ///
  /// ```json
  /// {
  ///   "imports": {"wasi_snapshot_preview1": ["fd_*", "proc_exit"], "env": ["log"]},
  ///   "exports": ["*"],
  ///   "memory": {"grow": false},
  ///   "limits": {"memory": "64MiB", "time": "2s"}
  /// }
  /// ```
  ///
  /// - Parameter json: the text in UTF-8.
  /// - Throws: ``PolicyError`` for malformed JSON, an unknown member, and a member of the wrong type.
  /// - Complexity: O(length).
  public init(json: [UInt8]) throws(PolicyError) {
    guard json.count <= Self.maximumJSONByteCount else {
      let (limit, found) = (ByteCount.format(Self.maximumJSONByteCount), ByteCount.format(json.count))
      throw PolicyError(line: 1, column: 1, message: "expected at most \(limit), found \(found)")
    }
    let value: JSONText
    do throws(JSONReader.Fault) { value = try JSONReader.read(json) } catch {
      throw PolicyError(line: error.line, column: error.column, message: error.message)
    }
    do throws(Misfit) { try self.init(value) } catch {
      let (line, column) = JSONReader.place(of: error.place.steps, in: json)
      throw PolicyError(line: line, column: column, message: error.message)
    }
  }

  private init(_ value: JSONText) throws(Misfit) {
    self.init()
    var members = try Members(value, at: Place())
    if let imports = members.take("imports") { allowedImports = try Self.imports(imports, at: Place("imports")) }
    if let denied = members.take("deniedImports") {
      deniedImports = try Self.imports(denied, at: Place("deniedImports"))
    }
    if let exports = members.take("exports") {
      allowedExports = try Self.strings(exports, at: Place("exports")).map { NamePattern($0) }
    }
    if let denied = members.take("deniedExports") {
      deniedExports = try Self.strings(denied, at: Place("deniedExports")).map { NamePattern($0) }
    }
    canCallHost = try members.takeBool("hostCalls") ?? true
    canUseThreads = try members.takeBool("threads") ?? true
    if var memory = try members.takeObject("memory") {
      canReadMemory = try memory.takeBool("read") ?? true
      canWriteMemory = try memory.takeBool("write") ?? true
      canGrowMemory = try memory.takeBool("grow") ?? true
      canImportMemory = try memory.takeBool("import") ?? true
      canExportMemory = try memory.takeBool("export") ?? true
      try memory.end()
    }
    if let features = members.take("features") { self.features = try Self.features(features) }
    if var limits = try members.takeObject("limits") {
      self.limits.totalByteCount = try limits.takeByteCount("total")
      self.limits.memoryByteCount = try limits.takeByteCount("memory")
      self.limits.tableElementCount = try limits.takeCount("tableElements")
      self.limits.heapByteCount = try limits.takeByteCount("heap")
      self.limits.fuel = try limits.takeCount("fuel")
      self.limits.time = try limits.takeDuration("time")
      try limits.end()
    }
    try members.end()
  }

  private static func imports(_ value: JSONText, at place: Place) throws(Misfit) -> [ImportPattern] {
    guard case .object(let modules) = value else {
      throw Misfit(
        place, "an object such as {\"env\": [\"log\"]}, with the names to allow for each module's name", value)
    }
    var patterns: [ImportPattern] = []
    for (module, names) in modules {
      for name in try strings(names, at: place.member(module)) {
        patterns.append(ImportPattern(NamePattern(module), NamePattern(name)))
      }
    }
    return patterns
  }

  private static func strings(_ value: JSONText, at place: Place) throws(Misfit) -> [String] {
    guard case .array(let values) = value else { throw Misfit(place, "an array of strings", value) }
    var strings: [String] = []
    for (index, value) in values.enumerated() {
      guard case .string(let text) = value else { throw Misfit(place.element(index), "an array of strings", value) }
      strings.append(text)
    }
    return strings
  }

  private static func features(_ value: JSONText) throws(Misfit) -> Features {
    var features: Features = []
    let place = Place("features")
    for (index, name) in try strings(value, at: place).enumerated() {
      guard let row = Features.names.first(where: { $0.name == name }) else {
        let hint = Suggestion.question(for: name, among: Features.names.map(\.name))
        throw Misfit(place.element(index), message: "features: unknown feature '\(name.printable)'\(hint)")
      }
      features.insert(row.feature)
    }
    return features
  }

  /// The policy as JSON, as ``init(json:)`` reads it, with all members that restrict something.
  ///
  /// - Complexity: O(length).
  public var json: String { jsonValue.formatted() + "\n" }

  private var jsonValue: JSONText {
    var members: [(name: String, value: JSONText)] = []
    func add(_ name: String, _ value: JSONText?) { if let value { members.append((name, value)) } }
    add("imports", allowedImports.map(Self.json))
    add("deniedImports", deniedImports.isEmpty ? nil : Self.json(deniedImports))
    add("exports", allowedExports.map(Self.json))
    add("deniedExports", deniedExports.isEmpty ? nil : Self.json(deniedExports))
    add("hostCalls", canCallHost ? nil : .bool(false))
    let memory = [
      ("read", canReadMemory), ("write", canWriteMemory), ("grow", canGrowMemory), ("import", canImportMemory),
      ("export", canExportMemory),
    ].filter { !$0.1 }.map { (name: $0.0, value: JSONText.bool(false)) }
    add("memory", memory.isEmpty ? nil : .object(memory))
    add("threads", canUseThreads ? nil : .bool(false))
    add(
      "features",
      features.map { set in .array(Features.names.filter { set.contains($0.feature) }.map { .string($0.name) }) })
    let limits = self.limits.json
    add("limits", limits.isEmpty ? nil : .object(limits))
    return .object(members)
  }

  private static func json(_ patterns: [NamePattern]) -> JSONText { .array(patterns.map { .string($0.text) }) }

  /// One member for each module.
  private static func json(_ patterns: [ImportPattern]) -> JSONText {
    var members: [(name: String, value: [JSONText])] = []
    var positions: [ExactName: Int] = [:]
    for pattern in patterns {
      let module = pattern.module.text
      let position = positions[ExactName(module)] ?? members.count
      if position == members.count {
        positions[ExactName(module)] = position
        members.append((module, []))
      }
      members[position].value.append(.string(pattern.name.text))
    }
    return .object(members.map { ($0.name, .array($0.value)) })
  }

  /// A part of the JSON.
  private struct Place {
    var steps: [JSONReader.Step] = []

    init() {}
    init(_ name: String) { steps = [.member(name)] }

    func member(_ name: String) -> Place { adding(.member(name)) }
    func name(_ name: String) -> Place { adding(.name(name)) }
    func element(_ index: Int) -> Place { adding(.element(index)) }

    private func adding(_ step: JSONReader.Step) -> Place {
      var place = self
      place.steps.append(step)
      return place
    }

    /// The names of the members on the way, with dots between them.
    var text: String {
      let names = steps.compactMap { step in
        switch step {
        case .member(let name), .name(let name): name.printable
        case .element: nil
        }
      }
      return names.isEmpty ? "the policy" : names.joined(separator: ".")
    }
  }

  /// A part of the JSON has the wrong type or value.
  private struct Misfit: Error {
    var place: Place
    var message: String

    init(_ place: Place, message: String) { (self.place, self.message) = (place, message) }

    init(_ place: Place, _ expected: String, _ found: JSONText) {
      let text = found.text
      let shown = text.utf8.count > 40 ? "\(text.prefix(40))…" : text
      self.init(place, message: "\(place.text): expected \(expected), found \(shown.printable)")
    }
  }

  /// The members of an object that were not read yet.
  private struct Members {
    private let place: Place
    private var rest: [(name: String, value: JSONText)]
    private var known: [String] = []

    init(_ value: JSONText, at place: Place) throws(Misfit) {
      guard case .object(let members) = value else { throw Misfit(place, "an object", value) }
      self.place = place
      rest = members
    }

    mutating func take(_ name: String) -> JSONText? {
      known.append(name)
      return rest.firstIndex { $0.name == name }.map { rest.remove(at: $0).value }
    }

    mutating func takeObject(_ name: String) throws(Misfit) -> Members? {
      guard let value = take(name) else { return nil }
      return try Members(value, at: place.member(name))
    }

    mutating func takeBool(_ name: String) throws(Misfit) -> Bool? {
      guard let value = take(name) else { return nil }
      guard case .bool(let flag) = value else { throw Misfit(place.member(name), "true or false", value) }
      return flag
    }

    mutating func takeCount(_ name: String) throws(Misfit) -> UInt64? {
      guard let value = take(name) else { return nil }
      guard case .number(let number) = value, let count = UInt64(exactly: number) else {
        throw Misfit(place.member(name), "a whole number", value)
      }
      return count
    }

    mutating func takeByteCount(_ name: String) throws(Misfit) -> UInt64? {
      guard let value = take(name) else { return nil }
      var expected = "a size, such as 65536 or \"64MiB\" (with \(ByteCount.unitNames))"
      switch value {
      case .number(let number): if let count = UInt64(exactly: number) { return count }
      case .string(let text):
        switch ByteCount.read(text) {
        case .byteCount(let count): return count
        case .tooLarge: expected = ByteCount.bound
        case .malformed: break
        }
      default: break
      }
      throw Misfit(place.member(name), expected, value)
    }

    mutating func takeDuration(_ name: String) throws(Misfit) -> Duration? {
      guard let value = take(name) else { return nil }
      var expected = "a time with a unit (ms, s, m or h), such as \"500ms\""
      if case .string(let text) = value {
        switch Duration.read(text) {
        case .duration(let duration): return duration
        case .outOfRange: expected = Duration.bounds
        case .malformed: break
        }
      }
      throw Misfit(place.member(name), expected, value)
    }

    /// - Throws: if there are members that were not read.
    func end() throws(Misfit) {
      guard let name = rest.first?.name else { return }
      let place = place.name(name)
      let hint = Suggestion.question(for: name, among: known)
      let rest = hint.isEmpty ? "; the members here are \(known.joined(separator: ", "))" : hint
      throw Misfit(place, message: "unknown member '\(place.text)'\(rest)")
    }
  }
}

extension Policy.Limits {
  fileprivate var json: [(name: String, value: JSONText)] {
    var members: [(name: String, value: JSONText)] = []
    func add(_ name: String, _ count: UInt64?) {
      // JSON's numbers are read as signed; a limit that large is none.
      if let count { members.append((name, .number(Int(clamping: count)))) }
    }
    add("total", totalByteCount)
    add("memory", memoryByteCount)
    add("tableElements", tableElementCount)
    add("heap", heapByteCount)
    add("fuel", fuel)
    if let time {
      let (seconds, attoseconds) = time.components
      // In whole nanoseconds, of which there is at least one.
      let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
      let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
      let longest: Int64 = 1_000_000_000_000_000_000
      let nanoseconds = overflow || sumOverflow ? (seconds < 0 ? 1 : longest) : min(max(sum, 1), longest)
      let (whole, part) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
      let digits = String(part + 1_000_000).dropFirst()
      members.append(("time", .string(part == 0 ? "\(whole)ms" : "\(whole).\(digits)ms")))
    }
    return members
  }
}
