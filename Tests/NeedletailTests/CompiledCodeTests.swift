import Needletail
import Testing

/// Engines that must produce the same results: the interpreter, compiled code, lazily compiled code, and mixtures in
/// which only small functions are compiled.
private enum EngineKind: String, CaseIterable, CustomTestStringConvertible {
  case interpreted, compiled, optimized, lazy, mixed, lazilyMixed

  var engine: Engine {
    var configuration = Engine.Configuration()
    configuration.maximumStackSize = 1 << 20
    switch self {
    case .interpreted: configuration.execution = .interpreter
    case .compiled: configuration.execution = .jit(.none)
    case .optimized: configuration.execution = .jit(.aggressive)
    case .lazy:
      configuration.execution = .jit(.basic)
      configuration.compilation = .lazy
    case .mixed, .lazilyMixed:
      configuration.execution = .jit(.basic)
      configuration.maximumCompiledFunctionSize = 16
      if self == .lazilyMixed { configuration.compilation = .lazy }
    }
    return Engine(configuration)
  }

  var testDescription: String { rawValue }
}

/// The results, or the kind of error and its message.
private func outcome(_ body: () throws -> [Value]) -> String {
  do {
    return "\(try body())"
  } catch let trap as Trap {
    return "\(trap.message) in \(trap.backtrace.map { "\($0)" })"
  } catch {
    return "\(error)"
  }
}

@Suite("Compiled code and the host")
struct CompiledCodeTests {
  private func instantiate(_ kind: EngineKind, _ text: String, _ define: (Linker) throws -> Void = { _ in }) throws
    -> Instance
  {
    let engine = kind.engine
    let linker = Linker(engine)
    try define(linker)
    return try linker.instantiate(Module(engine, text: text), in: Store(engine))
  }

  // MARK: Calls

  private static let identity = """
    (module
      (type $t (func (param i32 i64 f32 f64 v128 i32 i64 f32 f64 v128 i32 i64 i32 i64 i32 f64 f64 f64 f64 f32 f32 v128 i32)
        (result i32 i64 f32 f64 v128 i32 i64 f32 f64 v128 i32 i64 i32 i64 i32 f64 f64 f64 f64 f32 f32 v128 i32)))
      (import "host" "identity" (func $identity (type $t)))
      (table funcref (elem $identity))
      (func (export "direct") (type $t)
        \((0..<23).map { "(local.get \($0))" }.joined()) (call $identity))
      (func (export "indirect") (type $t)
        \((0..<23).map { "(local.get \($0))" }.joined()) (call_indirect (type $t) (i32.const 0)))
      (func $own (type $t) \((0..<23).map { "(local.get \($0))" }.joined()))
      (func (export "own") (type $t)
        \((0..<23).map { "(local.get \($0))" }.joined()) (call $own))
      (func (export "tail") (type $t)
        \((0..<23).map { "(local.get \($0))" }.joined()) (return_call $identity)))
    """

  @Test("Values of all types are passed both ways, in registers and on the stack", arguments: EngineKind.allCases)
  fileprivate func manyValues(_ kind: EngineKind) throws {
    let types: [ValueType] = [
      .i32, .i64, .f32, .f64, .v128, .i32, .i64, .f32, .f64, .v128, .i32, .i64, .i32, .i64, .i32, .f64, .f64, .f64,
      .f64,
      .f32, .f32, .v128, .i32,
    ]
    let values = types.enumerated().map { index, type -> Value in
      switch type {
      case .i32: .i32(-Int32(index) - 1)
      case .i64: .i64(Int64(index) << 40 | 7)
      case .f32: .f32(Float(index) + 0.5)
      case .f64: .f64(Double(index) * 1e100)
      default: .v128(SIMD16((0..<16).map { UInt8($0 + 16 * (index % 8)) }))
      }
    }
    let instance = try instantiate(kind, Self.identity) { linker in
      try linker.define("host", "identity", type: FunctionType(parameters: types, results: types)) { $1 }
    }
    for name in ["direct", "indirect", "own", "tail"] {
      #expect("\(try instance.function(name)!.call(values))" == "\(values)", "\(name)")
    }
  }

  // MARK: Bounds

