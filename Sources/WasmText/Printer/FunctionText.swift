import WasmBinary
import WebAssembly

/// The text of single functions, line by line, for what shows text and binary side by side.
public enum FunctionText {
  /// A line, without its end.
  public struct Line: Hashable, Sendable {
    public var text: String
    /// The offset in the binary of the instruction on the line, if there is one.
    public var offset: Int?
  }

  /// Writes functions in the flat form, as ``WatPrinter`` does.
  ///
  /// - Parameters:
  ///   - positions: which of the functions that the module defines.
  ///   - sink: takes the position of a function and its lines.
  /// - Throws: `DecodingError` if the code of a function is malformed; what `sink` throws.
  /// - Complexity: O(size of the functions), and once O(number of names in the module).
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
        // The first line begins with the end of the one before.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
        var start = 0
        var result: [Line] = []
        result.reserveCapacity(lines.count)
        for line in lines {
          start += 1
          result.append(Line(text: String(line), offset: printer.lineOffsets?[start]))
          start += line.utf8.count
        }
        // The closing parenthesis is the last `end`.
        if let last = result.indices.last { result[last].offset = module.functions[position].body.upperBound - 1 }
        try sink(position, result)
      }
    }
  }
}
