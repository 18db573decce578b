import WebAssembly

/// The options of a canonical definition after their own rules were checked. (Component model, "canonopt Validation".)
struct CanonicalOptions {
  var encoding: Component.StringEncoding?
  var memory: UInt32?
  var realloc: UInt32?
  var postReturn: UInt32?
  var callback: UInt32?
  var isAsync = false

  /// Reads a list of options, each of which may be there once.
  init(_ options: [Component.CanonicalOption], at offset: Int) throws(ValidationError) {
    func set(_ option: inout UInt32?, _ index: UInt32, _ name: String) throws(ValidationError) {
      guard option == nil else { throw Self.repeated(name, at: offset) }
      option = index
    }
    for option in options {
      switch option {
      case .encoding(let encoding):
        if let other = self.encoding {
          throw ValidationError(
            "canonical encoding option `\(other.shortName)` conflicts with option `\(encoding.shortName)`",
            offset: offset)
        }
        self.encoding = encoding
      case .memory(let index): try set(&memory, index, "memory")
      case .realloc(let index): try set(&realloc, index, "realloc")
      case .postReturn(let index): try set(&postReturn, index, "post-return")
      case .callback(let index): try set(&callback, index, "callback")
      case .async:
        guard !isAsync else { throw Self.repeated("async", at: offset) }
        isAsync = true
      }
    }
  }

  private static func repeated(_ name: String, at offset: Int) -> ValidationError {
    ValidationError("canonical option `\(name)` is specified more than once", offset: offset)
  }

  func requireMemory(at offset: Int) throws(ValidationError) {
    guard memory != nil else { throw ValidationError("canonical option `memory` is required", offset: offset) }
  }

  func requireRealloc(at offset: Int) throws(ValidationError) {
    guard realloc != nil else { throw ValidationError("canonical option `realloc` is required", offset: offset) }
  }
}

extension Component.StringEncoding {
  /// The name in messages.
  fileprivate var shortName: String {
    switch self {
    case .utf8: "utf8"
    case .utf16: "utf16"
    case .latin1OrUTF16: "latin1-utf16"
    }
  }
}
