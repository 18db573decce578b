import Testing
import WasmBinary
import WebAssembly

@Suite struct BranchHintTests {
  /// A module with one function, which has an `if` at offset 3, and hints.
  private func module(_ hints: BranchHints, afterCode: Bool = false) throws -> Module {
    var writer = BinaryWriter()
    writer.header()
    writer.raw(Sample.bytes("01 05 01 60 01 7F 00 03 02 01 00"))
    if !afterCode { writer.customSection(BranchHints.sectionName, hints.encode()) }
    writer.raw(Sample.bytes("0A 09 01 07 00 20 00 04 40 0B 0B"))
    if afterCode { writer.customSection(BranchHints.sectionName, hints.encode()) }
    return try Decoder.decode(writer.bytes)
  }

  private func hints(_ function: UInt32, _ offset: UInt32) -> BranchHints {
    var hints = BranchHints()
    hints.functions[function] = [BranchHints.Hint(offset: offset, isLikely: true)]
    return hints
  }

  @Test("Hints survive a round trip and are found by position")
  func identity() throws {
    let module = try module(hints(0, 3))
    let decoded = BranchHints(of: module)
    #expect(decoded == hints(0, 3))
    #expect(throws: Never.self) { try decoded.validate(in: module) }
    #expect(decoded.isLikely(function: 0, offset: 3) == true)
    #expect(decoded.isLikely(function: 0, offset: 2) == nil)
    #expect(decoded.isLikely(function: 1, offset: 3) == nil)
  }

  @Test(
    "A hint must be at a branch instruction of a function",
    arguments: [(0, 1, "invalid target"), (0, 4, "invalid target"), (1, 3, "not in a function")])
  func invalid(function: UInt32, offset: UInt32, message: String) throws {
    let module = try module(hints(function, offset))
    let error = #expect(throws: ValidationError.self) { try BranchHints(of: module).validate(in: module) }
    #expect(error?.message == "@metadata.code.branch_hint annotation: \(message)")
  }

  @Test("The section must come before the code section")
  func place() throws {
    let module = try module(hints(0, 3), afterCode: true)
    #expect(throws: ValidationError.self) { try BranchHints(of: module).validate(in: module) }
  }

  @Test(
    "A malformed section is rejected and provides no hints",
    arguments: [
      ("01 00 02 03 01 00 03 01 01", "duplicate annotation"), ("01 00 01 03 02 00", "malformed hint size"),
      ("01 00 01 03 01 02", "malformed hint value"), ("02 01 00 00 00", "function out of order"),
      ("00 00", "section size mismatch"), ("01 00 02 04 01 00 03 01 01", "offset out of order"),
    ])
  func malformed(digits: String, message: String) throws {
    let bytes = Sample.bytes(digits)
    let error = #expect(throws: DecodingError.self) {
      try BranchHints(decoding: ModuleBytes(bytes), in: 0..<bytes.count)
    }
    #expect(error?.message == "@metadata.code.branch_hint annotation: \(message)")
  }
}
