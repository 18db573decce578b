import Needletail
import Testing
import WasmBinary
import WasmRuntime
import WasmText
import WebAssembly

@testable import WasmInterpreter

/// Branches and returns with many values: the emitted code is proportional to the body, and moves the right values.
@Suite("Branches with many values")
struct ManyValuesTests {
  private func function(_ text: String) throws -> Function {
    let engine = Engine()
    let instance = try Linker(engine).instantiate(Needletail.Module(engine, text: text), in: Store(engine))
    return try #require(instance.function("f"))
  }

  /// The types of a mixed list of values, and constants of these types.
  private static let kinds = ["i32", "i64", "f32", "f64", "v128"]

  private static func types(_ count: Int) -> String { (0..<count).map { kinds[$0 % 5] }.joined(separator: " ") }

  private static func constant(_ index: Int) -> String {
    kinds[index % 5] == "v128" ? "(v128.const i64x2 \(index) \(index + 1))" : "(\(kinds[index % 5]).const \(index + 1))"
  }

  private static func value(_ index: Int) -> Value {
    switch index % 5 {
    case 0: .i32(Int32(index + 1))
    case 1: .i64(Int64(index + 1))
    case 2: .f32(Float(index + 1))
    case 3: .f64(Double(index + 1))
    default: .v128(unsafeBitCast(SIMD2<UInt64>(UInt64(index), UInt64(index + 1)), to: SIMD16<UInt8>.self))
    }
  }

  @Test("All exits of a block pass the same values", arguments: [1, 2, 3, 4, 17, 500], 0..<8)
  func waysOut(_ count: Int, _ way: Int) throws {
    let values = (0..<count).map { Self.constant($0) }.joined(separator: " ")
    let function = try function(
      """
      (module
        (type $r (func (result \(Self.types(count)))))
        (type $p (func (param \(Self.types(count))) (result \(Self.types(count)))))
        (func $null (result (ref null any)) (ref.null any))
        (func $some (result (ref null any)) (ref.i31 (i32.const 3)))
        (func (export "f") (param i32) (result \(Self.types(count)))
          (local $junk i64)
          (block $out (type $r)
            ;; Operands below, so that values have to be moved.
            (i64.const 77) (local.get $junk)
            \(values)
            (br_if $out (i32.eq (local.get 0) (i32.const 0)))
            (br_if $out (i32.eq (local.get 0) (i32.const 1)))
            (if (type $p) (i32.eq (local.get 0) (i32.const 2)) (then (return)) (else))
            (if (type $p) (i32.eq (local.get 0) (i32.const 3)) (then (br $out)) (else))
            (br_on_null $out (if (result anyref) (i32.eq (local.get 0) (i32.const 4)) (then (call $null)) (else (call $some))))
            drop
            (br_if 1 (i32.eq (local.get 0) (i32.const 5)))
            (if (type $p) (i32.eq (local.get 0) (i32.const 6))
              (then (br_table $out 2 1 0 (i32.const 1))) (else))
            (br_table $out $out 1 (i32.const 9)))))
      """)
    let results = try function.call([.i32(Int32(way))])
    #expect(results.map(\.description) == (0..<count).map { Self.value($0).description })
  }

  @Test("A loop passes its values to the next iteration", arguments: [3, 40])
  func loops(_ count: Int) throws {
    let ints = String(repeating: "i64 ", count: count)
    // Each iteration rotates the values by one place and adds to the last.
    let names = (0..<count).map { "(local.get \($0 + 1))" }
    let function = try function(
      """
      (module
        (type $p (func (param \(ints)) (result \(ints))))
        (func (export "f") (param i32) (result \(ints)) (local \(ints))
          \((0..<count).map { "(i64.const \($0))" }.joined(separator: " "))
          (loop (type $p)
            \((1...count).reversed().map { "(local.set \($0))" }.joined(separator: " "))
            (i32.const 5)
            \(names.dropFirst().joined(separator: " ")) (i64.add (local.get 1) (i64.const 100))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
            \((1...count).reversed().map { "(local.set \($0))" }.joined(separator: " ")) drop
            \(names.joined(separator: " ")))))
      """)
    var expected = (0..<count).map { Int64($0) }
    for _ in 0..<2 * count + 1 { expected = Array(expected.dropFirst()) + [expected[0] + 100] }
    let results = try function.call([.i32(Int32(2 * count + 1))])
    #expect(results.map(\.description) == expected.map { Value.i64($0).description })
  }

  /// The number of code words of a module's first function.
  private func wordCount(_ text: String) throws -> Int {
    let module = try Decoder.decode(try assemble(text))
    let image = try ModuleImage(module, registry: TypeRegistry(), names: NoNames())
    let interpreter = Interpreter(InterpreterOptions(dispatch: .loop))
    let functions = try ModuleFunctions(image, interpreter: interpreter)
    return try Lowering.lower(functions, interpreter, functionIndex: 0, maximumWordCount: 1 << 24).position
  }

  private struct NoNames: DebugNames {
    var moduleName: String? { nil }
    func functionName(_ index: UInt32) -> String? { nil }
    func tagName(_ index: UInt32) -> String? { nil }
  }

  @Test("A function whose code would be too large is refused with the limit")
  func tooLarge() throws {
    let module = try Decoder.decode(
      try assemble("(module (func (param i32) \(String(repeating: "(call 0 (local.get 0))", count: 100))))"))
    let image = try ModuleImage(module, registry: TypeRegistry(), names: NoNames())
    let interpreter = Interpreter(InterpreterOptions(dispatch: .loop))
    let functions = try ModuleFunctions(image, interpreter: interpreter)
    #expect(throws: LimitExceeded.self) {
      try Lowering.lower(functions, interpreter, functionIndex: 0, maximumWordCount: 100)
    }
  }

  @Test("Twice as many branches emit at most twice as many words, with any number of values")
  func proportional() throws {
    func words(values: Int, branches: Int) throws -> Int {
      let types = String(repeating: "i32 ", count: values)
      return try wordCount(
        """
        (module (func (param i32) (result \(types))
          (block (result \(types)) (i64.const 1)
            \(String(repeating: "(local.get 0)", count: values))
            \(String(repeating: "(br_if 0 (local.get 0)) (br_if 1 (local.get 0))", count: branches))
            (br 0))))
        """)
    }
    let (one, two) = (try words(values: 500, branches: 1000), try words(values: 500, branches: 2000))
    #expect(two - one <= 1000 * 4)
    #expect(one < 1000 * 4 + 500 * 4 + 100)
  }
}