  private static let accesses: [(name: String, size: UInt64, load: String, store: String)] = [
    ("8", 1, "(i64.load8_u offset=%o (local.get 0))", "(i64.store8 offset=%o (local.get 0) (i64.const -1))"),
    ("16", 2, "(i64.load16_u offset=%o (local.get 0))", "(i64.store16 offset=%o (local.get 0) (i64.const -1))"),
    ("32", 4, "(i64.load32_u offset=%o (local.get 0))", "(i64.store32 offset=%o (local.get 0) (i64.const -1))"),
    ("64", 8, "(i64.load offset=%o (local.get 0))", "(i64.store offset=%o (local.get 0) (i64.const -1))"),
    (
      "128", 16, "(i64x2.extract_lane 1 (v128.load offset=%o (local.get 0)))",
      "(v128.store offset=%o (local.get 0) (v128.const i64x2 -1 -1))"
    ),
  ]

  @Test("Accesses trap exactly at the end of memory", arguments: EngineKind.allCases, [0, 1, 3] as [UInt64])
  fileprivate func bounds(_ kind: EngineKind, pages: UInt64) throws {
    let offsets: [UInt64] = [0, 1, 65520, 65535, 65536, 0x7FFF_FFF0, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
    var text = "(module (memory \(pages) 4)\n"
    for access in Self.accesses {
      for offset in offsets {
        let load = access.load.split(separator: "%o", omittingEmptySubsequences: false).joined(separator: "\(offset)")
        let store = access.store.split(separator: "%o", omittingEmptySubsequences: false).joined(separator: "\(offset)")
        text += "(func (export \"load\(access.name)+\(offset)\") (param i32) (result i64) \(load))\n"
        text += "(func (export \"store\(access.name)+\(offset)\") (param i32) \(store))\n"
      }
    }
    let instance = try instantiate(kind, text + ")")
    let byteCount = pages << 16
    for access in Self.accesses {
      for offset in offsets {
        var addresses: [UInt64] = [0, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
        for end in [byteCount, 65536, 1 << 32] where end >= offset + access.size {
          addresses += [end - offset - access.size, end - offset - access.size + 1]
        }
        for address in addresses where address < 1 << 32 {
          let isInside = address + offset + access.size <= byteCount
          for name in ["load", "store"] {
            let function = instance.function("\(name)\(access.name)+\(offset)")!
            let result = outcome { try function.call([.i32(Int32(truncatingIfNeeded: address))]) }
            #expect(
              result.hasPrefix("out of bounds memory access") != isInside,
              "\(name)\(access.name) at \(address) + \(offset) of \(pages) pages: \(result)")
          }
        }
      }
    }
  }

  @Test("A load folded into a comparison traps", arguments: EngineKind.allCases)
  fileprivate func comparedLoads(_ kind: EngineKind) throws {
    let conditions = [
      "(i32.load (local.get 0))", "(i32.load8_u (local.get 0))", "(i64.eqz (i64.load (local.get 0)))",
      "(i32.lt_s (local.get 1) (i32.load (local.get 0)))", "(i32.eq (i32.load (local.get 0)) (i32.const 7))",
      "(i32.eqz (i32.and (i32.load (local.get 0)) (i32.const 8)))", "(f64.eq (local.get 2) (f64.load (local.get 0)))",
      "(f32.lt (f32.const 1) (f32.load (local.get 0)))",
    ]
    var text = "(module (memory 1)\n"
    for (index, condition) in conditions.enumerated() {
      let head = "(param i32 i32 f64) (result i32)"
      text +=
        "(func (export \"branch\(index)\") \(head) (if (result i32) \(condition) (then (i32.const 1)) (else (i32.const 2))))\n"
      text += "(func (export \"same\(index)\") \(head) (block (br_if 0 \(condition))) (i32.const 3))\n"
      text += "(func (export \"set\(index)\") \(head) \(condition))\n"
      text += "(func (export \"select\(index)\") \(head) (select (local.get 0) (local.get 1) \(condition)))\n"
      text +=
        "(func (export \"float\(index)\") \(head) (i32.trunc_sat_f64_s (select (local.get 2) (f64.const 1) \(condition))))\n"
    }
    let instance = try instantiate(kind, text + ")")
    for name in ["branch", "same", "set", "select", "float"] {
      for index in conditions.indices {
        let function = instance.function("\(name)\(index)")!
        #expect(throws: Never.self) { try function.call([.i32(65_528), .i32(1), .f64(0)]) }
        #expect(throws: Trap.self, "\(name) \(conditions[index])") {
          try function.call([.i32(65_536), .i32(1), .f64(0)])
        }
      }
    }
  }

