import WasmBinary
import WasmText
import WebAssembly

/// Decodes modules in the binary format, and inspects malformed ones.
///
/// - Decoding a module in pieces has the same result as decoding it as a whole. (Errors may differ: with the whole
///   module available, a section is read beyond its end before its size is checked.)
/// - Encoding a decoded module produces a module that decodes and encodes to the same bytes.
/// - The printer either rejects a decoded module or prints a text that assembles to a module whose text assembles to
///   the same bytes.
/// - Object dumps, names, hints and trailing sections can be read from any bytes.
struct DecoderTarget: FuzzTarget {
  mutating func run(_ input: [UInt8]) throws -> Bool {
    _ = ObjectDump(input).text(.all)
    try readTrailingSections(input)
    let whole = Result { () throws(DecodingError) in try Decoder.decode(input) }
    let pieces = Result { () throws(DecodingError) in try decode(input, inPieces: 1 + Int(input.fingerprint % 64)) }
    try compare(whole, pieces)
    guard let module = try? whole.get() else { return true }
    let names = ModuleNames(module)
    for index in 0..<UInt32(min(module.functions.count, 50)) + 3 { _ = names.function(index) }
    _ = BranchHints(of: module)
    try encode(module)
    try print(module)
    return true
  }

  mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]? {
    ModuleMutator.mutate(input, &mutation, wantsValid: false)
  }

  static func show(_ input: [UInt8]) -> String? { ModuleMutator.text(input) }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] { try source.modules { _ in true } }

  private func readTrailingSections(_ input: [UInt8]) throws(Finding) {
    var isInside = true
    let sections = TrailingSections(ofModuleOf: input.count) { range in
      isInside = isInside && range.lowerBound >= 0 && range.lowerBound <= range.upperBound
      return Array(input[min(max(range.lowerBound, 0), input.count)..<min(max(range.upperBound, 0), input.count)])
    }
    isInside = isInside && (sections?.headers.allSatisfy { $0.upperBound <= input.count } ?? true)
    guard isInside else { throw Finding("custom sections are read outside of the module") }
  }

  private func decode(_ input: [UInt8], inPieces count: Int) throws(DecodingError) -> Module {
    var decoder = Decoder()
    for start in stride(from: 0, to: input.count, by: count) {
      try decoder.append(input[start..<min(start + count, input.count)])
    }
    return try decoder.finish()
  }

  private func compare(
    _ whole: Result<Module, DecodingError>, _ pieces: Result<Module, DecodingError>
  ) throws(Finding) {
    switch (whole, pieces) {
    case (.success(let whole), .success(let pieces)):
      guard Encoder.encode(whole) == Encoder.encode(pieces) else {
        throw Finding("in pieces it is decoded to another module")
      }
    case (.failure, .failure): break
    case (.success, .failure(let error)): throw Finding("in pieces only: \(error)")
    case (.failure(let error), .success): throw Finding("as a whole only: \(error)")
    }
  }

  private func encode(_ module: Module) throws {
    let encoded = Encoder.encode(module)
    let decoded: Module
    do {
      decoded = try Decoder.decode(encoded)
    } catch {
      throw Finding("an encoded module is malformed: \(error)")
    }
    guard Encoder.encode(decoded) == encoded else { throw Finding("an encoded module is encoded differently") }
  }

  private func print(_ module: Module) throws {
    for options in [WatPrinter.Options(), .init(folded: true), .init(showOffsets: true)] {
      // The code of a function may be malformed; decoding does not check it.
      guard let text = try? WatPrinter.print(module, options: options) else { return }
      try RoundTrip(options).check(text)
    }
  }
}
