/// A version such as `1.2.3-rc.1+build`. (semver.org, Semantic Versioning 2.0.0.)
public struct SemanticVersion: Hashable, Sendable {
  public var major: UInt64
  public var minor: UInt64
  public var patch: UInt64
  /// The text after `-`, without it; empty for a release.
  public var preRelease: String
  /// The text after `+`, without it.
  public var build: String

  /// What is wrong with a version, in the words of the component model's suite.
  public struct Malformed: Error, Hashable, Sendable {
    public var message: String
  }

  /// Parses a whole version.
  public init(_ text: String) throws(Malformed) {
    guard !text.isEmpty else { throw Malformed(message: "empty string, expected a semver version") }
    var rest = Substring(text)
    major = try Self.number(&rest, "major version number")
    try Self.dot(&rest)
    minor = try Self.number(&rest, "minor version number")
    try Self.dot(&rest)
    patch = try Self.number(&rest, "patch version number")
    preRelease = ""
    build = ""
    if rest.first == "-" {
      preRelease = try Self.identifiers(&rest, isPreRelease: true)
    }
    if rest.first == "+" {
      build = try Self.identifiers(&rest, isPreRelease: false)
    }
    if let character = rest.first { throw Self.unexpected(character) }
  }

  private static func unexpected(_ character: Character) -> Malformed {
    Malformed(message: "unexpected character '\(character)' in a version")
  }

  private static func number(_ rest: inout Substring, _ what: String) throws(Malformed) -> UInt64 {
    guard let first = rest.first else {
      throw Malformed(message: "unexpected end of input while parsing \(what)")
    }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { throw unexpected(first) }
    guard digits.count == 1 || digits.first != "0" else {
      throw Malformed(message: "invalid leading zero in \(what)")
    }
    guard let value = UInt64(digits) else { throw Malformed(message: "value of \(what) is too large") }
    rest = rest.dropFirst(digits.count)
    return value
  }

  private static func dot(_ rest: inout Substring) throws(Malformed) {
    guard let first = rest.first else { throw Malformed(message: "unexpected end of input in a version") }
    guard first == "." else { throw unexpected(first) }
    rest = rest.dropFirst()
  }

  /// The identifiers after `-` or `+`, separated by dots.
  private static func identifiers(_ rest: inout Substring, isPreRelease: Bool) throws(Malformed) -> String {
    rest = rest.dropFirst()
    let text = rest.prefix { character in
      character.isASCII && (character.isLetter || character.isNumber || character == "-" || character == ".")
    }
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      let what = isPreRelease ? "pre-release" : "build"
      guard !part.isEmpty else { throw Malformed(message: "empty identifier segment in \(what)") }
      if isPreRelease, part.count > 1, part.first == "0", part.allSatisfy({ $0.isNumber }) {
        throw Malformed(message: "invalid leading zero in \(what) identifier")
      }
    }
    rest = rest.dropFirst(text.count)
    return String(text)
  }

  /// The part that decides about compatibility: the numbers up to the first one that is not 0. (Component model, "Canonical Interface
  /// Name".)
  public var canonical: String {
    major > 0 ? "\(major)" : minor > 0 ? "0.\(minor)" : "0.0.\(patch)"
  }

  /// Whether a text is a canonical version, such as `1` or `0.2`.
  public static func isCanonical(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    func isNumber(_ part: Substring) -> Bool {
      !part.isEmpty && part.allSatisfy { $0.isASCII && $0.isNumber } && (part.count == 1 || part.first != "0")
    }
    guard (1...3).contains(parts.count), parts.allSatisfy(isNumber) else { return false }
    // All but the last are 0, and the last is not, except in 0.0.0.
    guard parts.dropLast().allSatisfy({ $0 == "0" }) else { return false }
    return parts.last != "0" || parts.count == 3
  }
}
