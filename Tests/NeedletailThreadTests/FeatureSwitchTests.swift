import Needletail
import Testing

/// Using a disabled proposal is an error that names the proposal.
@Suite struct FeatureSwitchTests {
  static let samples: [(feature: String, fields: String)] = [
    ("mutable-globals", "(global (export \"\") (mut i32) (i32.const 0))"),
    ("sign-extension", "(func (drop (i64.extend32_s (i64.const 0))))"),
    ("saturating-float-to-int", "(func (drop (i64.trunc_sat_f64_u (f64.const 0))))"),
    ("multi-value", "(func (result i32 i32) (i32.const 0) (i32.const 0))"),
    ("bulk-memory", "(memory 1) (func (memory.copy (i32.const 0) (i32.const 0) (i32.const 0)))"),
    ("reference-types", "(table 1 externref)"),
    ("simd", "(func (drop (i8x16.splat (i32.const 0))))"),
    ("relaxed-simd", "(func (param v128) (drop (f32x4.relaxed_min (local.get 0) (local.get 0))))"),
    ("tail-call", "(func $f (return_call $f))"),
    ("extended-const", "(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
    ("multi-memory", "(memory 1) (memory 1)"),
    ("memory64", "(memory i64 1)"),
    ("function-references", "(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))"),
    ("gc", "(type (struct (field i32)))"),
    ("exceptions", "(tag)"),
    ("threads", "(memory 1 1 shared)"),
    ("threads", "(memory 1) (func (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 0))))"),
    ("wide-arithmetic", "(func (result i64 i64) (i64.mul_wide_u (i64.const 0) (i64.const 0)))"),
    ("custom-page-sizes", "(memory 1 (pagesize 1))"),
    ("custom-descriptors", "(rec (type (descriptor 1) (struct)) (type (describes 0) (struct)))"),
    ("legacy-exceptions", "(func (try (do) (catch_all)))"),
    ("compact-imports", "(import \"m\" (item \"a\" (func)) (item \"b\" (func)))"),
  ]

  /// The message of such an error. If the binary format itself depends on the proposal, the module is malformed,
  /// otherwise invalid.
  private static func message(of body: () throws -> Void) throws -> String {
    do {
      try body()
      return ""
    } catch let error as ValidationError {
      return error.message
    } catch let error as Needletail.DecodingError {
      return error.message
    }
  }

  @Test("Each feature has a sample")
  func complete() {
    #expect(Set(Self.samples.map(\.feature)) == Set(Features.names.map(\.name)))
  }

  @Test("Each sample is valid with all features; without its feature the error names it", arguments: samples)
  func switches(name: String, fields: String) throws {
    var configuration = Engine.Configuration()
    configuration.features = .all
    _ = try Module(Engine(configuration), text: "(module \(fields))")
    // Tags and `exnref` belong to either form of exceptions.
    if name == "exceptions" { configuration.features.remove(.legacyExceptions) }
    configuration.features.remove(try #require(Features.names.first { $0.name == name }).feature)
    let message = try Self.message { _ = try Module(Engine(configuration), text: "(module \(fields))") }
    #expect(message.contains(name), "\(message)")
  }
}
