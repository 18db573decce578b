import WebAssembly

/// The text that a module was assembled from, as backtraces and profilers need it.
package struct ModuleText: Sendable {
  /// The absolute path of the file; nil if the text is not from a file.
  package let path: String?
  /// The name by which messages refer to the text: the path as the user wrote it.
  package let name: String
  /// Makes a function from offsets in the binary to the location of the instruction there. O(length of the text).
  package let locations: @Sendable () -> @Sendable (Int) -> TextLocation?

  package init(path: String?, name: String, locations: @escaping @Sendable () -> @Sendable (Int) -> TextLocation?) {
    self.path = path
    self.name = name
    self.locations = locations
  }
}
