import WasmBinary
import WebAssembly

/// The text of single functions by lines, for views that show text and binary side by side.
public enum FunctionText {
  /// A line without its line break.
  public struct Line: Hashable, Sendable {
    public var text: String
    /// The offset in the binary of the instruction on the line, if there is one.
    public var offset: Int?
  }

  /// Writes functions in the flat form, as ``WatPrinter`` does.
  ///
  /// - Parameters:
  ///   - positions: indices into `module.functions`.
  ///   - sink: receives the index of a function and its lines.
  /// - Throws: `DecodingError` if the code of a function is malformed; errors of `sink`.
  /// - Complexity: O(size of the functions), plus O(number of names in the module) once.
  public static func write(
    _ positions: some Sequence<Int>, of module: Module, to sink: (Int, [Line]) throws -> Void
  ) throws {
    try module.bytes.withUnsafeBufferPointer { bytes in
      var printer = ModulePrinter(module, bytes, WatPrinter.Options(maximumIndentedLevels: 12))
      for position in positions {
        printer.lineOffsets = [:]
        printer.out.removeAll()
        try printer.printFunction(position)
        let text = printer.out.withBytes { String(decoding: $0, as: UTF8.self) }
        // The text starts with the line break of the previous line.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
        var start = 0
        var result: [Line] = []
        result.reserveCapacity(lines.count)
        for line in lines {
          start += 1
          result.append(Line(text: String(line), offset: printer.lineOffsets?[start]))
          start += line.utf8.count
        }
        // The closing parenthesis corresponds to the last `end`.
        if let last = result.indices.last { result[last].offset = module.functions[position].body.upperBound - 1 }
        try sink(position, result)
      }
    }
  }
}
