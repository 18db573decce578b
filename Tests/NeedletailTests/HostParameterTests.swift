import Needletail
import Testing

/// Host functions of strings, bytes, views and types of the program.
@Suite struct HostParameterTests {
  private struct Point: HostParameter, HostResult {
    var x: Int32
    var y: Int32
    static var parameterTypes: [ValueType] { [.i32, .i32] }
    static var resultTypes: [ValueType] { [.i32, .i32] }
    static func read(from arguments: inout HostArguments) throws -> Point {
      try Point(x: arguments.next(), y: arguments.next())
    }
    func write(to results: inout HostResults) throws {
      try results.put(x)
      try results.put(y)
    }
  }

  /// A type that takes a number for a reference.
  private struct Forged: HostParameter, HostResult {
    static var parameterTypes: [ValueType] { [.i64] }
    static var resultTypes: [ValueType] { [.funcref] }
    static func read(from arguments: inout HostArguments) throws -> Forged {
      _ = try arguments.next(Function?.self)
      return Forged()
    }
    func write(to results: inout HostResults) throws { try results.put(Int64(0x4141_4141)) }
  }

  /// A type that leaves its argument, and its result, where they are.
  private struct Idle: HostParameter, HostResult {
    static var parameterTypes: [ValueType] { [.i64] }
    static var resultTypes: [ValueType] { [.funcref] }
    static func read(from arguments: inout HostArguments) throws -> Idle { Idle() }
    func write(to results: inout HostResults) throws {}
  }

  private static let memory = """
    (memory (export "memory") 1) (data (i32.const 8) "h\\c3\\a9llo\\00\\ff")
    (global $top (mut i32) (i32.const 1024))
    (func (export "malloc") (param i32) (result i32)
      (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 0))))
    (func (export "free") (param i32))
    """

  @Test("Strings, bytes and views are an address and a number of bytes", arguments: TestedEngine.all)
  func strings(tested: TestedEngine) throws {
    var seen: [String] = []
    let instance = try tested.make().instantiate(
      """
      (import "host" "s" (func $s (param i32 i32 i64 i32))) (import "host" "b" (func $b (param i32 i32) (result i32)))
      (import "host" "v" (func $v (param i32 i32 i32 i32) (result i64)))
      \(Self.memory)
      (func (export "run") (param i32 i32) (result i64)
        (call $s (local.get 0) (local.get 1) (i64.const -5) (i32.const 1))
        (drop (call $b (local.get 0) (local.get 1)))
        (call $v (local.get 0) (local.get 1) (i32.const 3) (i32.const 4)))
      """
    ) { linker, _ in
      try linker.define("host", "s") { (_: Caller, text: String, number: Int, flag: Bool) in
        seen.append("\(text) \(number) \(flag)")
      }
      try linker.define("host", "b") { (_: Caller, bytes: [UInt8]) -> Int32 in
        seen.append("\(bytes.count)")
        return 0
      }
      try linker.define("host", "v") { (_: Caller, bytes: RawSpan, point: Point) -> Int in
        bytes.byteCount * 100 + Int(point.x * 10 + point.y)
      }
    }
    let run = try instance.function("run")!.typed(UInt32.self, UInt32.self, returning: Int64.self)
    #expect(try run(8, 6) == 634)
    #expect(seen == ["héllo -5 true", "6"])
    #expect(throws: StringError.self) { try run(8, 8) }
    for (address, count) in [(65_536, 1), (8, UInt32.max), (UInt32.max, UInt32.max)] as [(UInt32, UInt32)] {
      #expect(throws: Trap.self) { try run(address, count) }
    }
    #expect(try run(65_536, 0) == 34)
  }

