import Testing
import WasmBinary
import WasmValidation
import WebAssembly

/// Modules that use a proposal are valid with it; without it the error names it.
@Suite struct FeatureTests {
  static let samples: [(feature: Features, module: String)] = [
    (.mutableGlobals, "(import \"\" \"\" (global (mut i32)))"),
    (.mutableGlobals, "(global (export \"\") (mut i32) (i32.const 0))"),
    (.signExtension, "(func (drop (i32.extend8_s (i32.const 0))))"),
    (.saturatingConversions, "(func (drop (i32.trunc_sat_f32_s (f32.const 0))))"),
    (.multiValue, "(func (result i32 i32) (i32.const 0) (i32.const 0))"),
    (.multiValue, "(func (drop (i32.const 0) (block (param i32) (result i32))))"),
    (.bulkMemory, "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))"),
    (.bulkMemory, "(data \"\")"),
    (.bulkMemory, "(func $f) (elem func $f)"),
    (.referenceTypes, "(func (param externref))"),
    (.referenceTypes, "(table 1 funcref) (table 1 funcref)"),
    (.referenceTypes, "(func $f) (elem declare func $f)"),
    (.referenceTypes, "(func (drop (select (result i32) (i32.const 0) (i32.const 0) (i32.const 0))))"),
    (.simd, "(func (drop (v128.const i64x2 0 0)))"),
    (.simd, "(func (local v128))"),
    (.relaxedSIMD, "(func (param v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))"),
    (.tailCalls, "(func $f (return_call $f))"),
    (.multiMemory, "(memory 1) (memory 1)"),
    (.memory64, "(memory i64 1)"),
    (.memory64, "(table i64 1 funcref)"),
    (.exceptions, "(func (param exnref))"),
    (.exceptions, "(func (try_table))"),
    (.gc, "(type (struct))"),
    (.gc, "(type (array i8))"),
    (.gc, "(type (sub (func)))"),
    (.gc, "(func (param anyref))"),
    (.gc, "(func (drop (ref.i31 (i32.const 0))))"),
    (.threads, "(memory 1 1 shared)"),
    (.threads, "(func (atomic.fence))"),
    (.wideArithmetic, "(func (result i64 i64) (i64.mul_wide_s (i64.const 0) (i64.const 0)))"),
    (.customPageSizes, "(memory 1 (pagesize 1))"),
    (.customDescriptors, "(rec (type (descriptor 1) (struct)) (type (describes 0) (struct)))"),
    (.customDescriptors, "(type $t (struct)) (func (param (ref (exact $t))))"),
    (.customDescriptors, "(type $t (func)) (import \"\" \"\" (func (exact (type $t))))"),
    (.legacyExceptions, "(func (try (do) (catch_all)))"),
  ]

  @Test("With all features, the samples are valid", arguments: samples.indices)
  func isValidWithIt(index: Int) throws {
    let error = try verdict(Self.samples[index].module)
    #expect(error == nil, "\(Self.samples[index].module)")
  }

  @Test("Without its proposal, the error for a sample names the proposal", arguments: samples.indices)
  func namesItWithoutIt(index: Int) throws {
    let (feature, module) = Self.samples[index]
    let error = try #require(try verdict(module, features: Features.all.subtracting(feature)), "\(module)")
    switch error {
    case .invalid, .malformed: break
    default: Issue.record("\(error)")
    }
    #expect(error.message.contains("\(feature)"), "\(module)")
  }

  /// Forms of the binary format that the text format writes only if necessary.
  static let forms: [(features: [Features], bytes: [UInt8], message: String)] = [
    ([.customPageSizes], [5, 4, 1, 8, 0, 16], "malformed limits flags"),
    ([.customPageSizes], [2, 7, 1, 0, 0, 2, 8, 0, 16], "malformed limits flags"),
    ([.gc], [1, 6, 1, 0x4E, 1, 0x60, 0, 0], "malformed definition type"),
    ([.gc], [1, 3, 1, 0x4E, 0], "malformed definition type"),
    ([.gc], [1, 6, 1, 0x4F, 0, 0x60, 0, 0], "malformed definition type"),
    ([.exceptions, .legacyExceptions], [13, 1, 0], "malformed section id"),
    ([.bulkMemory], [12, 1, 0], "malformed section id"),
    ([.bulkMemory], [5, 3, 1, 0, 0, 11, 7, 1, 2, 0, 0x41, 0, 0x0B, 0], "malformed data segment kind"),
    ([.bulkMemory], [4, 4, 1, 0x70, 0, 0, 9, 8, 1, 2, 0, 0x41, 0, 0x0B, 0, 0], "malformed elements segment kind"),
    ([.bulkMemory], [4, 4, 1, 0x70, 0, 0, 9, 6, 1, 4, 0x41, 0, 0x0B, 0], "malformed elements segment kind"),
    ([.compactImports], [2, 5, 1, 0, 0, 0x7F, 0], "malformed import kind"),
    ([.compactImports], [1, 4, 1, 0x60, 0, 0, 2, 7, 1, 0, 0, 0x7E, 0, 0, 0], "malformed import kind"),
  ]

