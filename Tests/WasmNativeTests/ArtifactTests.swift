import Needletail
import NeedletailSystem
import Testing
import WasmRuntime
import WasmText

@testable import WasmCompiler
@testable import WasmNative

private typealias Value = Needletail.Value

/// The bytes of an artifact, and changes to them.
private struct ArtifactBytes {
  var bytes: [UInt8]

  private static let entries = ArtifactFormat.Header.sections

  func word(_ offset: Int) -> Int {
    bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Int.self) }
  }

  mutating func put<T>(_ value: T, at offset: Int) {
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: T.self) }
  }

  /// The offset of a section's rows.
  func start(of section: ArtifactFormat.Section) -> Int { word(Self.entries + 16 * section.rawValue) }

  /// The number of a section's rows.
  func rowCount(of section: ArtifactFormat.Section) -> Int {
    word(Self.entries + 16 * section.rawValue + 8) / section.rowByteCount
  }

  /// Corrects all checksums, as far as sections are within bounds.
  mutating func reseal() {
    ArtifactFormat.repairChecksums(&bytes)
  }
}

@Suite("Artifacts")
struct ArtifactTests {
  private static func engine(_ change: (inout Engine.Configuration) -> Void = { _ in }) -> Engine {
    var configuration = Engine.Configuration()
    configuration.maximumStackSize = 1 << 20
    configuration.execution = .jit(.basic)
    change(&configuration)
    return Engine(configuration)
  }

  /// A module with entries in every table.
  private static let sample = """
    (module $sample
      (import "host" "log" (func $log (param i32)))
      (memory (export "memory") 1)
      (tag $tag (param i32))
      (table funcref (elem $divide $throw))
      (data (i32.const 8) "swift")
      (func $divide (export "divide") (param i32 i32) (result i32)
        (i32.div_s (local.get 0) (local.get 1)))
      (func $load (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func $throw (param i32 i32) (result i32) (throw $tag (local.get 0)))
      (func (export "catch") (param i32) (result i32)
        (block $caught (result i32)
          (try_table (result i32) (catch $tag $caught)
            (call_indirect (param i32 i32) (result i32) (local.get 0) (i32.const 1) (i32.const 1)))))
      (func (export "report") (param i32) (call $log (local.get 0)))
      (func (export "sum") (param i32) (result i32) (i32.add (call $load (local.get 0)) (i32.const 1)))
      (func (export "recurse") (param i32) (result i32) (call $recurse (local.get 0)))
      (func $recurse (param i32) (result i32) (i32.add (call $recurse (local.get 0)) (i32.const 1))))
    """

  private static func compiled(_ text: String = sample, _ engine: Engine = engine()) throws -> [UInt8] {
    try Module(engine, text: text).artifact()
  }

  /// The error with which the bytes are refused; nil if they are loaded.
  private static func refusal(of bytes: [UInt8], _ engine: Engine) -> (any Error)? {
    do {
      _ = try Module(engine, unsafeArtifact: Artifact(bytes))
      return nil
    } catch {
      return error
    }
  }

  // MARK: Refusals

