/// The name of an import or export by the grammar. (Component model, "Import and Export Definitions".)
public enum ParsedName: Hashable, Sendable {
  case label(String)
  case constructor(resource: String)
  case method(resource: String, name: String)
  case staticFunction(resource: String, name: String)
  /// `namespace:package/projection@version`. The version is as written.
  case interface(namespace: String, package: String, projection: String, version: String?)

  /// What is wrong with a name, in the words of the component model's suite.
  public struct Malformed: Error, Hashable, Sendable {
    public var message: String
  }

  /// Parses a whole name.
  public init(_ text: String) throws(Malformed) {
    if let rest = text.dropPrefix("[constructor]") {
      self = .constructor(resource: try Self.label(rest))
    } else if let rest = text.dropPrefix("[method]") {
      let (resource, name) = try Self.pair(rest)
      self = .method(resource: resource, name: name)
    } else if let rest = text.dropPrefix("[static]") {
      let (resource, name) = try Self.pair(rest)
      self = .staticFunction(resource: resource, name: name)
    } else if text.utf8.contains(UInt8(ascii: ":")) {
      self = try Self.interface(text[...])
    } else {
      self = .label(try Self.label(text[...]))
    }
  }

  private static func notKebab(_ text: Substring) -> Malformed { Malformed(message: "`\(text)` is not in kebab case") }

  private static func label(_ text: Substring) throws(Malformed) -> String {
    guard isLabel(text) else { throw notKebab(text) }
    return String(text)
  }

  private static func pair(_ text: Substring) throws(Malformed) -> (String, String) {
    guard let dot = text.firstIndex(of: ".") else { throw Malformed(message: "failed to find `.` character") }
    return (try label(text[..<dot]), try label(text[text.index(after: dot)...]))
  }

  private static func interface(_ text: Substring) throws(Malformed) -> ParsedName {
    func words(_ text: Substring) throws(Malformed) -> String {
      guard isLabel(text), !text.utf8.contains(where: { (0x41...0x5A).contains($0) }) else { throw notKebab(text) }
      return String(text)
    }
    let colon = text.firstIndex(of: ":") ?? text.endIndex
    let namespace = try words(text[..<colon])
    var rest = text[colon...].dropFirst()
    let word = rest.prefix { $0 != ":" && $0 != "/" && $0 != "@" }
    let packageName = try words(word)
    rest = rest.dropFirst(word.count)
    guard rest.first == "/" else { throw Malformed(message: "expected `/` after package name") }
    rest = rest.dropFirst()
    let projection = rest.prefix { $0 != "/" && $0 != "@" }
    let projectionName = try label(projection)
    rest = rest.dropFirst(projection.count)
    var version: String?
    if rest.first == "@" {
      let text = String(rest.dropFirst())
      if !SemanticVersion.isCanonical(text) {
        do throws(SemanticVersion.Malformed) {
          _ = try SemanticVersion(text)
        } catch {
          throw Malformed(message: "`\(text)` is not a version: \(error.message)")
        }
      }
      version = text
    } else if !rest.isEmpty {
      throw Malformed(message: "trailing characters found: `\(rest)`")
    }
    return .interface(namespace: namespace, package: packageName, projection: projectionName, version: version)
  }

  /// Whether a text is a label: words and acronyms with hyphens between them, of which the first begins with a letter.
  public static func isLabel(_ text: some StringProtocol) -> Bool {
    var isFirst = true
    for fragment in text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false) {
      guard let start = fragment.first else { return false }
      let hasLower = fragment.contains { (0x61...0x7A).contains($0) }
      let hasUpper = fragment.contains { (0x41...0x5A).contains($0) }
      let isDigit = (0x30...0x39).contains(start)
      guard !(hasLower && hasUpper), !(isFirst && isDigit) else { return false }
      guard
        fragment.allSatisfy({ byte in
          (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        })
      else { return false }
      isFirst = false
    }
    return true
  }

  // MARK: Comparison

  /// Two names with the same key are not strongly unique. (Component model, "Name Uniqueness".)
  public var uniquenessKey: String {
    switch self {
    case .label(let label): label.lowercased()
    case .constructor(let resource): "[constructor]\(resource.lowercased())"
    case .method(let resource, let name), .staticFunction(let resource, let name):
      resource.lowercased() == name.lowercased() ? name.lowercased() : "\(resource).\(name)".lowercased()
    case .interface(let namespace, let packageName, let projection, let version):
      "\(namespace):\(packageName)/\(projection)\(version.map { "@\($0)" } ?? "")".lowercased()
    }
  }

  /// The name with which compatible versions of an interface are found: that with the canonical version. Nil for other names.
  /// (Component model, "Canonical Interface Name".)
  public var canonicalInterface: String? {
    guard case .interface(let namespace, let packageName, let projection, let version) = self else { return nil }
    let canonical = version.map { text in (try? SemanticVersion(text))?.canonical ?? text }
    return "\(namespace):\(packageName)/\(projection)\(canonical.map { "@\($0)" } ?? "")"
  }

  /// Whether an item with this name can satisfy an import with another: the same name, or a compatible version of the same interface.
  public func isCompatible(with other: ParsedName) -> Bool {
    if self == other { return true }
    guard let name = canonicalInterface, let otherName = other.canonicalInterface else { return false }
    return name == otherName
  }

  /// Whether the name is a label.
  public var isLabel: Bool {
    if case .label = self { true } else { false }
  }
}

extension String {
  /// The text after a prefix; nil if it does not begin with it.
  fileprivate func dropPrefix(_ prefix: String) -> Substring? {
    hasPrefix(prefix) ? self[index(startIndex, offsetBy: prefix.count)...] : nil
  }
}
