import Needletail
import Testing

/// Calls of functions, with and without static types.
@Suite struct FunctionTests {
  private static let fields = """
    (func (export "sub") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
    (func (export "two") (param i64) (result i64 f64) (local.get 0) (f64.const 0.5))
    (func (export "nothing"))
    """

  @Test("Arguments and results keep their order", arguments: TestedEngine.all)
  func calls(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(Self.fields)
    #expect(try instance.function("sub")!.call([.i32(5), .i32(7)])[0].i32 == -2)
    let subtract = try instance.function("sub")!.typed(Int32.self, Int32.self, returning: Int32.self)
    #expect(try subtract(5, 7) == -2)
    let two = try instance.function("two")!.typed(Int64.self, returning: Int64.self, Double.self)
    let (long, float) = try two(9)
    #expect(long == 9 && float == 0.5)
    #expect(try instance.function("nothing")!.call().isEmpty)
    try instance.function("nothing")!.typed()()
  }

  @Test("A wrong number or type of arguments is refused, with both types")
  func wrongArguments() throws {
    let function = try Engine().instantiate(Self.fields).function("sub")!
    func message(_ arguments: [Value]) -> String? {
      (#expect(throws: ArgumentError.self) { try function.call(arguments) })?.message
    }
    #expect(message([]) == "expected 2 arguments, found 0")
    #expect(message([.i32(1), .i32(2), .i32(3)]) == "expected 2 arguments, found 3")
    #expect(message([.i32(1), .f32(2)]) == "invalid argument 2: expected i32, found f32")
  }

  @Test("Static types must be those of the function; unsigned and signed integers have one Wasm type")
  func staticTypes() throws {
    let function = try Engine().instantiate(Self.fields).function("sub")!
    let unsigned = try function.typed(UInt32.self, Int32.self, returning: UInt32.self)
    #expect(try unsigned(1, 2) == .max)
    #expect(function.type == FunctionType(parameters: [.i32, .i32], results: [.i32]))
    let error = #expect(throws: ArgumentError.self) { try function.typed(Int32.self, returning: Int32.self) }
    #expect(error?.message == "expected a function of type (func (param i32) (result i32)), found \(function.type)")
    #expect(throws: ArgumentError.self) { try function.typed(Int32.self, Int32.self) }
    #expect(throws: ArgumentError.self) { try function.typed(Int32.self, Int64.self, returning: Int32.self) }
    #expect(try function.typed(Int32.self, Int32.self, returning: Int32.self).function.type == function.type)
  }

  @Test("A host function's Wasm type follows from the closure", arguments: 0...6)
  func closureTypes(count: Int) throws {
    let store = try Store(Engine())
    // Up to four parameters have their own overloads.
    let functions: [Function] = [
      try Function(store) { (_: Caller) -> Int32 in 0 },
      try Function(store) { (_: Caller, a: Int32) -> Int32 in a },
      try Function(store) { (_: Caller, a: Int32, b: Int32) -> Int32 in a - b },
      try Function(store) { (_: Caller, a: Int32, b: Int32, c: Int32) -> Int32 in a - b - c },
      try Function(store) { (_: Caller, a: Int32, b: Int32, c: Int32, d: Int32) -> Int32 in a - b - c - d },
      try Function(store) { (_: Caller, a: Int32, b: Int32, c: Int32, d: Int32, e: Int32) -> Int32 in a - b - c - d - e
      },
      try Function(store) { (_: Caller, a: Int32, b: Int32, c: Int32, d: Int32, e: Int32, f: Int32) -> Int32 in
        a - b - c - d - e - f
      },
    ]
    let function = functions[count]
    #expect(function.type == FunctionType(parameters: Array(repeating: .i32, count: count), results: [.i32]))
    let arguments = (0..<Int32(count)).map { Int32(100) >> $0 }
    let expected = arguments.dropFirst().reduce(arguments.first ?? 0, -)
    #expect(try function.call(arguments.map { .i32($0) })[0].i32 == expected)
  }

  private struct Refused: Error, Equatable { var number: Int }

  @Test("Errors of the host and exits pass through the guest unchanged", arguments: TestedEngine.all)
  func errors(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      """
      (import "host" "f" (func $f (param i32)))
      (func (export "run") (param i32) (block $c (try_table (catch_all $c) (call $f (local.get 0)))))
      """
    ) { linker, _ in
      try linker.define("host", "f") { (_: Caller, number: Int32) in
        if number == 0 { throw ExitStatus(code: 7) }
        throw Refused(number: Int(number))
      }
    }
    let run = instance.function("run")!
    #expect(throws: ExitStatus(code: 7)) { try run.call([.i32(0)]) }
    #expect(throws: Refused(number: 3)) { try run.call([.i32(3)]) }
    #expect(ExitStatus(code: 7).description == "exit status 7")
  }
}
