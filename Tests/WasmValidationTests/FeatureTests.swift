import Testing
import WebAssembly

/// What belongs to a proposal is valid with it, and names it without it.
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

  @Test("With everything on, the samples are valid", arguments: samples.indices)
  func isValidWithIt(index: Int) throws {
    let error = try verdict(Self.samples[index].module)
    #expect(error == nil, "\(Self.samples[index].module)")
  }

  @Test("With one proposal off, what belongs to it names it", arguments: samples.indices)
  func namesItWithoutIt(index: Int) throws {
    let (feature, module) = Self.samples[index]
    let error = try #require(try verdict(module, features: Features.all.subtracting(feature)), "\(module)")
    guard case .invalid = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.message.contains("\(feature)"), "\(module)")
  }

  @Test("Either of two proposals brings non-null references")
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
    #expect(try verdict(chain, features: .all.subtracting(.gc))?.message == "unknown global 0")
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
  }
}