  @Test("A changed byte is detected anywhere")
  func changedBytes() throws {
    let bytes = try Self.compiled()
    let engine = Self.engine()
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << UInt8(index % 8)
      let error = Self.refusal(of: changed, engine) as? ArtifactError
      switch error {
      case .altered?: continue
      case .notAnArtifact? where index < 8: continue
      case .madeByAnotherVersion(nil)? where (8..<12).contains(index): continue
      default: Issue.record("byte \(index): \(String(describing: error))")
      }
    }
  }

  @Test("Truncation is detected at any length")
  func truncations() throws {
    let bytes = try Self.compiled()
    let engine = Self.engine()
    for count in 0..<bytes.count {
      switch Self.refusal(of: Array(bytes[..<count]), engine) as? ArtifactError {
      case .truncated(count, _)? where count > 0: continue
      case .notAnArtifact? where count == 0: continue
      case let error: Issue.record("\(count) bytes: \(String(describing: error))")
      }
    }
    #expect(Self.refusal(of: bytes + [0], engine) as? ArtifactError == .altered(part: "end"))
  }

  @Test("Bytes changed together with their checksums are refused, or can be loaded")
  func forgedBytes() throws {
    let original = ArtifactBytes(bytes: try Self.compiled())
    let engine = Self.engine()
    var loaded = 0
    for index in original.bytes.indices where index < 16 || index >= 24 {
      for change in [UInt8(1), 0x80, 0xFF] {
        var forged = original
        forged.bytes[index] ^= change
        forged.reseal()
        if Self.refusal(of: forged.bytes, engine) == nil { loaded += 1 }
      }
    }
    // For example, machine code can be anything.
    #expect(loaded > 0)
  }

  private static let foreign: [[UInt8]] = [
    [], [0], Array("\0asm\u{1}\0\0\0".utf8), Array("\u{7F}ELF and more than enough of it".utf8), Array("(module)".utf8),
    [UInt8](repeating: 0xFF, count: 5000),
  ]

  @Test("Files of other kinds are not artifacts", arguments: foreign)
  func foreignFiles(_ bytes: [UInt8]) {
    #expect(Self.refusal(of: bytes, Self.engine()) as? ArtifactError == .notAnArtifact)
    #expect(!Artifact.isArtifact(bytes))
  }

  @Test("An artifact is recognized by its first bytes, and one that cannot be read names its file")
  func recognition() throws {
    let bytes = try Self.compiled()
    #expect(Artifact.isArtifact(bytes.prefix(Artifact.magicByteCount)))
    #expect(!Artifact.isArtifact(bytes.prefix(Artifact.magicByteCount - 1)))
    #expect(throws: ArtifactError.unreadable("cannot read '/no/file': No such file or directory")) {
      try Artifact(path: "/no/file")
    }
    #expect(throws: ArtifactError.unreadable("cannot read '/': expected a file, found a directory")) {
      try Artifact(path: "/")
    }
  }

  @Test("Code for another machine or runtime is refused with the reason")
  func otherMachines() throws {
    let original = ArtifactBytes(bytes: try Self.compiled())
    func refusal(_ change: (inout ArtifactBytes) -> Void) -> ArtifactError? {
      var forged = original
      change(&forged)
      forged.reseal()
      return Self.refusal(of: forged.bytes, Self.engine()) as? ArtifactError
    }
    typealias Header = ArtifactFormat.Header
    #expect(refusal { $0.put(UInt32(2), at: Header.architecture) } == .madeForAnotherArchitecture("arm64"))
    let nextVersion = ArtifactFormat.formatVersion + 1
    #expect(refusal { $0.put(nextVersion, at: Header.formatVersion) } == .madeByAnotherVersion(nil))
    #expect(
      refusal {
        $0.put(UInt64(1), at: Header.compiler)
        $0.put(UInt8(ascii: "9"), at: Header.release)
      } == .madeByAnotherVersion("9\(Release.version.dropFirst())"))
    #expect(
      refusal { $0.put(UInt32(1 << 30), at: Header.processor) }
        == .missingProcessorFeatures(["features that this version does not know"]))
    #expect(refusal { $0.put(UInt8(9), at: Header.level) } == .altered(part: "header"))
    #expect(refusal { $0.put(UInt8(16), at: Header.flags) } == .altered(part: "header"))
  }

  @Test("Tables that are out of bounds or out of order are refused")
  func forgedTables() throws {
    let original = ArtifactBytes(bytes: try Self.compiled())
    func refusal(_ section: ArtifactFormat.Section, _ offset: Int, _ value: UInt32) -> ArtifactError? {
      var forged = original
      forged.put(value, at: original.start(of: section) + offset)
      forged.reseal()
      return Self.refusal(of: forged.bytes, Self.engine()) as? ArtifactError
    }
    // Start, end and stub of the first function, and whether it is compiled.
    #expect(refusal(.functions, 0, 1 << 31) == .altered(part: "table of functions"))
    #expect(refusal(.functions, 4, 1 << 20) == .altered(part: "table of functions"))
    #expect(refusal(.functions, 12, 2) == .altered(part: "table of functions"))
    #expect(refusal(.functions, 12, 0) == .altered(part: "table of functions"))
    #expect(refusal(.functions, 16, 1 << 20) == .altered(part: "table of functions"))
    #expect(refusal(.order, 0, 1) == .altered(part: "table of functions"))
    #expect(refusal(.order, 0, 1000) == .altered(part: "table of functions"))
    #expect(refusal(.traps, 0, .max) == .altered(part: "table of traps"))
    #expect(refusal(.traps, 8, 200) == .altered(part: "table of traps"))
    #expect(refusal(.calls, 0, .max) == .altered(part: "table of calls"))
    #expect(refusal(.calls, 8, 1 << 30) == .altered(part: "table of calls"))
    // A live site beyond the code; a set beyond the words, and one that ends one word beyond them.
    #expect(refusal(.liveSites, 0, .max) == .altered(part: "table of live locations"))
    let wordCount = original.rowCount(of: .liveWords)
    #expect(wordCount > 1)
    #expect(refusal(.liveSites, 4, UInt32(wordCount)) == .altered(part: "table of live locations"))
    #expect(refusal(.liveSites, 4, .max) == .altered(part: "table of live locations"))
    let first = Int(original.bytes[original.start(of: .liveSites) + 4]) * 8
    #expect(refusal(.liveWords, first + 4, UInt32(wordCount - first / 8)) == .altered(part: "table of live locations"))
    #expect(refusal(.liveWords, first + 4, UInt32(wordCount - first / 8 - 1)) == nil)
    // Invalid positions; the function and the caller of the first one.
    #expect(refusal(.traps, 4, 1 << 31 | 1 << 20) == .altered(part: "table of traps"))
    #expect(refusal(.calls, 4, 1 << 31 | 1 << 20) == .altered(part: "table of calls"))
    #expect(refusal(.inlinedPositions, 4, 1000) == .altered(part: "table of inlined positions"))
    #expect(refusal(.inlinedPositions, 8, 1 << 31) == .altered(part: "table of inlined positions"))
  }

  @Test("Code with weaker guarantees than the engine's is refused")
  func options() throws {
    let bytes = try Self.compiled(Self.sample, Self.engine { $0.isInterruptible = false })
    let strict = Self.engine { $0.isDeterministic = true }
    #expect(
      Self.refusal(of: bytes, strict) as? ArtifactError
        == .incompatibleOptions(missing: ["deterministic", "interruptible"]))
    #expect(Self.refusal(of: try Self.compiled(Self.sample, strict), Self.engine()) == nil)
  }

  @Test("Loading rejects a module that needs a disabled proposal")
  func features() throws {
    let bytes = try Self.compiled()
    // Its tag section is malformed without the proposal.
    let engine = Self.engine { $0.features.remove(.exceptions) }
    let refusal = Self.refusal(of: bytes, engine)
    #expect(refusal.map { "\($0)" }?.contains("needs the proposal exceptions") == true)
  }

  @Test("Without a compiler no artifact can be written")
  func noCompiler() throws {
    let module = try Module(Self.engine { $0.execution = .interpreter }, text: Self.sample)
    #expect(throws: ArtifactError.noCompiler) { try module.artifact() }
  }

  @Test("A changed or moved word changes the checksum")
  func checksums() {
    let words = (0..<40).map { UInt64($0 % 3) }
    func checksum(_ words: [UInt64]) -> UInt64 { words.withUnsafeBytes { Checksum.of($0) } }
    var seen: Set<UInt64> = [checksum(words)]
    var count = 1
    for index in words.indices {
      for bit in 0..<64 {
        var changed = words
        changed[index] ^= 1 << UInt64(bit)
        seen.insert(checksum(changed))
        count += 1
      }
      for other in words.indices[(index + 1)...] where words[index] != words[other] {
        var changed = words
        changed.swapAt(index, other)
        seen.insert(checksum(changed))
        count += 1
      }
    }
    for length in 0..<40 {
      seen.insert(checksum(Array(words[..<length])))
      count += 1
    }
    #expect(seen.count == count)
  }

  // MARK: Loading

  @Test("An artifact of a loaded artifact is identical")
  func roundTrip() throws {
    for level in OptimizationLevel.allCases {
      let engine = Self.engine { $0.execution = .jit(level) }
      let bytes = try Self.compiled(Self.sample, engine)
      let artifact = try Artifact(bytes)
      #expect(artifact.level == level)
      #expect(try Module(engine, unsafeArtifact: artifact).artifact() == bytes)
      #expect(try Self.compiled(Self.sample, Self.engine { $0.execution = .jit(level) }) == bytes)
    }
  }

  @Test("Debugging information is omitted, names are kept")
  func customSections() throws {
    let text = """
      (module $named (func $f (export "f") (unreachable))
        (@custom ".debug_info" "much") (@custom "kept" "little") (@custom "before" (before first) "x"))
      """
    let module = try Module(Self.engine(), text: text)
    func names(_ bytes: [UInt8]) throws -> [String] { try Artifact(bytes).structure.customSections.map(\.name) }
    let all = module.structure.customSections.map(\.name)
    #expect(all.contains(".debug_info"))
    #expect(try names(module.artifact(includingDebugInformation: true)) == all)
    #expect(try names(module.artifact()) == all.filter { $0 != ".debug_info" })
    let loaded = try Module(Self.engine(), unsafeArtifact: Artifact(module.artifact()))
    #expect(loaded.name == "named")
    #expect(loaded.functionName(0) == "f")
  }

  /// The outcomes of all exported functions of the sample, with backtraces. (An artifact does not hold the text, so modules to compare with
  /// must be binary.)
  private static func outcomes(_ module: Module) throws -> [String] {
    let linker = Linker(module.engine)
    var logged: [Int32] = []
    try linker.define("host", "log") { (_: Caller, value: Int32) in logged.append(value) }
    let instance = try linker.instantiate(module, in: Store(module.engine))
    let calls: [(String, [Value])] = [
      ("divide", [.i32(7), .i32(2)]), ("divide", [.i32(7), .i32(0)]), ("divide", [.i32(.min), .i32(-1)]),
      ("load", [.i32(8)]), ("load", [.i32(-1)]), ("catch", [.i32(41)]), ("report", [.i32(3)]), ("recurse", [.i32(1)]),
    ]
    return calls.map { name, arguments in
      do {
        return "\(name) \(try instance.function(name)!.call(arguments)) \(logged)"
      } catch let trap as Trap {
        return "\(name) \(trap.message) \(trap.backtrace.map { "\($0)" })"
      } catch {
        return "\(name) \(error)"
      }
    }
  }

  @Test("Results, traps with backtraces and exceptions are those of newly compiled code")
  func behaviour() throws {
    let engine = Self.engine()
    let module = try Module(engine, bytes: assemble(Self.sample))
    let bytes = try module.artifact()
    let expected = try Self.outcomes(module)
    #expect(try Self.outcomes(Module(engine, unsafeArtifact: Artifact(bytes))) == expected)
    #expect(try Self.outcomes(Module(Self.engine(), unsafeArtifact: Artifact(bytes))) == expected)
    #expect(expected.count { $0.contains("sample") || $0.contains("divide") } > 2)
  }

  @Test("If executable memory is forbidden, the module is interpreted")
  func interpretation() throws {
    let bytes = try Self.compiled()
    let interpreter = Self.engine { $0.execution = .interpreter }
    let expected = try Self.outcomes(Module(interpreter, bytes: assemble(Self.sample))).filter {
      !$0.hasPrefix("recurse")
    }
    for engine in [interpreter, Self.engine { $0.allowsExecutableMemory = false }] {
      let module = try Module(engine, unsafeArtifact: Artifact(bytes))
      #expect(try Self.outcomes(module).filter { !$0.hasPrefix("recurse") } == expected)
      #expect(throws: ArtifactError.noCompiler) { try module.artifact() }
    }
  }

  @Test("A module from an artifact has no tiers: its code is checked by nothing that they know")
  func noTiers() throws {
    var configuration = Engine.Configuration()
    configuration.features = .all
    let engine = Engine(configuration)
    let module = try Module(engine, text: Self.sample)
    #expect(try module.bytecode(0).text.contains("countCall"))
    let loaded = try Module(engine, unsafeArtifact: Artifact(module.artifact()))
    #expect(try !loaded.bytecode(0).text.contains("countCall"))
  }

  @Test("Functions that the compiler refused are interpreted and named")
  func refusedFunctions() throws {
    let compiling = Self.engine { $0.maximumCompiledFunctionSize = 8 }
    let module = try Module(compiling, bytes: assemble(Self.sample))
    let bytes = try module.artifact()
    let lines = Lines()
    let engine = Self.engine { $0.log = { lines.append($0) } }
    let loaded = try Module(engine, unsafeArtifact: Artifact(bytes))
    #expect(lines.all.contains { $0.contains("is interpreted: its body is larger than 8 bytes") })
    #expect(try loaded.artifact() == bytes)
    func settled(_ module: Module) throws -> [String] {
      try Self.outcomes(module).filter { !$0.hasPrefix("recurse") }
    }
    #expect(try settled(loaded) == settled(module))
  }

  @Test("The texts of refused functions do not overlap, so that few bytes cannot become many")
  func overlappingReasons() throws {
    let compiling = Self.engine { $0.maximumCompiledFunctionSize = 8 }
    var forged = ArtifactBytes(bytes: try Module(compiling, bytes: assemble(Self.sample)).artifact())
    #expect(forged.rowCount(of: .refusals) > 1)
    // The second text begins where the first one does.
    forged.put(UInt32(0), at: forged.start(of: .refusals) + ArtifactFormat.Section.refusals.rowByteCount + 4)
    forged.reseal()
    let error = Self.refusal(of: forged.bytes, Self.engine()) as? ArtifactError
    #expect(error == .altered(part: "table of interpreted functions"))
  }

  @Test("Code beyond the engine's limit is an error")
  func limits() throws {
    let bytes = try Self.compiled()
    let engine = Self.engine { $0.limits.codeByteCount = 1 << 10 }
    #expect(Self.refusal(of: bytes, engine) != nil)
  }

  @Test("Garbage collection and shared memory work as in newly compiled code")
  func heapAndThreads() throws {
    let text = """
      (module
        (type $list (struct (field i32) (field (ref null $list))))
        (memory (export "memory") 1 1 shared)
        (func (export "sum") (param $n i32) (result i32) (local $list (ref null $list)) (local $sum i32)
          (loop $more
            (local.set $list (struct.new $list (local.get $n) (local.get $list)))
            (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 1000))) (then (local.set $list (ref.null $list))))
            (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (loop $next
            (if (ref.is_null (local.get $list)) (then (return (local.get $sum))))
            (local.set $sum (i32.add (local.get $sum) (struct.get $list 0 (local.get $list))))
            (local.set $list (struct.get $list 1 (local.get $list)))
            (br $next))
          (unreachable))
        (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
      """
    let engine = Self.engine { $0.heap.collectsAtEveryAllocation = true }
    let module = try Module(engine, unsafeArtifact: Artifact(Self.compiled(text)))
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    #expect("\(try instance.function("sum")!.call([.i32(2999)]))" == "\([Value.i32(999 * 1000 / 2)])")
    #expect("\(try instance.function("add")!.call([]))" == "\([Value.i32(0)])")
    #expect("\(try instance.function("add")!.call([]))" == "\([Value.i32(1)])")
  }
}

/// Lines written by several threads.
private final class Lines: @unchecked Sendable {
  private var lines: [String] = []
  private let lock = NativeLock()

  func append(_ line: String) { lock.withLock { lines.append(line) } }
  var all: [String] { lock.withLock { lines } }
}
