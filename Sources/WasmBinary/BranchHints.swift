import WebAssembly

/// The likely direction of branches: the custom section `metadata.code.branch_hint`.
/// (Branch hinting proposal, part of the standard's appendix "Custom Sections" since 3.0.)
public struct BranchHints: Hashable, Sendable {
  /// The name of the custom section, and of the annotation in the text format.
  public static let sectionName = "metadata.code.branch_hint"

  /// The likely direction of one branch.
  public struct Hint: Hashable, Sendable {
    /// The offset of the branch (`if` or `br_if`), in bytes from the beginning of the function's body, locals included.
    public var offset: UInt32
    /// Whether the condition is usually true.
    public var isLikely: Bool

    public init(offset: UInt32, isLikely: Bool) {
      self.offset = offset
      self.isLikely = isLikely
    }
  }

  /// The hints by function index; those of one function are in the order of their offsets.
  public var functions: [UInt32: [Hint]] = [:]

  public init() {}

  /// The hints of a module; none if it has no such section or a malformed one, since a custom section does not affect whether a module is
  /// valid.
  public init(of module: Module) {
    guard let section = module.customSections.first(where: { $0.name == Self.sectionName }) else { return }
    guard (try? module.bytes.load(section.data)) != nil,
      let hints = try? BranchHints(decoding: module.bytes, in: section.data)
    else { return }
    self = hints
  }

  /// The hint for the branch at `offset` in the body of a function. O(log n) in the function's hints.
  public func isLikely(function: UInt32, offset: UInt32) -> Bool? {
    guard let hints = functions[function] else { return nil }
    let index = partitionPoint(to: hints.count) { hints[$0].offset >= offset }
    return index < hints.count && hints[index].offset == offset ? hints[index].isLikely : nil
  }

  private static let prefix = "@\(sectionName) annotation: "

  private static func malformed(_ message: String, _ offset: Int) -> DecodingError {
    DecodingError(prefix + message, offset: offset)
  }
}

// MARK: Decoding and encoding

extension BranchHints {
  /// Decodes the contents of the section: those of `bytes` in `range`.
  ///
  /// - Throws: `DecodingError` if it is malformed, or if functions or offsets are out of order.
  public init(decoding bytes: ModuleBytes, in range: Range<Int>) throws(DecodingError) {
    var hints = BranchHints()
    try bytes.withUnsafeBufferPointer { (buffer) throws(DecodingError) in
      guard let base = buffer.baseAddress else { return }
      var reader = InstructionReader(base: base, range: range)
      var last: UInt32?
      for _ in 0..<(try reader.readCount(of: "functions")) {
        let offset = reader.position
        let function = try reader.readU32()
        if let last, last >= function { throw Self.malformed("function out of order", offset) }
        last = function
        hints.functions[function] = try Self.decodeHints(&reader)
      }
      guard reader.isAtEnd else { throw Self.malformed("section size mismatch", reader.position) }
    }
    self = hints
  }

  private static func decodeHints(_ reader: inout InstructionReader) throws(DecodingError) -> [Hint] {
    var hints: [Hint] = []
    for _ in 0..<(try reader.readCount(of: "hints")) {
      let start = reader.position
      let offset = try reader.readU32()
      if let last = hints.last, last.offset >= offset {
        throw malformed(last.offset == offset ? "duplicate annotation" : "offset out of order", start)
      }
      guard try reader.readU32() == 1 else { throw malformed("malformed hint size", start) }
      let value = try reader.readByte()
      guard value <= 1 else { throw malformed("malformed hint value", reader.position - 1) }
      hints.append(Hint(offset: offset, isLikely: value == 1))
    }
    return hints
  }

  /// The contents of a custom section with these hints.
  public func encode() -> [UInt8] {
    var writer = BinaryWriter()
    writer.vector(functions.sorted { $0.key < $1.key }) { writer, function in
      writer.u32(function.key)
      writer.vector(function.value) { writer, hint in
        writer.u32(hint.offset)
        writer.u32(1)
        writer.byte(hint.isLikely ? 1 : 0)
      }
    }
    return writer.bytes
  }
}

// MARK: Validation

extension BranchHints {
  /// Checks that each hint belongs to a branch, and that the section comes before the code section.
  ///
  /// - Parameter module: the module that contains the hints; it must be valid.
  /// - Throws: `ValidationError`, in the words of the standard's suite.
  /// - Complexity: O(size of the functions that have hints).
  public func validate(in module: Module) throws(ValidationError) {
    let section = module.customSections.first { $0.name == Self.sectionName }
    let sectionOffset = section?.offset ?? 0
    if let section, let place = SectionID(rawValue: section.after), place.rank >= SectionID.code.rank {
      throw ValidationError(Self.prefix + "section after the code", offset: sectionOffset)
    }
    for (function, hints) in functions.sorted(by: { $0.key < $1.key }) {
      let defined = Int(function) - module.importedFunctions.count
      guard module.functions.indices.contains(defined) else {
        throw ValidationError(Self.prefix + "not in a function", offset: sectionOffset)
      }
      let body = module.functions[defined].body
      let branches = Self.branches(in: body, of: module.bytes)
      for hint in hints where !branches.contains(hint.offset) {
        throw ValidationError(
          Self.prefix + "invalid target", offset: body.lowerBound + Int(hint.offset), function: function)
      }
    }
  }

  /// The offsets of the branches in a body that may have hints, from the beginning of the body.
  private static func branches(in body: Range<Int>, of bytes: ModuleBytes) -> Set<UInt32> {
    var branches: Set<UInt32> = []
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var reader = InstructionReader(base: base, range: body)
      guard (try? reader.skipLocals(.init())) != nil else { return }
      while !reader.isAtEnd {
        let offset = UInt32(reader.position - body.lowerBound)
        guard let opcode = try? reader.readOpcode(), (try? reader.skipImmediates(opcode)) != nil else { return }
        if opcode == .if || opcode == .brIf { branches.insert(offset) }
      }
    }
    return branches
  }
}
