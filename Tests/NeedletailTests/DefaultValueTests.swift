import Needletail
import Testing
import WasmText

/// Memory that a guest reads before writing it is zero or null, whatever it contained before.
@Suite("Default values") struct DefaultValueTests {
  /// Numbers of structure fields: all small ones, those around each size class and a page, and large ones.
  private static let fieldCounts: [Int] = {
    var counts = Set(0...40)
    var size = 128
    while size < 16 << 10 {
      for step in 0..<4 {
        let limit = size + step * size / 4
        for delta in [-1, 0, 1] { counts.insert(limit / 8 - 1 + delta) }
      }
      size *= 2
    }
    counts.formUnion([2046, 2047, 2048, 2049, 2500, 3000, 3001])
    return counts.sorted()
  }()

  static let fieldTypes = ["i64", "f64", "anyref", "i32", "f32", "i8", "i16", "v128", "funcref", "externref"]

  /// The bits of a field as an i64; for a reference, whether it is non-null.
  private static func bits(_ type: String, _ get: String, _ getPacked: String) -> String {
    switch type {
    case "i64": get
    case "f64": "(i64.reinterpret_f64 \(get))"
    case "i32": "(i64.extend_i32_u \(get))"
    case "f32": "(i64.extend_i32_u (i32.reinterpret_f32 \(get)))"
    case "i8", "i16": "(i64.extend_i32_u \(getPacked))"
    case "v128": "(i64.extend_i32_u (v128.any_true \(get)))"
    default: "(i64.extend_i32_u (i32.eqz (ref.is_null \(get))))"
    }
  }

  /// The size of the fields, each aligned to its size, but at most to 8.
  private static func byteCount(_ types: [String]) -> Int {
    let sizes = ["i8": 1, "i16": 2, "i32": 4, "f32": 4, "v128": 16]
    let end = types.reduce(0) { end, type in
      let size = sizes[type] ?? 8
      let alignment = min(size, 8)
      return (end + alignment - 1) / alignment * alignment + size
    }
    return (end + 7) / 8 * 8
  }

  private static func types(_ count: Int, mixed: Bool) -> [String] {
    (0..<count).map { mixed ? fieldTypes[$0 % fieldTypes.count] : "i64" }
  }

  /// Fills cells of the size of an array with `$length` bytes.
  private static let poison = """
      (type $bytes (array (mut i8)))
      (func (export "poison") (param $length i32) (param $count i32)
        (loop $l
          (drop (array.new $bytes (i32.const 0xFF) (local.get $length)))
          (br_if $l (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
    """

  private static func structures(_ counts: some Sequence<Int>, mixed: Bool) -> String {
    var text = "(module \(poison)\n"
    for count in counts {
      let types = types(count, mixed: mixed)
      text += "(type $s\(count) (struct \(types.map { "(field (mut \($0)))" }.joined(separator: " "))))\n"
      text += """
        (func (export "check\(count)") (param $n i32) (result i64)
          (local $s (ref null $s\(count))) (local $bits i64)
          (loop $l
            (local.set $s (struct.new_default $s\(count)))
            (local.set $bits (i64.or (local.get $bits)
              (i64.extend_i32_u (i32.eqz (ref.test (ref $s\(count)) (ref.cast anyref (local.get $s)))))))

        """
      for (index, type) in types.enumerated() {
        let get = "(struct.get $s\(count) \(index) (local.get $s))"
        let getPacked = "(struct.get_u $s\(count) \(index) (local.get $s))"
        text += "(local.set $bits (i64.or (local.get $bits) \(bits(type, get, getPacked))))\n"
      }
      text += "(br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (local.get $bits))\n"
    }
    return text + ")"
  }

  @Test("Default structures are zero in reused cells", arguments: [false, true])
  func structures(mixed: Bool) throws {
    let counts = mixed ? Self.fieldCounts.filter { $0 < 70 || $0 % 3 == 0 } : Self.fieldCounts
    let module = try assemble(Self.structures(counts, mixed: mixed))
    for kind in EveryEngine.allCases {
      let (instance, store) = try kind.instance(module)
      let poison = try #require(instance.function("poison"))
      for count in counts {
        let byteCount = Self.byteCount(Self.types(count, mixed: mixed))
        _ = try poison.call([.i32(Int32(byteCount)), .i32(6)])
        store.collectGarbage()
        let found = summary { try instance.function("check\(count)")!.call([.i32(5)]) }
        #expect(found == "[0]", "\(kind), \(count) fields")
      }
    }
  }