  @Test("A grown memory is accessible up to its new end", arguments: EngineKind.allCases)
  fileprivate func growth(_ kind: EngineKind) throws {
    let instance = try instantiate(
      kind,
      """
      (module (memory 0 3)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "touch") (param i32) (i32.store8 (local.get 0) (i32.const 1))))
      """)
    let touch = try instance.function("touch")!.typed(UInt32.self)
    let grow = try instance.function("grow")!.typed(Int32.self, returning: Int32.self)
    for pages in 0..<3 as Range<UInt32> {
      #expect(throws: Trap.self) { try touch(pages << 16) }
      #expect(try grow(1) == Int32(pages))
      try touch((pages + 1) << 16 - 1)
    }
    #expect(try grow(1) == -1)
    #expect(throws: Trap.self) { try touch(3 << 16) }
  }

  // MARK: The stack

  @Test("Endless recursion traps, and the store remains usable", arguments: EngineKind.allCases)
  fileprivate func recursion(_ kind: EngineKind) throws {
    let instance = try instantiate(
      kind,
      """
      (module
        (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
        (func $wide (export "wide") (param f64 i64 i64 i64 i64 i64 i64) (result i64)
          (local v128 v128 v128 v128 i64 i64 i64 i64)
          (i64.add (call $wide (f64.add (local.get 0) (f64.const 1)) (local.get 2) (local.get 3) (local.get 4)
            (local.get 5) (local.get 6) (local.get 1)) (i64.add (local.get 1) (local.get 6))))
        (func (export "fine") (result i32) (i32.const 42)))
      """)
    for _ in 0..<3 {
      let deep = outcome { try instance.function("deep")!.call([.i32(0)]) }
      #expect(deep.hasPrefix("call stack exhausted in [\"deep"))
      let wide = outcome {
        try instance.function("wide")!.call([.f64(0)] + Array(repeating: Value.i64(1), count: 6))
      }
      #expect(wide.hasPrefix("call stack exhausted in [\"wide"))
      #expect("\(try instance.function("fine")!.call())" == "\([Value.i32(42)])")
    }
  }

  @Test("Endless recursion through the host traps, whether or not the host catches it", arguments: EngineKind.allCases)
  fileprivate func recursionThroughHost(_ kind: EngineKind) throws {
    let instance = try instantiate(
      kind,
      """
      (module (import "host" "again" (func $again (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (i32.add (call $again (local.get 0)) (i32.const 1))))
      """
    ) { linker in
      try linker.define("host", "again") { (caller: Caller, depth: Int32) throws -> Int32 in
        guard case .function(let run)? = caller.export("run") else { return -1 }
        return try run.typed(Int32.self, returning: Int32.self)(depth + 1)
      }
    }
    for _ in 0..<3 {
      let result = outcome { try instance.function("run")!.call([.i32(0)]) }
      #expect(result.hasPrefix("call stack exhausted"), "\(result.prefix(100))")
    }
  }

  // MARK: Traps and their frames

  private static let nested = """
    (module $m (import "host" "callback" (func $callback (param i32) (result i32)))
      (memory 1)
      (func $inner (export "inner") (param i32) (result i32) (i32.load (i32.mul (local.get 0) (i32.const 65536))))
      (func $middle (param i32) (result i32) (i32.add (call $callback (local.get 0)) (i32.const 1)))
      (func $outer (export "outer") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
        (i32.add (call $middle (local.get 0)) (i32.const 10)))
      (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
      (func (export "unreachable") unreachable))
    """

  /// Runs the module with a host that catches errors of its callback if the argument is even.
  private func nest(_ kind: EngineKind, _ argument: Int32) throws -> (String, String?) {
    final class Seen { var inner: String? }
    let seen = Seen()
    let instance = try instantiate(kind, Self.nested) { linker in
      try linker.define("host", "callback") { (caller: Caller, argument: Int32) throws -> Int32 in
        guard case .function(let inner)? = caller.export("inner") else { return -1 }
        do {
          return try inner.typed(Int32.self, returning: Int32.self)(argument)
        } catch let trap as Trap {
          seen.inner = "\(trap.message) in \(trap.backtrace.map { "\($0)" })"
          if argument % 2 == 0 { return 7 }
          throw trap
        }
      }
    }
    return (outcome { try instance.function("outer")!.call([.i32(argument)]) }, seen.inner)
  }

