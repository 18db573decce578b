import WasmBinary
import WebAssembly

/// A listing of what is in a binary: its sections and where they stand, what they define, the code instruction by
/// instruction, the bytes of data.
///
///     ObjectDump(bytes).write([.sections, .disassembly]) { … }
///
/// The binary may be malformed: then what can be read is listed, and where that ends is said.
public struct ObjectDump: Sendable {
  /// What is listed.
  public struct Parts: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The sections with their places, sizes and numbers of entries.
    public static let sections = Parts(rawValue: 1)
    /// What the sections define.
    public static let details = Parts(rawValue: 2)
    /// The code with offsets and bytes.
    public static let disassembly = Parts(rawValue: 4)
    /// The bytes of data segments and custom sections.
    public static let contents = Parts(rawValue: 8)

    public static let all: Parts = [.sections, .details, .disassembly, .contents]
  }

  /// The module, or as much of it as could be decoded.
  public let module: Module
  /// Why not all of it could be decoded, if so.
  public let error: DecodingError?
  /// The names from the name section; for functions without one there, those that they are exported or imported by.
  public let names: NameSection

  /// Takes a binary, which may be malformed.
  public init(_ bytes: [UInt8]) {
    (module, error) = Decoder.decodeBeginning(bytes)
    names = Self.names(of: module)
  }

  /// Takes a module that was decoded.
  public init(_ module: Module) {
    self.module = module
    error = nil
    names = Self.names(of: module)
  }

  private static func names(of module: Module) -> NameSection {
    var names = NameSection(of: module)
    var others: [NameMap.Entry] = names.functions.entries
    others += module.exports.lazy.filter { $0.kind == .function }.map { NameMap.Entry(index: $0.index, name: $0.name) }
    let imports = module.imports.lazy.filter { $0.type.kind == .function }
    others += imports.enumerated().map {
      NameMap.Entry(index: UInt32($0.offset), name: "\($0.element.module).\($0.element.name)")
    }
    // Of several the first one counts.
    names.functions = NameMap(others)
    return names
  }

  /// The position in `module.functions` of the function with a name or, written as a number, an index.
  public func position(ofFunction name: String) -> Int? {
    let index = names.functions.entries.first { $0.name == name }?.index ?? UInt32(name)
    guard let index, Int(index) >= module.importedFunctions.count, Int(index) < module.functionCount else { return nil }
    return Int(index) - module.importedFunctions.count
  }

  /// The name of a function as listings show it: what would disturb a line, or hide in it, is escaped.
  public func shownName(ofFunction index: UInt32) -> String? {
    names.functions[index].map { String(IdentifierMap.identifier($0).dropFirst()) }
  }

  /// Writes parts of the listing, piece by piece.
  ///
  /// - Parameters:
  ///   - function: the position in `module.functions` of the only one to be disassembled, or nil for all.
  ///   - sink: takes a piece of UTF-8, valid during the call only. Characters may be divided between pieces.
  /// - Throws: what `sink` throws.
  /// - Complexity: O(size of what is listed).
  public func write(
    _ parts: Parts = .all, function: Int? = nil, to sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    try module.bytes.withUnsafeBufferPointer { bytes in
      var printer = ModulePrinter(listing: module, bytes, names)
      if parts.contains(.sections) { printer.listSections(error) }
      if parts.contains(.details) { try printer.listDetails(sink) }
      if parts.contains(.disassembly) { try printer.listCode(function, sink) }
      if parts.contains(.contents) { try printer.listContents(sink) }
      try printer.flush(sink, atLeast: 1)
    }
  }

  /// Parts of the listing as one string.
  public func text(_ parts: Parts = .all, function: Int? = nil) -> String {
    var text: [UInt8] = []
    do {
      try write(parts, function: function) { text.append(contentsOf: $0) }
    } catch {
      preconditionFailure("the sink throws nothing: \(error)")
    }
    return String(decoding: text, as: UTF8.self)
  }
}