  @Test("A large default structure has its own type")
  func type() throws {
    for kind in EveryEngine.allCases {
      let fields = String(repeating: "(field (mut i64))", count: 40)
      let (instance, _) = try kind.instance(
        """
        (module
          (type $first (struct (field (mut i64)) (field (mut i64))))
          (type $big (struct \(fields)))
          (type $other (struct \(fields) (field (mut i32))))
          (func (export "type") (result i32)
            (local $a anyref)
            (local.set $a (struct.new_default $big))
            (i32.add (ref.test (ref $big) (local.get $a))
              (i32.add (i32.mul (ref.test (ref $first) (local.get $a)) (i32.const 10))
                (i32.mul (ref.test (ref $other) (local.get $a)) (i32.const 100))))))
        """)
      #expect(summary { try instance.function("type")!.call([]) } == "[1]", "\(kind)")
    }
  }

  private static let lengths: [Int] =
    Array(0...34) + [
      63, 64, 65, 127, 128, 129, 255, 256, 257, 258, 1000, 2046, 2047, 2048, 4095, 4096, 16_383, 16_384, 30_000,
    ]

  private static func arrays(_ type: String) -> String {
    func check(_ name: String, _ make: String) -> String {
      """
      (func (export "\(name)") (param $length i32) (result i64)
        (local $a (ref null $a)) (local $bits i64) (local $i i32) (local $n i32)
        (local.set $n (i32.const 3))
        (loop $again
          (local.set $a \(make))
          (if (i32.ne (array.len (local.get $a)) (local.get $length)) (then (return (i64.const -1))))
          (local.set $i (i32.const 0))
          (block $end (loop $l
            (br_if $end (i32.ge_u (local.get $i) (local.get $length)))
            (local.set $bits (i64.or (local.get $bits) \(bits(
              type, "(array.get $a (local.get $a) (local.get $i))", "(array.get_u $a (local.get $a) (local.get $i))"))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $l)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $bits))

      """
    }
    let zero =
      switch type {
      case "i8", "i16": "(i32.const 0)"
      case "v128": "(v128.const i64x2 0 0)"
      case "anyref": "(ref.null any)"
      case "funcref": "(ref.null func)"
      case "externref": "(ref.null extern)"
      default: "(\(type).const 0)"
      }
    var text = "(module \(poison) (type $a (array (mut \(type))))\n"
    text += check("default", "(array.new_default $a (local.get $length))")
    text += check("new", "(array.new $a \(zero) (local.get $length))")
    for length in lengths where length <= 300 {
      text += check("default\(length)", "(array.new_default $a (i32.const \(length)))")
      text += check("new\(length)", "(array.new $a \(zero) (i32.const \(length)))")
    }
    return text + ")"
  }

  @Test("Default arrays are zero in reused cells", arguments: DefaultValueTests.fieldTypes)
  func arrays(_ type: String) throws {
    let module = try assemble(Self.arrays(type))
    for kind in EveryEngine.allCases {
      let (instance, store) = try kind.instance(module)
      let poison = try #require(instance.function("poison"))
      for length in Self.lengths {
        _ = try poison.call([.i32(Int32(Self.byteCount(Array(repeating: type, count: length)))), .i32(6)])
        store.collectGarbage()
        for name in ["default", "new", "default\(length)", "new\(length)"] {
          guard let check = instance.function(name) else { continue }
          #expect(summary { try check.call([.i32(Int32(length))]) } == "[0]", "\(kind) \(name) \(length)")
        }
      }
    }
  }

  // MARK: Frames