  @Test("Forms of the binary format depend on their proposal", arguments: forms.indices)
  func binaryForms(index: Int) throws {
    let (features, bytes, message) = Self.forms[index]
    let module = try Decoder.decode(SectionID.moduleHeader + bytes)
    func verdict(_ features: Features) -> LoadingError? {
      do throws(LoadingError) {
        try Validator.validate(module, features: features)
        return nil
      } catch {
        return error
      }
    }
    #expect(verdict(.all) == nil)
    for feature in features { #expect(verdict(.all.subtracting(Features(features)).union(feature)) == nil) }
    for off in [Features.all.subtracting(Features(features)), .wasm1] {
      guard case .malformed(let error)? = verdict(off) else {
        Issue.record("\(String(describing: verdict(off)))")
        return
      }
      #expect(error.message.hasPrefix(message))
      #expect(error.message.contains("needs the proposal \(features[0])"))
    }
  }

  /// The body of the first function of a module with a memory, a table, and a function type without parameters and results.
  static let bodies: [(feature: Features, code: [UInt8], message: String)] = [
    // Reserved bytes are indices with their proposal.
    (.multiMemory, [0x3F, 0x80, 0x00, 0x1A], "zero byte expected"),
    (.multiMemory, [0x41, 0, 0x40, 0x80, 0x80, 0x00, 0x1A], "zero byte expected"),
    (.multiMemory, [0x41, 0, 0x41, 0, 0x41, 0, 0xFC, 11, 0x80, 0x00], "zero byte expected"),
    (.multiMemory, [0x41, 0, 0x41, 0, 0x41, 0, 0xFC, 10, 0x80, 0x00, 0x00], "zero byte expected"),
    (.multiMemory, [0x41, 0, 0x41, 0, 0x41, 0, 0xFC, 10, 0x00, 0x80, 0x00], "zero byte expected"),
    (.referenceTypes, [0x41, 0, 0x11, 0x00, 0x80, 0x00], "zero byte expected"),
    // An explicit index of zero.
    (.multiMemory, [0x41, 0, 0x28, 0x42, 0x00, 0x00, 0x1A], "malformed memop flags"),
    (.multiMemory, [0x41, 0, 0x28, 0xC2, 0x00, 0x00, 0x00, 0x1A], "malformed memop flags"),
    (.multiMemory, [0x41, 0, 0x41, 0, 0x36, 0x40, 0x00, 0x00], "malformed memop flags"),
    // A function type as the type of a block.
    (.multiValue, [0x02, 0x00, 0x0B], "block with type index"),
    (.multiValue, [0x03, 0x80, 0x00, 0x0B], "block with type index"),
  ]

  @Test("Forms within bodies depend on their proposal", arguments: bodies.indices)
  func formsWithinBodies(index: Int) throws {
    let (feature, code, message) = Self.bodies[index]
    try Self.expect(Self.module(code), feature, message)
  }

  /// Where a reference type can be written in its long form; `0x63 0x70` is `(ref null func)`, which is `funcref`.
  static let longForms: [[UInt8]] = [
    [1, 6, 1, 0x60, 1, 0x63, 0x70, 0], [1, 6, 1, 0x60, 0, 1, 0x63, 0x70], [4, 5, 1, 0x63, 0x70, 0, 0],
    [6, 7, 1, 0x63, 0x70, 0, 0xD0, 0x70, 0x0B], [2, 7, 1, 0, 0, 3, 0x63, 0x70, 0],
    [2, 8, 1, 0, 0, 1, 0x63, 0x70, 0, 0],
    [9, 5, 1, 5, 0x63, 0x70, 0],
  ]

  @Test("The long form of a reference type depends on either of two proposals", arguments: longForms.indices)
  func longFormsInSections(index: Int) throws {
    try Self.expectLongForm(Self.longForms[index])
  }

  @Test("It does so within bodies")
  func longFormsInBodies() throws {
    for code: [UInt8] in [
      [0x02, 0x63, 0x70, 0xD0, 0x70, 0x0B, 0x1A], [0xD0, 0x70, 0xD0, 0x70, 0x41, 0, 0x1C, 1, 0x63, 0x70, 0x1A],
    ] { try Self.expectLongForm(Self.module(code)) }
    try Self.expectLongForm([1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 7, 1, 5, 1, 1, 0x63, 0x70, 0x0B])
  }

  private static func expectLongForm(_ bytes: [UInt8]) throws {
    let both: Features = [.functionReferences, .gc]
    #expect(try error(bytes, .all) == nil, "\(bytes)")
    for feature in [Features.functionReferences, .gc] {
      #expect(try error(bytes, .all.subtracting(both).union(feature)) == nil, "\(bytes)")
    }
    let message = try error(bytes, .all.subtracting(both.union(.customDescriptors)))?.message ?? ""
    #expect(
      message.hasPrefix("malformed reference type: a reference type of this form needs the proposal"),
      "\(bytes): \(message)")
    #expect(message.contains("function-references"))
  }

