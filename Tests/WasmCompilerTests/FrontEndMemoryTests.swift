import Testing

@testable import WasmCompiler

/// Which accesses are checked, and how.
@Suite("Memories, tables and objects in the graph")
struct FrontEndMemoryTests {
  @Test("Memory 0 with 32-bit addresses is guarded; the offset is part of the access")
  func guarded() throws {
    let text = "(module (memory 1) (func (param i32) (result i64) (i64.load offset=8 (local.get 0))))"
    #expect(
      try graph(of: text) == """
        function 0 -> i64
        block0(v0: i32):
          v1: i64 = memory_base
          v2: i64 = i64.load [v1 + v0 + 8] !memory !trap(outOfBoundsMemoryAccess)
          return v2

        """)
  }

  @Test(
    "Accesses that guard pages do not catch are checked",
    arguments: [
      "(memory 1) (func (param i32) (result i32) (i32.load offset=0x80000000 (local.get 0)))",
      "(memory i64 1) (func (param i64) (result i32) (i32.load (local.get 0)))",
      "(memory 1 (pagesize 1)) (func (param i32) (result i32) (i32.load (local.get 0)))",
    ])
  func checked(fields: String) throws {
    let printed = try graph(of: "(module \(fields))")
    #expect(printed.contains("trap_if") && !printed.contains("memory_base"))
    #expect(printed.contains("!memory !guarded\n"))
  }

  @Test("A second memory is guarded as well; its base is loaded")
  func secondMemory() throws {
    let text = "(module (memory 1) (memory 1) (func (param i32) (result i32) (i32.load 1 (local.get 0))))"
    let printed = try graph(of: text)
    #expect(!printed.contains("trap_if") && printed.contains("!memory !trap(outOfBoundsMemoryAccess)"))
  }

  @Test(
    "A small copy is expanded to loads and then stores, the last one first", arguments: [1, 2, 3, 7, 16, 21, 64])
  func smallCopy(byteCount: Int) throws {
    let printed = try graph(
      of: """
        (module (memory 1) (func (param i32 i32)
          (memory.copy (local.get 0) (local.get 1) (i32.const \(byteCount)))))
        """)
    #expect(!printed.contains("call_runtime"))
    let lines = printed.split(separator: "\n")
    let stores = lines.filter { $0.contains(".store") }
    #expect(lines.lastIndex { $0.contains(".load") }! < lines.firstIndex { $0.contains(".store") }!)
    let widths = ["i32.store8": 1, "i32.store16": 2, "i32.store": 4, "i64.store": 8, "v128.store": 16]
    let parts = stores[0].split { "+]".contains($0) }
    let start = parts.count > 3 ? Int(parts[2].filter(\.isNumber))! : 0
    let first = stores[0].split(separator: " ")
    #expect(start + widths[String(first[0])]! == byteCount)
  }

  @Test("Fills of no bytes, many bytes or an unknown number call the runtime", arguments: ["0", "65"])
  func otherFills(count: String) throws {
    let printed = try graph(
      of: "(module (memory 1) (func (param i32) (memory.fill (local.get 0) (i32.const 1) (i32.const \(count)))))")
    #expect(printed.contains("call_runtime memoryFill"))
    let unknown = try graph(
      of: "(module (memory 1) (func (param i32 i32) (memory.fill (local.get 0) (i32.const 1) (local.get 1))))")
    #expect(unknown.contains("call_runtime memoryFill"))
    let checked = try graph(
      of: "(module (memory i64 1) (func (param i64) (memory.fill (local.get 0) (i32.const 1) (i64.const 8))))")
    #expect(checked.contains("call_runtime memoryFill"))
  }

  @Test("A small array is allocated from the window of its size class")
  func smallArray() throws {
    let text = """
      (module (type $a (array (mut i32)))
        (func (param i32) (result (ref $a)) (array.new $a (local.get 0) (i32.const 3)))
        (func (param i32) (result (ref $a)) (array.new $a (local.get 0) (i32.const 300)))
        (func (result (ref $a)) (array.new_default $a (i32.const 5))))
      """
    #expect(!(try graph(of: text, function: 0)).contains("allocateArray"))
    #expect(try graph(of: text, function: 1).contains("allocateArray"))
    #expect(!(try graph(of: text, function: 2)).contains("allocateArray"))
  }

  @Test("A division by a constant is not checked")
  func division() throws {
    let text = "(module (func (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 10))))"
    #expect(!(try graph(of: text)).contains("trap"))
    let unknown = "(module (func (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))"
    #expect(
      try graph(of: unknown) == """
        function 0 -> i32
        block0(v0: i32, v1: i32):
          v2: i32 = i32.eqz v1
          trap_if v2 !trap(integerDivideByZero)
          v4: i32 = i32.div_u v0, v1 !guarded !trap(integerDivideByZero)
          return v4

        """)
  }

  @Test("An access to a field is its own null check")
  func fields() throws {
    let text = """
      (module (type $pair (struct (field i32) (field (mut i64))))
        (func (param (ref null $pair)) (result i64) (struct.get $pair 1 (local.get 0))))
      """
    #expect(
      try graph(of: text) == """
        function 0 -> i64
        block0(v0: i64):
          v1: i64 = i64.load [v0 + 16] !heap !trap(nullStructureReference)
          return v1

        """)
  }

  @Test("A call in a try_table continues, or goes to the dispatch of exceptions")
  func exceptions() throws {
    let text = """
      (module (tag $t (param i32)) (func $f)
        (func (result i32)
          (block $caught (result i32)
            (try_table (catch $t $caught) (call $f))
            (i32.const 1))))
      """
    let printed = try graph(of: text, function: 1)
    #expect(printed.contains("try_jump") && printed.contains("caught_exception"))
    #expect(printed.contains("call_runtime passException"))
  }

  @Test("Deterministic code canonicalizes NaNs")
  func nans() throws {
    let text = "(module (func (param f32) (result f32) (f32.add (local.get 0) (local.get 0))))"
    #expect(
      try graph(of: text, options: FrontEndOptions(isDeterministic: true)) == """
        function 0 -> f32
        block0(v0: f32):
          v1: f32 = f32.add v0, v0
          v2: i32 = f32.eq v1, v1
          v3: f32 = const 0x7fc00000
          v4: f32 = select v1, v3, v2
          return v4

        """)
  }
}