  @Test("A trap in a nested activation has all frames; if the host catches it, outer frames continue")
  func nestedTraps() throws {
    for argument in 0...3 as ClosedRange<Int32> {
      let expected = try nest(.interpreted, argument)
      for kind in EngineKind.allCases { #expect(try nest(kind, argument) == expected, "\(kind) \(argument)") }
    }
  }

  @Test("Divisions trap as in the interpreter", arguments: EngineKind.allCases)
  fileprivate func divisions(_ kind: EngineKind) throws {
    let reference = try instantiate(.interpreted, Self.nested) {
      try $0.define("host", "callback") { (_: Caller, x: Int32) in x }
    }
    let instance = try instantiate(kind, Self.nested) {
      try $0.define("host", "callback") { (_: Caller, x: Int32) in x }
    }
    for (x, y) in [(1, 0), (.min, -1), (7, -2), (.min, 2)] as [(Int32, Int32)] {
      let expected = outcome { try reference.function("divide")!.call([.i32(x), .i32(y)]) }
      #expect(outcome { try instance.function("divide")!.call([.i32(x), .i32(y)]) } == expected)
    }
    #expect(
      outcome { try instance.function("unreachable")!.call() }
        == outcome { try reference.function("unreachable")!.call() })
  }

  @Test("Errors of the host pass through unchanged", arguments: EngineKind.allCases)
  fileprivate func hostErrors(_ kind: EngineKind) throws {
    struct Failure: Error, Equatable { var number: Int32 }
    let instance = try instantiate(kind, Self.nested) { linker in
      try linker.define("host", "callback") { (_: Caller, x: Int32) throws -> Int32 in throw Failure(number: x) }
    }
    for number in 1...3 as ClosedRange<Int32> {
      #expect(throws: Failure(number: number)) { try instance.function("outer")!.call([.i32(number)]) }
    }
  }

  // MARK: Refusals

  @Test("If executable memory is forbidden, the interpreter runs and a line says so")
  func forbidden() throws {
    let lines = Lines()
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.basic)
    configuration.allowsExecutableMemory = false
    configuration.log = lines.append
    let engine = Engine(configuration)
    #expect(engine.execution == .interpreter)
    #expect(lines.all == ["executable memory is forbidden: code is interpreted"])
    let module = try Module(engine, text: "(module (func (export \"f\") (result i32) (i32.const 3)))")
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    #expect("\(try instance.function("f")!.call())" == "\([Value.i32(3)])")
  }

  @Test("Code beyond the limit is an error, and the space of released modules is reused")
  func exhausted() throws {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.basic)
    configuration.limits.codeByteCount = 8 << 10
    let engine = Engine(configuration)
    let small = "(module (func (export \"f\") (result i32) (i32.const 3)))"
    let body = String(repeating: "(local.set 0 (i64.mul (local.get 0) (local.get 1)))", count: 4000)
    for _ in 0..<3 {
      let modules = try (0..<2).map { _ in try Module(engine, text: small) }
      #expect(throws: LimitExceeded.self) { try Module(engine, text: small) }
      #expect(throws: LimitExceeded.self) { try Module(engine, text: "(module (func (param i64 i64) \(body)))") }
      withExtendedLifetime(modules) {}
    }
  }

  @Test("Functions without space for lazily compiled code are interpreted, and a line says so")
  func exhaustedLazily() throws {
    let lines = Lines()
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.none)
    configuration.compilation = .lazy
    configuration.limits.codeByteCount = 16 << 10
    configuration.log = lines.append
    let engine = Engine(configuration)
    let body = (0..<2000).map { "(local.set 0 (i64.rotl (local.get 0) (i64.const \($0))))" }.joined()
    let module = try Module(
      engine,
      text: """
        (module (func $small (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
          (func $large (export "large") (param i64) (result i64) \(body) (call $small (local.get 0)))
          (func (export "f") (param i64) (result i64) (call $small (call $large (call $small (local.get 0))))))
        """)
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    #expect(lines.all == [])
    for _ in 0..<2 {
      let rotated: Int64 = 1 << (1_999_000 % 64)
      #expect("\(try instance.function("f")!.call([.i64(0)]))" == "\([Value.i64(rotated + 2)])")
      #expect("\(try instance.function("large")!.call([.i64(1)]))" == "\([Value.i64(rotated + 1)])")
    }
    #expect(lines.all == ["large is interpreted: there is no more memory for compiled code"])
  }

  @Test("Functions that are too large are interpreted, and a line says so")
  func tooLarge() throws {
    let lines = Lines()
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.basic)
    configuration.maximumCompiledFunctionSize = 6
    configuration.log = lines.append
    let engine = Engine(configuration)
    let module = try Module(
      engine,
      text: """
        (module (func $large (export "f") (result i32) (i32.add (call $small) (i32.const 300)))
          (func $small (result i32) (i32.const 3)))
        """)
    #expect(lines.all == ["large is interpreted: its body is larger than 6 bytes"])
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    #expect("\(try instance.function("f")!.call())" == "\([Value.i32(303)])")
  }
}

/// The lines that an engine logged.
private final class Lines: @unchecked Sendable {
  private(set) var all: [String] = []
  func append(_ line: String) { all.append(line) }
}