  /// A module with one function of the given code.
  private static func module(_ code: [UInt8]) -> [UInt8] {
    let head: [UInt8] = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 4, 4, 1, 0x70, 0, 0, 5, 3, 1, 0, 0]
    return head + [10, UInt8(code.count + 4), 1, UInt8(code.count + 2), 0] + code + [0x0B]
  }

  private static func error(_ bytes: [UInt8], _ features: Features) throws -> LoadingError? {
    let module = try Decoder.decode(SectionID.moduleHeader + bytes)
    do throws(LoadingError) {
      try Validator.validate(module, features: features)
      return nil
    } catch {
      return error
    }
  }

  private static func expect(_ bytes: [UInt8], _ feature: Features, _ message: String) throws {
    #expect(try error(bytes, .all) == nil, "\(bytes)")
    let found = try error(bytes, .all.subtracting(feature))?.message ?? ""
    #expect(found.hasPrefix(message), "\(bytes): \(found)")
    #expect(found.contains("needs the proposal \(feature), which is off"), "\(found)")
  }

  @Test("Either of two proposals permits non-null references")
  func referencesOfTwoProposals() throws {
    let module = "(func (param (ref func)))"
    #expect(try verdict(module, features: .all.subtracting(.gc)) == nil)
    #expect(try verdict(module, features: .all.subtracting(.functionReferences)) == nil)
    let error = try verdict(module, features: .all.subtracting([.gc, .functionReferences]))
    #expect(error?.message.contains("function-references") == true)
  }

  @Test("Without extended constants, arithmetic is not constant; without GC, only imported globals are")
  func constants() throws {
    let sum = "(global i32 (i32.add (i32.const 1) (i32.const 2)))"
    #expect(try verdict(sum) == nil)
    let sumError = try verdict(sum, features: .all.subtracting(.extendedConstants))
    #expect(sumError?.message.hasPrefix("constant expression required") == true)
    let chain = "(global $a i32 (i32.const 1)) (global i32 (global.get $a))"
    #expect(try verdict(chain) == nil)
    #expect(try verdict(chain, features: .all.subtracting(.gc))?.message.hasPrefix("unknown global 0") == true)
  }

  @Test("Version 1.0 of the standard needs no feature")
  func firstVersion() throws {
    let module = """
      (import "env" "f" (func $f (param i32) (result i32)))
      (memory 1) (table 1 funcref) (global $g (mut i32) (i32.const 0))
      (elem (i32.const 0) $f) (data (i32.const 0) "x")
      (func (export "run") (param i32) (result i32)
        (block $done (br_if $done (local.get 0)) (global.set $g (i32.load offset=4 (i32.const 8))))
        (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
      """
    #expect(try verdict(module, features: .wasm1) == nil)
    // Version 1.0 does not restrict the mutability of imported and exported globals. (Core specification 1.0, 3.4.9 and
    // 3.4.10.)
    #expect(
      try verdict(
        "(import \"\" \"\" (global (mut i32))) (global (export \"g\") (mut i32) (i32.const 0))", features: .wasm1)
        == nil)
  }
}