  /// A function that fills the stack with ones, and one that adds up `count` locals of each type.
  private static func locals(_ count: Int) -> String {
    let types = ["i32", "i64", "f32", "f64", "v128", "anyref"]
    let names = types.flatMap { type in (0..<count).map { (type, "$\(type)_\($0)") } }
    let declared = names.map { "(local \($0.1) \($0.0))" }.joined(separator: " ")
    var dirty = ""
    var clean = ""
    for (type, name) in names {
      let ones =
        switch type {
        case "v128": "(v128.const i64x2 -1 -1)"
        case "anyref": "(ref.i31 (i32.const -1))"
        default: "(\(type).const -1)"
        }
      dirty += "(local.set \(name) \(ones))\n"
      clean += "(local.set $bits (i64.or (local.get $bits) \(bits(type, "(local.get \(name))", ""))))\n"
    }
    // Locals that are set in only one arm of a branch are in memory or registers in the other.
    let reads = names.map { "(drop (local.get \($0.1)))" }.joined(separator: "\n")
    return """
      (module
        (func $nothing)
        (func $dirty (param $depth i32) \(declared)
          \(dirty)
          (if (local.get $depth) (then (call $dirty (i32.sub (local.get $depth) (i32.const 1)))))
          \(reads))
        (func $clean (param $set i32) (result i64) (local $bits i64) \(declared)
          (if (local.get $set) (then \(dirty)))
          (call $nothing)
          \(clean)
          (local.get $bits))
        (func (export "run") (param $set i32) (result i64)
          (call $dirty (i32.const 3))
          (call $clean (local.get $set))))
      """
  }

  @Test("Locals are zero in reused frames", arguments: EveryEngine.allCases, [1, 2, 5, 40])
  func locals(_ kind: EveryEngine, count: Int) throws {
    let (instance, _) = try kind.instance(Self.locals(count))
    let run = try #require(instance.function("run"))
    #expect(summary { try run.call([.i32(0)]) } == "[0]")
    #expect(summary { try run.call([.i32(1)]) } == "[-1]")
    #expect(summary { try run.call([.i32(0)]) } == "[0]")
  }

  // MARK: Tables and memories

  @Test("Tables begin and grow with the requested value", arguments: EveryEngine.allCases)
  func tables(_ kind: EveryEngine) throws {
    let text = """
      (module
        (table $t 3 100000 anyref)
        (func (export "fill") (table.fill $t (i32.const 0) (ref.i31 (i32.const 5)) (table.size $t)))
        (func (export "grow") (param $n i32) (result i32)
          (table.grow $t (ref.null any) (local.get $n)))
        (func (export "nonnull") (param $from i32) (result i32) (local $count i32)
          (block $end (loop $l
            (br_if $end (i32.ge_u (local.get $from) (table.size $t)))
            (local.set $count (i32.add (local.get $count) (i32.eqz (ref.is_null (table.get $t (local.get $from))))))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (br $l)))
          (local.get $count)))
      """
    let (instance, _) = try kind.instance(text)
    let count = { (from: Int32) in summary { try instance.function("nonnull")!.call([.i32(from)]) } }
    #expect(count(0) == "[0]")
    var size: Int32 = 3
    for growth: Int32 in [1, 0, 2, 17, 1000, 5000] {
      _ = try instance.function("fill")!.call([])
      #expect(summary { try instance.function("grow")!.call([.i32(growth)]) } == "[\(size)]")
      #expect(count(0) == "[\(size)]")
      #expect(count(size) == "[0]")
      size += growth
    }
  }

  @Test(
    "Memories begin and grow with zeros, whatever an earlier instance stored", arguments: EveryEngine.allCases)
  func memories(_ kind: EveryEngine) throws {
    for memory in ["(memory 1 9)", "(memory i64 1 9)"] {
      let is64 = memory.contains("i64")
      let wide = { (x: String) in is64 ? "(i64.extend_i32_u \(x))" : x }
      let text = """
        (module \(memory)
          (func (export "grow") (drop (memory.grow \(wide("(i32.const 2)")))))
          (func (export "dirty") (memory.fill \(wide("(i32.const 0)")) (i32.const 255) \(wide("(i32.const 65536)"))))
          (func (export "bits") (param $from i32) (param $to i32) (result i64) (local $bits i64)
            (loop $l
              (local.set $bits (i64.or (local.get $bits) (i64.load \(wide("(local.get $from)")))))
              (br_if $l (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 8))) (local.get $to))))
            (local.get $bits)))
        """
      for _ in 0..<3 {
        let (instance, _) = try kind.instance(text)
        let bits = { (from: Int32, to: Int32) in
          summary { try instance.function("bits")!.call([.i32(from), .i32(to)]) }
        }
        #expect(bits(0, 65536) == "[0]")
        _ = try instance.function("dirty")!.call([])
        _ = try instance.function("grow")!.call([])
        #expect(bits(0, 65536) == "[-1]")
        #expect(bits(65536, 3 * 65536) == "[0]")
      }
    }
  }
}
