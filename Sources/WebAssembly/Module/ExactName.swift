/// A name that is compared by its bytes, as the standard requires: `String` treats canonically equivalent names as equal.
/// (Core specification 3.0, 5.2.4 "Names".)
package struct ExactName: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (name: ExactName, other: ExactName) -> Bool { name.text.utf8.elementsEqual(other.text.utf8) }

  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    // UTF-8 has no such byte: two names in a row are told apart from others with the same bytes.
    hasher.combine(UInt8.max)
  }
}