  @Test("Results are in room of the guest's allocator", arguments: TestedEngine.all)
  func results(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      """
      (import "host" "twice" (func $twice (param i32 i32) (result i64)))
      (import "host" "concat" (func $concat (param i32 i32) (result i32)))
      (import "host" "swap" (func $swap (param i32 i32) (result i32 i32)))
      \(Self.memory)
      (func (export "twice") (result i64) (call $twice (i32.const 8) (i32.const 6)))
      (func (export "concat") (result i32) (call $concat (i32.const 8) (i32.const 11)))
      (func (export "swap") (param i32 i32) (result i32 i32) (call $swap (local.get 0) (local.get 1)))
      """
    ) { linker, _ in
      try linker.define("host", "twice") { (_: Caller, text: String) -> String in text + text }
      try linker.define("host", "concat") { (_: Caller, a: CString, b: CString) -> CString in
        CString(a.string + b.string)
      }
      try linker.define("host", "swap") { (_: Caller, point: Point) -> Point in Point(x: point.y, y: point.x) }
    }
    let memory = instance.memory("memory")!
    #expect(try instance.function("twice")!.call()[0].i64 == 1024 << 32 | 12)
    #expect(try memory.readString(at: 1024, count: 12) == "héllohéllo")
    let address = try #require(try instance.function("concat")!.call()[0].i32)
    #expect(address == 1036)
    #expect(try memory.readCString(at: UInt64(address)) == "héllollo")
    #expect(try instance.function("swap")!.call([.i32(1), .i32(2)]).map(\.i32) == [2, 1])
  }

  @Test("A guest whose allocator is missing or lies ends with a typed error", arguments: TestedEngine.all)
  func hostileAllocator(tested: TestedEngine) throws {
    func run(_ fields: String) throws {
      let instance = try tested.make().instantiate(
        """
        (import "host" "f" (func $f (result i64))) (memory (export "memory") 1) \(fields)
        (func (export "run") (drop (call $f)))
        """
      ) { linker, _ in try linker.define("host", "f") { (_: Caller) -> String in "text" } }
      try instance.function("run")!.call()
    }
    let malloc = "(func (export \"malloc\") (param i32) (result i32)"
    #expect(throws: GuestAllocatorError.noAllocator) { try run("") }
    #expect(throws: GuestAllocatorError.outOfMemory(byteCount: 4)) { try run("\(malloc) (i32.const 0))") }
    for address: Int32 in [-1, -4, 65_533] {
      #expect(throws: GuestAllocatorError.self) { try run("\(malloc) (i32.const \(address)))") }
    }
    #expect(throws: Trap.self) { try run("\(malloc) unreachable)") }
    // It calls the host, which calls it, and so on.
    #expect(throws: Trap.self) { try run("\(malloc) (drop (call $f)) (i32.const 8))") }
    try run("\(malloc) (i32.const 65532))")
  }

  @Test("A type of the program can neither forge references nor leave arguments or results")
  func forgery() throws {
    let store = try Store(Engine())
    func check(_ message: String, _ function: Function, _ arguments: [Value] = []) {
      let error = #expect(throws: ArgumentError.self) { try function.call(arguments) }
      #expect(error?.message == message)
    }
    check(
      "expected a parameter of type funcref, found i64", try Function(store) { (_: Caller, _: Forged) in },
      [.i64(0x4141_4141)])
    check("expected a result of type funcref, found i64", try Function(store) { (_: Caller) -> Forged in Forged() })
    check(
      "expected 1 arguments to be read, found 0", try Function(store) { (_: Caller, _: Idle) in }, [.i64(0x4141_4141)])
    check(
      "expected 1 results, found 0", try Function(store) { (_: Caller, _: Int64) -> Idle in Idle() },
      [.i64(0x4141_4141)])
  }

  /// Calls a guest while it is read.
  private struct Calling: HostParameter {
    static var parameterTypes: [ValueType] { [.i32] }

    static func read(from arguments: inout HostArguments) throws -> Calling {
      let guest = try arguments.caller.context(Instance.self)
      _ = try guest.function("f")!.call([.i32(try arguments.next())])
      return Calling()
    }
  }

  @Test("Guests that are called while arguments are read do not change the others", arguments: TestedEngine.all)
  func callingWhileReading(tested: TestedEngine) throws {
    let store = try Store(tested.make())
    let instance = try store.engine.instantiate(
      """
      (func (export "f") (param i32) (local i64 i64 i64 i64)
        (local.set 1 (i64.const 0x4141414141414141)) (local.set 2 (i64.const 0x4141414141414141))
        (local.set 3 (i64.const 0x4141414141414141)) (local.set 4 (i64.const 0x4141414141414141)))
      """, in: store)
    store.context = instance
    defer { store.context = nil }
    var found: [AnyObject?] = []
    let function = try Function(store) { (_: Caller, _: Calling, reference: ExternalReference?, number: Int64) in
      found = [reference?.object, number == 7 ? nil : instance]
    }
    try function.call([.i32(1), .external(ExternalReference(store)), .i64(7)])
    #expect(found[0] === store && found[1] == nil)
  }

  @Test("Without a caller there is no memory")
  func calledByHost() throws {
    let store = try Store(Engine())
    let reads = try Function(store) { (_: Caller, _: String) in }
    let returns = try Function(store) { (_: Caller) -> String in "" }
    #expect(throws: MissingExport.self) { try reads.call([.i32(0), .i32(0)]) }
    #expect(throws: MissingExport.self) { try returns.call() }
  }
}
