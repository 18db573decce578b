/// A name that is compared by its bytes, as the standard requires: `String` treats canonically equivalent names as equal.
/// (Core specification 3.0, 5.2.4 "Names".)
package struct ExactName: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (name: ExactName, other: ExactName) -> Bool {
    let (bytes, others) = (name.text.utf8, other.text.utf8)
    guard bytes.count == others.count else { return false }
    // Much faster than iterators of strings.
    let isEqual = bytes.withContiguousStorageIfAvailable { bytes in
      others.withContiguousStorageIfAvailable { bytes.elementsEqual($0) }
    }
    return (isEqual ?? nil) ?? bytes.elementsEqual(others)
  }

  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    // UTF-8 has no such byte: two names in a row are told apart from others with the same bytes.
    hasher.combine(UInt8.max)
  }
}
