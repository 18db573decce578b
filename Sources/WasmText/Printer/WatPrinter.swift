import WasmBinary
import WebAssembly

/// Prints modules in the text format. (Core specification 3.0, chapter 6 "Text Format".)
///
/// ```swift
/// let text = try WatPrinter.print(module)
/// ```
///
/// Assembling the text reproduces the binary byte for byte, including custom sections, names and branch hints, if the
/// binary uses the shortest encodings. `Documentation/TextFormat.md` explains how.
public enum WatPrinter {
  /// The style of the text.
  public struct Options: Hashable, Sendable {
    /// Whether to use the folded form, as in `(i32.add (local.get 0) (i32.const 1))`, rather than one instruction after
    /// the other.
    public var folded: Bool
    /// Whether each line of code starts with a comment that contains its binary offset.
    public var showOffsets: Bool
    /// The number of spaces per level.
    public var indent: Int
    /// The level above which lines are not indented further, to bound the size of the text.
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

  /// Prints a module as a part of a component.
  ///
  /// - Parameters:
  ///   - level: the level of its first line, which is indented already.
  ///   - index: its index, for a comment.
  /// - Throws: `DecodingError` if the code of a function is malformed.
  package static func printPart(
    _ module: Module, options: Options, level: Int, index: Int, to out: inout TextBuffer
  ) throws(DecodingError) {
    var text: [UInt8] = []
    do {
      try module.bytes.withUnsafeBufferPointer { bytes in
        var printer = ModulePrinter(module, bytes, options)
        try printer.printPart(level: level, index: index) { text.append(contentsOf: $0) }
      }
    } catch let error as DecodingError {
      throw error
    } catch {
      preconditionFailure("the sink throws nothing: \(error)")
    }
    text.withUnsafeBufferPointer { out.raw($0) }
  }

  /// A core type as it is written after `(type`.
  package static func text(of type: SubType) -> String {
    part { printer in printer.subType(type, index: 0) }
  }

  /// The type of an import or export of a module: `(func (type 0))` and the like.
  package static func text(of type: ExternalType) -> String {
    part { printer in printer.importDescription(type, index: nil) }
  }

  /// What is printed without a module.
  private static func part(_ print: (inout ModulePrinter) -> Void) -> String {
    var printer = ModulePrinter(Module(bytes: []), UnsafeBufferPointer(start: nil, count: 0), Options())
    print(&printer)
    return printer.out.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// Prints a module in pieces, so that at most about one function's text is in memory.
  ///
  /// - Parameter sink: receives a piece of UTF-8, valid only during the call. Characters may be split between pieces.
  /// - Throws: `DecodingError` if the code of a function is malformed; errors of `sink`.
  public static func print(
    _ module: Module, options: Options = .init(), to sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    try module.bytes.withUnsafeBufferPointer { bytes in
      var printer = ModulePrinter(module, bytes, options)
      try printer.printModule(sink)
    }
  }
}
