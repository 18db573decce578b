import WasmBinary
import WebAssembly

/// A listing of a binary: its sections and their offsets, the definitions, the disassembly, and the bytes of data.
///
/// ```swift
/// let text = ObjectDump(bytes).text([.sections, .disassembly])
/// ```
///
/// The binary may be malformed. The listing then contains what can be decoded before ``error``, and the errors of function bodies
/// and constant expressions.
public struct ObjectDump: Sendable {
  /// The parts of a listing.
  public struct Parts: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The sections with their offsets, sizes and numbers of entries.
    public static let sections = Parts(rawValue: 1)
    /// The definitions.
    public static let details = Parts(rawValue: 2)
    /// The code with offsets and bytes.
    public static let disassembly = Parts(rawValue: 4)
    /// The bytes of data segments and custom sections.
    public static let contents = Parts(rawValue: 8)

    public static let all: Parts = [.sections, .details, .disassembly, .contents]
  }

  /// The module, as far as it could be decoded.
  public let module: Module
  /// Why the module could not be decoded completely; nil if it was.
  public let error: DecodingError?
  /// The names from the name section. Functions without one there have the name of their export or import.
  public let names: NameSection

  /// Decodes a binary, which may be malformed.
  public init(_ bytes: [UInt8]) {
    (module, error) = Decoder.decodeBeginning(bytes)
    names = Self.names(of: module)
  }

  /// Lists a module that is already decoded.
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
    // `NameMap` keeps the first of several names.
    names.functions = NameMap(others)
    return names
  }

  /// The index into `module.functions` of a function, given by its function index as a number, by its name, or by an export.
  public func position(ofFunction name: String) -> Int? {
    guard let index = index(ofFunction: name), Int(index) >= module.importedFunctions.count else { return nil }
    return Int(index) - module.importedFunctions.count
  }

  /// The import of a function, given as in ``position(ofFunction:)``; nil if it is not imported.
  package func importedFunction(_ name: String) -> Module.Import? {
    guard let index = index(ofFunction: name), Int(index) < module.importedFunctions.count else { return nil }
    return module.imports.filter { $0.type.kind == .function }[Int(index)]
  }

  private func index(ofFunction name: String) -> UInt32? { functions(called: name).first?.index }

  /// The functions that a text means, each once: the one with this index, or else those with this name, in the name section, as an export
  /// or as an import. The text before `function 7` says which.
  package func functions(called name: String) -> [(index: UInt32, role: String)] {
    if let index = UInt32(name), Int(index) < module.functionCount { return [(index, "index of")] }
    let exports = module.exports.lazy.filter { $0.kind == .function && $0.name == name }.map { ($0.index, "export of") }
    let named = names.functions.entries.lazy.filter { $0.name == name && Int($0.index) < module.functionCount }.map {
      ($0.index, Int($0.index) < module.importedFunctions.count ? "imported" : "name of")
    }
    var found: [(index: UInt32, role: String)] = []
    for (index, role) in [Array(exports), Array(named)].joined() where !found.contains(where: { $0.index == index }) {
      found.append((index, role))
    }
    return found
  }

  /// The name of a function as in listings. Characters that would break or disguise a line are escaped.
  public func shownName(ofFunction index: UInt32) -> String? {
    names.functions[index].map { String(IdentifierMap.identifier($0).dropFirst()) }
  }

  /// Writes parts of the listing in pieces.
  ///
  /// - Parameters:
  ///   - parts: what to list.
  ///   - function: an index into `module.functions`, to disassemble only this function; nil for all.
  ///   - sink: receives a piece of UTF-8, valid only during the call. Characters may be split between pieces.
  /// - Returns: the first error in what was listed: ``error``, or that of a function body or constant expression.
  /// - Throws: errors of `sink`.
  /// - Complexity: O(size of the listing).
  @discardableResult
  public func write(
    _ parts: Parts = .all, function: Int? = nil, to sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws -> DecodingError? {
    // Parts have an empty line between them, not before the first.
    var isFirst = true
    func output(_ piece: UnsafeBufferPointer<UInt8>) throws {
      let skipsLine = isFirst && piece.first == UInt8(ascii: "\n")
      if !piece.isEmpty { isFirst = false }
      try sink(skipsLine ? UnsafeBufferPointer(rebasing: piece.dropFirst()) : piece)
    }
    return try module.bytes.withUnsafeBufferPointer { bytes in
      var printer = ModulePrinter(listing: module, bytes, names)
      if parts.contains(.sections) { printer.listSections() }
      if parts.contains(.details) { try printer.listDetails(output) }
      if parts.contains(.disassembly) { try printer.listCode(function, output) }
      if parts.contains(.contents) { try printer.listContents(output) }
      try printer.flush(output, atLeast: 1)
      return error ?? printer.listingError
    }
  }

  /// Parts of the listing as a string.
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
