/// The text that a module was assembled from: the parts that profilers need.
package struct ModuleText: Sendable {
  /// The path of the file; nil if the text is not from a file.
  package let path: String?
  /// The line of the instruction at an offset in the binary, counted from 1.
  package let line: @Sendable (Int) -> Int?

  package init(path: String?, line: @escaping @Sendable (Int) -> Int?) {
    self.path = path
    self.line = line
  }
}
