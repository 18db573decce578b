/// The annotations that this assembler interprets; all others are ignored. (Core specification 3.0, 7.6 "Custom
/// Sections and Annotations".)
package enum Annotation {
  package enum Kind: CaseIterable {
    case name, custom, branchHint
    /// Custom sections of the tool conventions.
    case producers, dynamicLinking
    /// An extension of this project: the module has a data count section even if no instruction needs it. Some tools
    /// write one, and the standard's text format cannot express it.
    case dataCount

    var name: String {
      switch self {
      case .name: "name"
      case .custom: "custom"
      case .branchHint: "metadata.code.branch_hint"
      case .producers: "producers"
      case .dynamicLinking: "dylink.0"
      case .dataCount: "datacount"
      }
    }

    init?(_ name: [UInt8]) {
      guard let kind = Self.allCases.first(where: { $0.name.utf8.elementsEqual(name) }) else { return nil }
      self = kind
    }
  }

  /// The location of an annotation, as offsets in the text.
  package struct Place {
    package var kind: Kind
    package var start: Int
    /// The text between the name and the closing parenthesis.
    package var body: Range<Int>
  }
}

extension Lexer {
  /// The known annotations in a range that was lexed as the space between two tokens.
  static func annotations(
    in text: UnsafeBufferPointer<UInt8>, range: Range<Int>
  ) throws(ParseError) -> [Annotation.Place] {
    var lexer = Lexer(text, range: range)
    var places: [Annotation.Place] = []
    while let start = try lexer.skipToAnnotation() {
      let name = try lexer.lexAnnotationName()
      let bodyStart = lexer.position
      try lexer.skipAnnotationBody(from: start)
      if let kind = Annotation.Kind(name) {
        places.append(Annotation.Place(kind: kind, start: start, body: bodyStart..<lexer.position - 1))
      }
    }
    return places
  }
}
