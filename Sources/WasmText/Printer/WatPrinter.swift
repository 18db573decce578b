import WasmBinary
import WebAssembly

/// Writes modules in the text format. (Core specification 3.0, chapter 6 "Text Format".)
///
///     let text = try WatPrinter.print(module)
///
/// Assembling the text gives the same binary, byte for byte, custom sections, names and branch hints included, if the
/// binary was encoded in the shortest forms; `Documentation/TextFormat.md` tells how.
public enum WatPrinter {
  /// How the text looks.
  public struct Options: Hashable, Sendable {
    /// Whether instructions are written around their operands, as in `(i32.add (local.get 0) (i32.const 1))`, rather
    /// than one after the other.
    public var folded: Bool
    /// Whether each line of code begins with a comment that tells its offset in the binary.
    public var showOffsets: Bool
    /// The number of spaces for each level.
    public var indent: Int
    /// The level from which on lines are indented no further, so that the text stays in proportion to the code.
    public var maximumIndentedLevels: Int

    public init(folded: Bool = false, showOffsets: Bool = false, indent: Int = 2, maximumIndentedLevels: Int = 40) {
      self.folded = folded
      self.showOffsets = showOffsets
      self.indent = max(indent, 0)
      self.maximumIndentedLevels = max(maximumIndentedLevels, 0)
    }
  }

  /// The text of a module, which need not be valid.
  ///
  /// - Throws: `DecodingError` if the code of a function is malformed.
  /// - Complexity: O(size of the module).
  public static func print(_ module: Module, options: Options = .init()) throws(DecodingError) -> String {
    var text: [UInt8] = []
    do {
      try print(module, options: options) { text.append(contentsOf: $0) }
    } catch let error as DecodingError {
      throw error
    } catch {
      preconditionFailure("the sink throws nothing: \(error)")
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Writes the text of a module piece by piece, so that there is never more of it in memory than of one function.
  ///
  /// - Parameter sink: takes a piece of UTF-8, valid during the call only. Characters may be divided between pieces.
  /// - Throws: `DecodingError` if the code of a function is malformed; what `sink` throws.
  public static func print(
    _ module: Module, options: Options = .init(), to sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    try module.bytes.withUnsafeBufferPointer { bytes in
      var printer = ModulePrinter(module, bytes, options)
      try printer.printModule(sink)
    }
  }
}
