import Needletail
import Testing

/// Room that guests give in their memories.
@Suite struct GuestAllocatorTests {
  private static let bump = """
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (global $freed (export "freed") (mut i32) (i32.const 0))
    (func $take (param i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 0) (i32.const 7)) (i32.const -8)))))
    """

  @Test(
    "Each convention is found, and its functions get the right arguments",
    arguments: [
      (
        """
        (func (export "malloc") (param i32) (result i32) (call $take (local.get 0)))
        (func (export "free") (param i32) (global.set $freed (local.get 0)))
        """, Int32(1024)
      ),
      (
        """
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (if (i32.or (i32.or (local.get 0) (local.get 1)) (i32.ne (local.get 2) (i32.const 1))) (then unreachable))
          (call $take (local.get 3)))
        """, 0
      ),
      (
        """
        (func (export "allocate") (param i32) (result i32) (call $take (local.get 0)))
        (func (export "deallocate") (param i32 i32) (global.set $freed (i32.add (local.get 0) (local.get 1))))
        """, 1029
      ),
      (
        """
        (func (export "allocate") (param i32) (result i32) (call $take (local.get 0)))
        (func (export "deallocate") (param i32) (global.set $freed (local.get 0)))
        """, 1024
      ),
      (
        """
        (func (export "__wbindgen_malloc") (param i32 i32) (result i32) (call $take (local.get 0)))
        (func (export "__wbindgen_free") (param i32 i32 i32)
          (global.set $freed (i32.add (i32.mul (local.get 0) (i32.const 10)) (i32.mul (local.get 1) (local.get 2)))))
        """, 10245
      ),
      ("(func (export \"malloc\") (param i32) (result i32) (call $take (local.get 0)))", 0),
    ])
  func conventions(functions: String, freed: Int32) throws {
    let instance = try Engine().instantiate(Self.bump + functions)
    let allocator = try GuestAllocator(instance)
    let buffer = try allocator.write(cString: "Grü")
    #expect(buffer.address == 1024 && buffer.byteCount == 5)
    #expect(try allocator.memory.readCString(at: 1024) == "Grü")
    try allocator.free(buffer)
    guard case .i32(freed)? = instance.global("freed")?.value else {
      Issue.record("\(String(describing: instance.global("freed")?.value))")
      return
    }
    #expect(try allocator.write("abc").address == 1032)
    #expect(try allocator.write("").byteCount == 0)
  }

  @Test("64-bit memories have 64-bit addresses")
  func wide() throws {
    let instance = try Engine().instantiate(
      """
      (memory (export "memory") i64 1)
      (func (export "malloc") (param i64) (result i64) (i64.sub (i64.const 65536) (local.get 0)))
      """)
    let buffer = try GuestAllocator(instance).write([1, 2, 3])
    #expect(buffer.address == 65533)
  }

  @Test(
    "What a hostile allocator returns is refused",
    arguments: [
      (Int32(0), UInt64(1), UInt64(1), GuestAllocatorError.outOfMemory(byteCount: 1)),
      (65536, 1, 1, .invalidAddress(65536, byteCount: 1, alignment: 1)),
      (65535, 2, 1, .invalidAddress(65535, byteCount: 2, alignment: 1)),
      (-1, 1, 1, .invalidAddress(0xFFFF_FFFF, byteCount: 1, alignment: 1)),
      (-1, 0xFFFF_FFFF, 1, .invalidAddress(0xFFFF_FFFF, byteCount: 0xFFFF_FFFF, alignment: 1)),
      (12, 4, 8, .invalidAddress(12, byteCount: 4, alignment: 8)),
      (8, 1 << 32, 1, .outOfMemory(byteCount: 1 << 32)),
    ])
  func hostile(address: Int32, byteCount: UInt64, alignment: UInt64, expected: GuestAllocatorError) throws {
    let instance = try Engine().instantiate(
      "(memory (export \"memory\") 1) (func (export \"malloc\") (param i32) (result i32) (i32.const \(address)))")
    let allocator = try GuestAllocator(instance)
    #expect(throws: expected) { try allocator.allocate(byteCount, alignment: alignment) }
    #expect(!"\(expected)".isEmpty)
  }

  @Test("An instance without memory or allocator is refused")
  func missing() throws {
    #expect(throws: GuestAllocatorError.noMemory(name: "memory")) { try GuestAllocator(Engine().instantiate("")) }
    for fields in [
      "", "(func (export \"malloc\"))", "(func (export \"malloc\") (param i64) (result i64) (local.get 0))",
    ] {
      #expect(throws: GuestAllocatorError.noAllocator) {
        try GuestAllocator(Engine().instantiate("(memory (export \"memory\") 1)" + fields))
      }
    }
  }

  /// The example of the seeds: a contract that greets with a string that the host concatenates.
  @Test("A contract and its host exchange strings", arguments: TestedEngine.all)
  func concatenation(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      "(import \"env\" \"concat\" (func $concat (param i32 i32) (result i32)))" + Self.bump + """
        (data (i32.const 16) "hello \\00")
        (func (export "malloc") (param i32) (result i32) (call $take (local.get 0)))
        (func (export "hello") (param i32) (result i32) (call $concat (i32.const 16) (local.get 0)))
        """
    ) { linker, _ in
      try linker.define("env", "concat") { (caller: Caller, first: UInt32, second: UInt32) -> UInt32 in
        let memory = try caller.memory()
        let text = try memory.readCString(at: UInt64(first)) + memory.readCString(at: UInt64(second))
        return UInt32(try GuestAllocator(caller.instance!).write(cString: text).address)
      }
    }
    let name = try GuestAllocator(instance).write(cString: "World")
    let hello = try instance.function("hello")!.typed(UInt32.self, returning: UInt32.self)
    let address = try hello(UInt32(name.address))
    #expect(try instance.memory("memory")!.readCString(at: UInt64(address)) == "hello World")
  }
}
