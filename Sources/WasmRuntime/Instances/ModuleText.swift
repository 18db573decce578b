/// The text that a module was assembled from, as far as profilers are told of it.
package struct ModuleText: Sendable {
  /// The file that it stands in, if it is one.
  package let path: String?
  /// The line of the instruction at an offset in the binary, counted from 1.
  package let line: @Sendable (Int) -> Int?

  package init(path: String?, line: @escaping @Sendable (Int) -> Int?) {
    self.path = path
    self.line = line
  }
}
