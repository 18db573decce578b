import Needletail
import NeedletailSystem
import Synchronization
import TestSupport
import Testing
import WasmText

@testable import WasmCompiler
@testable import WasmNative

#if os(Linux)
  import Glibc
#endif

/// Artifacts whose parts are loaded when they are used.
@Suite("Artifacts loaded when used", .serialized)
struct ArtifactLoadingTests {
  private static let piece = PagedBytes.pieceByteCount
  /// The functions of ``large``, each of which has more code than a piece.
  private static let functionCount = 5

  private static func engine(_ change: (inout Engine.Configuration) -> Void = { _ in }) -> Engine {
    var configuration = Engine.Configuration()
    configuration.maximumStackSize = 1 << 20
    configuration.execution = .jit(.none)
    change(&configuration)
    return Engine(configuration)
  }

  /// A module with code, tables and data of several pieces. `f0` … return their argument times their number plus the number of steps;
  /// `through` calls the host, which may call it again; `trap` divides by zero, `deep` calls it; `catch` catches what `throw` throws.
  private static let large: [UInt8] = {
    let steps = 2000
    var text = """
      (module $large
        (import "host" "call" (func $call (param i32) (result i32)))
        (memory (export "memory") 4)
        (tag $tag (param i32))
        (data (i32.const 0) "\(String(repeating: "swift ", count: 10_000))")
        (func (export "through") (param i32) (result i32) (call $call (local.get 0)))
        (func (export "trap") (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 0)))
        (func $throw (param i32) (result i32) (throw $tag (local.get 0)))
        (func (export "catch") (param i32) (result i32)
          (block $caught (result i32)
            (try_table (result i32) (catch $tag $caught) (call $throw (local.get 0)))))

      """
    for index in 0..<functionCount {
      text += "(func $name\(index) (export \"f\(index)\") (param i32) (result i32)\n"
      text += "  (local.set 0 (i32.mul (local.get 0) (i32.const \(index))))\n"
      for _ in 0..<steps {
        text += "  (local.set 0 (i32.add (local.get 0) (i32.const 1))) (call $nothing)"
        text += " (if (i32.load8_u (i32.const 1)) (then) (else (unreachable)))\n"
      }
      text += "  (local.get 0))\n"
    }
    // Its jump table and constants are in another piece than its first instructions.
    let targets = (0..<20).map { "$l\($0 % 3)" }.joined(separator: " ")
    text += """
      (func (export "table") (param i32) (result i32)
        (local.set 0 (i32.trunc_f64_s (f64.div (f64.convert_i32_s (local.get 0)) (f64.const 0.37))))
        (block $l0 (block $l1 (block $l2 (block $other
          (br_table \(targets) $other (local.get 0)))

      """
    for _ in 0..<2 * steps { text += "  (local.set 0 (i32.add (local.get 0) (i32.load8_u (i32.const 1))))\n" }
    text += "(return (local.get 0))) (return (i32.const 30))) (return (i32.const 20))) (i32.const 10))\n"
    text += "(func $nothing) (func (export \"deep\") (param i32) (result i32) (call 2 (local.get 0)))"
    return try! assemble(text + ")")
  }()
  private static let steps = 2000

  private static let artifact: [UInt8] = try! Module(engine(), bytes: large).artifact()

  private static func word(_ offset: Int) -> Int {
    artifact.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Int.self) }
  }

  /// The offset of a section's entry in the header.
  private static func entry(of section: ArtifactFormat.Section) -> Int {
    ArtifactFormat.Header.sections + MemoryLayout<ArtifactFormat.SectionEntry>.stride * section.rawValue
  }

  private static func start(of section: ArtifactFormat.Section) -> Int { word(entry(of: section)) }

  /// The offset in the artifact at which a function's code begins, by its number among those that the module defines.
  private static func code(of function: Int) -> Int {
    let row = start(of: .functions) + MemoryLayout<NativeModule.FunctionRange>.stride * function
    return start(of: .code) + word(row) & Int(UInt32.max)
  }

  /// The number of `f0`.
  private static let firstFunction = 4

  private static func instance(_ module: Module) throws -> Instance {
    let linker = Linker(module.engine)
    try linker.define("host", "call") { (caller: Caller, value: Int32) throws -> Int32 in
      let function = try #require(caller.instance?.function("f\(value)"))
      return try function.typed(Int32.self, returning: Int32.self)(1)
    }
    return try linker.instantiate(module, in: Store(module.engine))
  }

  private static func call(_ instance: Instance, _ name: String, _ argument: Int32) throws -> Int32 {
    try instance.function(name)!.typed(Int32.self, returning: Int32.self)(argument)
  }

  private static func load(_ bytes: [UInt8], _ engine: Engine = engine()) throws -> Module {
    try Module(engine, unsafeArtifact: Artifact(bytes, .whenUsed))
  }

  private static func damaged(at offset: Int) -> [UInt8] {
    var bytes = artifact
    bytes[offset] ^= 4
    return bytes
  }

  private static let part = "machine code or a table of it"
  private static let alteredCode = ArtifactError.altered(part: part)
  private static let unreadableCode = ArtifactError.unreadable(
    "cannot read the artifact: its \(part) cannot be loaded")

  // MARK: Malformed modules

  @Test("A name that goes on after its custom section does not lead into code that is not loaded")
  func overlongName() throws {
    // The section's name can become 100,000 bytes long.
    let section: [UInt8] = [0, 20, 1, UInt8(ascii: "x")] + [UInt8](repeating: 0, count: 18)
    let module = Array(Self.large[..<8] + section + Self.large[8...])
    var forged = try Module(Self.engine(), bytes: module).artifact()
    let entry = Self.entry(of: .module)
    let place = forged.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: entry, as: Int.self) }
    #expect(Array(forged[place..<place + 12]) == Array(module[..<12]))
    forged.replaceSubrange(place + 10..<place + 15, with: [0xA0, 0x8D, 0x86, 0x80, 0x00])
    ArtifactFormat.repairChecksums(&forged)
    #expect(throws: ArtifactError.altered(part: "module")) { try Artifact(forged, .whenUsed) }
  }

  // MARK: Use

  @Test("Functions, traps, exceptions, names and data are those of an artifact that is loaded at once")
  func behaviour() throws {
    func outcomes(_ loading: ArtifactLoading) throws -> [String] {
      let instance = try Self.instance(Module(Self.engine(), unsafeArtifact: Artifact(Self.artifact, loading)))
      let calls: [(String, Int32)] =
        (0..<Self.functionCount).reversed().map { ("f\($0)", 7) } + [
          ("table", 0), ("table", 1), ("table", 2), ("table", 7), ("table", 8), ("trap", 1), ("catch", 5),
          ("through", 3),
        ]
      return calls.map { name, argument in
        do {
          return "\(name) \(try Self.call(instance, name, argument))"
        } catch {
          return "\(error)"
        }
      }
    }
    let lines = try outcomes(.whenUsed)
    #expect(lines.first == "f4 \(4 * 7 + Self.steps)")
    #expect(lines.contains { $0.contains("integer divide by zero") && $0.contains("large") })
    #expect(
      Array(lines[Self.functionCount..<Self.functionCount + 4]) == ["table 10", "table 30", "table 30", "table 10"])
    #expect(lines.suffix(2) == ["catch 5", "through \(3 + Self.steps)"])
    #expect(try outcomes(.atOnce) == lines)
    #expect(try Self.load(Self.artifact).artifact() == Self.artifact)
    let module = try Self.load(Self.artifact)
    #expect(module.name == "large" && module.functionName(5) == "name0")
  }

  @Test("Only what is used is loaded")
  func laziness() throws {
    let module = try Self.load(Self.artifact)
    let pages = try #require(module.compiled?.pagedBytes)
    let before = pages.loadedByteCount
    #expect(before < pages.byteCount / 2)
    let instance = try Self.instance(module)
    _ = try Self.call(instance, "f0", 1)
    #expect(pages.loadedByteCount > before)
    #expect(pages.loadedByteCount < pages.byteCount / 2)
  }

  @Test("Threads load the same pieces at the same time")
  func threads() throws {
    for _ in 0..<5 {
      let module = try Self.load(Self.artifact)
      let waiting = Atomic(4)
      let failures = Atomic(0)
      NativeThread.runConcurrently(threadCount: 4) {
        do {
          let instance = try Self.instance(module)
          waiting.subtract(1, ordering: .sequentiallyConsistent)
          while waiting.load(ordering: .sequentiallyConsistent) > 0 {}
          for index in 0..<Self.functionCount
          where try Self.call(instance, "f\(index)", 3) != Int32(3 * index + Self.steps) {
            failures.add(1, ordering: .relaxed)
          }
        } catch {
          failures.add(1, ordering: .relaxed)
        }
      }
      #expect(failures.load(ordering: .relaxed) == 0)
    }
  }

  // MARK: Damage

  @Test("A call of damaged code is an error; other functions run before and after it")
  func damagedCode() throws {
    for index in 2..<4 {
      // The middle of the function before, whose piece has no other code.
      let offset = (Self.code(of: Self.firstFunction + index) + Self.code(of: Self.firstFunction + index - 1)) / 2
      let instance = try Self.instance(Self.load(Self.damaged(at: offset)))
      for _ in 0..<2 {
        #expect(throws: Self.alteredCode) { try Self.call(instance, "f\(index - 1)", 3) }
        // Through a host function, in an outer activation.
        #expect(throws: Self.alteredCode) { try Self.call(instance, "through", Int32(index - 1)) }
        #expect(try Self.call(instance, "f3", 3) == 9 + Self.steps)
        #expect(try Self.call(instance, "catch", 3) == 3)
        #expect(throws: Trap.self) { try Self.call(instance, "trap", 3) }
      }
    }
  }

  @Test("A damaged bit in any piece is found when the artifact is loaded, or when the piece is used")
  func everyPiece() throws {
    let engine = Self.engine()
    func use(_ bytes: [UInt8]) throws {
      let module = try Self.load(bytes, engine)
      let instance = try Self.instance(module)
      for index in 0..<Self.functionCount { _ = try Self.call(instance, "f\(index)", 1) }
      _ = try module.artifact()
    }
    try use(Self.artifact)
    for offset in stride(from: 13, to: Self.artifact.count, by: Self.piece / 2) {
      #expect(throws: ArtifactError.self, "byte \(offset)") { try use(Self.damaged(at: offset)) }
    }
  }

  @Test("Damage of what loading needs is found by loading")
  func damagedStructure() throws {
    let moduleStart = Self.start(of: .module)
    let stubs = Self.start(of: .checksums) - 20
    for offset in [40, 300, Self.start(of: .functions), Self.start(of: .bodies), moduleStart + 8, stubs] {
      #expect(throws: ArtifactError.self, "byte \(offset)") { try Self.load(Self.damaged(at: offset)) }
    }
    #expect(throws: ArtifactError.altered(part: "table of checksums")) {
      try Self.load(Self.damaged(at: Self.start(of: .checksums)))
    }
  }

  @Test("A call that needs a damaged table is an error; backtraces leave out what they cannot read")
  func damagedTables() throws {
    // Searches begin in the middle.
    func middle(_ section: ArtifactFormat.Section) -> Int {
      (Self.start(of: section) + Self.start(of: ArtifactFormat.Section(rawValue: section.rawValue + 1)!)) / 2
    }
    let traps = try Self.instance(Self.load(Self.damaged(at: middle(.traps))))
    #expect(throws: Self.alteredCode) { try Self.call(traps, "trap", 3) }
    #expect(try Self.call(traps, "catch", 3) == 3)
    let calls = try Self.instance(Self.load(Self.damaged(at: middle(.calls))))
    #expect(throws: Self.alteredCode) { try Self.call(calls, "catch", 3) }
    let trap = #expect(throws: Trap.self) { try Self.call(calls, "deep", 3) }
    #expect(trap?.code == .integerDivideByZero && trap?.backtrace.count == 2)
    for instance in [traps, calls] { #expect(try Self.call(instance, "f3", 3) == 9 + Self.steps) }
  }

  @Test("A collection reads all of a frame whose live locations are damaged")
  func damagedLiveLocations() throws {
    let steps = 6000
    var text = """
      (module
        (type $list (struct (field i32) (field (ref null $list))))
        (func $add (param (ref null $list)) (result (ref null $list))
          (struct.new $list (i32.const 1) (local.get 0)))
        (func (export "f") (param i32) (result i32) (local $list (ref null $list))

      """
    for _ in 0..<steps { text += "(local.set $list (call $add (local.get $list)))\n" }
    text += """
        (loop $next
          (if (ref.is_null (local.get $list)) (then (return (local.get 0))))
          (local.set 0 (i32.add (local.get 0) (struct.get $list 0 (local.get $list))))
          (local.set $list (struct.get $list 1 (local.get $list)))
          (br $next))
        unreachable))
      """
    let engine = Self.engine {
      $0.heap.collectsAtEveryAllocation = true
      $0.maximumStackSize = 16 << 20
    }
    var artifact = try Module(engine, bytes: assemble(text)).artifact()
    func start(_ section: ArtifactFormat.Section) -> Int {
      artifact.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: Self.entry(of: section), as: Int.self) }
    }
    let (first, last) = (start(.liveSites), start(.liveWords))
    #expect(last - first > 2 * Self.piece)
    artifact[(first + last) / 2] ^= 1
    let instance = try Linker(engine).instantiate(Self.load(artifact, engine), in: Store(engine))
    #expect(try Self.call(instance, "f", 5) == Int32(5 + steps))
  }

  @Test("An engine that interprets checks the whole module, and no code")
  func interpreter() throws {
    let engine = Self.engine { $0.execution = .interpreter }
    let instance = try Self.instance(Self.load(Self.damaged(at: Self.start(of: .code) + Self.piece), engine))
    #expect(try Self.call(instance, "f2", 1) == 2 + Self.steps)
    // A function body in the middle.
    #expect(throws: ArtifactError.altered(part: "module or a table")) {
      try Self.load(Self.damaged(at: Self.start(of: .module) + Self.large.count / 2), engine)
    }
  }

  // MARK: Files

  /// Writes the artifact to a file, opens it, and changes the file.
  private static func opened(_ change: (FilePlace) throws -> Void) throws -> Instance {
    let folder = TemporaryDirectory()
    defer { withExtendedLifetime(folder) {} }
    let place = FilePlace(path: folder.path + "/a.nwasm")
    try place.write(artifact)
    let module = try Module(engine(), unsafeArtifact: Artifact(path: place.path, .whenUsed))
    let instance = try instance(module)
    #expect(try call(instance, "f1", 3) == 3 + Int32(steps))
    #expect(try call(instance, "through", 1) == 1 + Int32(steps))
    try change(place)
    return instance
  }

  private struct FilePlace {
    let path: String

    func write(_ bytes: [UInt8]) throws {
      let file = try FileDescriptor.open(path, [.writeOnly, .create, .truncate])
      defer { file.closeIgnoringErrors() }
      try bytes.withUnsafeBytes { try file.writeAll($0) }
    }
  }

  @Test("Code that was loaded runs after its file was truncated; other code is an error")
  func truncation() throws {
    let instance = try Self.opened { try $0.write([]) }
    #expect(try Self.call(instance, "f1", 3) == 3 + Int32(Self.steps))
    #expect(throws: Self.unreadableCode) { try Self.call(instance, "f2", 3) }
    #expect(try Self.call(instance, "f1", 3) == 3 + Int32(Self.steps))
  }

  @Test("Code that was loaded runs after its file was overwritten; other code is an error")
  func overwriting() throws {
    let instance = try Self.opened { try $0.write([UInt8](repeating: 0xC3, count: Self.artifact.count)) }
    #expect(try Self.call(instance, "f1", 3) == 3 + Int32(Self.steps))
    #expect(throws: Self.alteredCode) { try Self.call(instance, "f2", 3) }
  }

  @Test("A trap whose table was overwritten or truncated is an error")
  func unusableTables() throws {
    // The code of the first functions is loaded.
    let altered = try Self.opened { try $0.write([UInt8](repeating: 0xC3, count: Self.artifact.count)) }
    #expect(throws: Self.alteredCode) { try Self.call(altered, "trap", 3) }
    #expect(throws: Self.alteredCode) { try Self.call(altered, "catch", 3) }
    #expect(try Self.call(altered, "f1", 3) == 3 + Int32(Self.steps))
    let truncated = try Self.opened { try $0.write([]) }
    #expect(throws: Self.unreadableCode) { try Self.call(truncated, "trap", 3) }
    #expect(throws: Self.unreadableCode) { try Self.call(truncated, "catch", 3) }
    #expect(try Self.call(truncated, "f1", 3) == 3 + Int32(Self.steps))
  }

  @Test("Code with the checksum that was written, but another digest, is an error")
  func digests() throws {
    let folder = TemporaryDirectory()
    defer { withExtendedLifetime(folder) {} }
    let place = FilePlace(path: folder.path + "/a")
    let original = [UInt8](repeating: 1, count: 20_000)
    let forged = [UInt8](repeating: 2, count: 20_000)
    try place.write(forged)
    func checks(_ bytes: [UInt8]) -> PieceChecks {
      bytes.withUnsafeBytes { PieceChecks($0, [0..<$0.count], hasDigests: true) }
    }
    var mixed = checks(forged)
    mixed.digests = checks(original).digests
    func pages(_ checks: PieceChecks) throws -> PagedBytes {
      try PagedBytes(
        .file(ArtifactFile(path: place.path)), 0..<20_000, checks.part(0..<2), isCode: false, loadsAtOnce: false,
        isOpening: true, name: "code")
    }
    try pages(checks(forged)).loadAll()
    #expect(throws: ArtifactError.altered(part: "code")) { try pages(mixed).loadAll() }
    // While the artifact is opened, its file is trusted.
    try pages(mixed).load(0..<20_000, isOpening: true)
  }

  #if os(Linux)
    @Test("No other thread can read a piece before it was checked")
    func unchecked() throws {
      let byte: UInt8 = 7
      let byteCount = 64 * Self.piece
      let folder = TemporaryDirectory()
      defer { withExtendedLifetime(folder) {} }
      let place = FilePlace(path: folder.path + "/a")
      let bytes = [UInt8](repeating: byte, count: byteCount)
      try place.write(bytes)
      let checks = bytes.withUnsafeBytes { PieceChecks($0, [0..<byteCount], hasDigests: true) }
      // The system reads a byte for a write to a pipe, and refuses if it is inaccessible.
      var pipe: [Int32] = [0, 0]
      try #require(Glibc.pipe(&pipe) == 0)
      let (reader, writer) = (pipe[0], pipe[1])
      defer {
        close(reader)
        close(writer)
      }
      for _ in 0..<10 {
        let pages = try PagedBytes(
          .file(ArtifactFile(path: place.path)), 0..<byteCount, checks.part(0..<64), isCode: false, loadsAtOnce: false,
          isOpening: true, name: "code")
        let isLoaded = Atomic(false)
        let start = UInt(bitPattern: pages.start)
        let seen = Mutex<Set<UInt8>>([])
        let thread = NativeThread(stackByteCount: 1 << 20) {
          while !isLoaded.load(ordering: .acquiring) {
            for offset in stride(from: 0, to: byteCount, by: Self.piece) {
              guard write(writer, UnsafeRawPointer(bitPattern: start + UInt(offset)), 1) == 1 else { continue }
              var value: UInt8 = 0
              _ = read(reader, &value, 1)
              seen.withLock { _ = $0.insert(value) }
            }
          }
        }
        try pages.loadAll()
        isLoaded.store(true, ordering: .releasing)
        try #require(thread).join()
        #expect(seen.withLock { $0.subtracting([byte]) }.isEmpty)
      }
    }
  #endif

  @Test("A header cannot ask for more memory than a file can have reason to")
  func enormous() throws {
    let folder = TemporaryDirectory()
    defer { withExtendedLifetime(folder) {} }
    let place = FilePlace(path: folder.path + "/a.nwasm")
    var bytes = Self.artifact
    let byteCount = ArtifactFormat.maximumByteCount + 16
    bytes.withUnsafeMutableBytes {
      $0.storeBytes(
        of: UInt64(byteCount).littleEndian, toByteOffset: ArtifactFormat.Header.totalByteCount, as: UInt64.self)
      ArtifactFormat.seal($0)
    }
    try place.write(bytes)
    // The rest is a hole, which takes no room on the disk.
    let file = try FileDescriptor.open(place.path, .writeOnly)
    defer { file.closeIgnoringErrors() }
    try file.setByteCount(Int64(byteCount))
    #expect(throws: ArtifactError.altered(part: "header")) { try Artifact(path: place.path) }
  }

  @Test("Guests cannot write to the file of an artifact that is in use")
  func unwritable() throws {
    let folder = TemporaryDirectory()
    defer { withExtendedLifetime(folder) {} }
    let place = FilePlace(path: folder.path + "/a.nwasm")
    try place.write(Self.artifact)
    let metadata = try FileDescriptor.currentDirectory.metadata(of: place.path)
    do {
      let module = try Module(Self.engine(), unsafeArtifact: Artifact(path: place.path, .whenUsed))
      #expect(UnwritableFiles.contains(metadata))
      withExtendedLifetime(module) {}
    }
    #expect(!UnwritableFiles.contains(metadata))
  }

  @Test("Many artifacts are open at once; later ones are loaded at once")
  func manyArtifacts() throws {
    let folder = TemporaryDirectory()
    defer { withExtendedLifetime(folder) {} }
    let place = FilePlace(path: folder.path + "/a.nwasm")
    try place.write(Self.artifact)
    let engine = Self.engine()
    let modules = try (0..<300).map { _ in
      try Module(engine, unsafeArtifact: Artifact(path: place.path, .whenUsed))
    }
    #expect(modules.last?.compiled?.pagedBytes.map { $0.loadedByteCount >= $0.byteCount } == true)
    for module in [modules[0], modules[150], modules[299]] {
      let instance = try Self.instance(module)
      #expect(try Self.call(instance, "f4", 3) == 12 + Int32(Self.steps))
      #expect(throws: Trap.self) { try Self.call(instance, "trap", 3) }
    }
  }

  #if os(Linux)
    @Test("Code and tables that cannot be loaded, as the process has no mappings left, are errors")
    func exhaustedMappings() async {
      await #expect(processExitsWith: .exitCode(7)) {
        let instance = try ArtifactLoadingTests.instance(ArtifactLoadingTests.load(ArtifactLoadingTests.artifact))
        func call(_ name: String) -> (any Error)? {
          do {
            _ = try ArtifactLoadingTests.call(instance, name, 1)
            return nil
          } catch {
            return error
          }
        }
        func isUnreadable(_ error: (any Error)?) -> Bool {
          error as? ArtifactError == ArtifactLoadingTests.unreadableCode
        }
        guard call("f1") == nil, call("through") == nil else { _exit(1) }
        // Pages that differ from their neighbours are mappings of their own.
        let pageCount = 2_400_000
        guard let pages = VirtualMemory.reserve(pageCount * VirtualMemory.pageSize) else { _exit(2) }
        var isExhausted = false
        for page in stride(from: 0, to: pageCount, by: 2) where !isExhausted {
          isExhausted = !VirtualMemory.makeReadOnly(pages + page * VirtualMemory.pageSize, VirtualMemory.pageSize)
        }
        guard isExhausted else { _exit(3) }
        // A page at the end takes one mapping, others take two.
        _ = VirtualMemory.makeReadOnly(pages + (pageCount - 1) * VirtualMemory.pageSize, VirtualMemory.pageSize)
        guard isUnreadable(call("f2")) else { _exit(4) }
        guard isUnreadable(call("trap")) else { _exit(5) }
        // The exception itself may need a mapping.
        _ = call("catch")
        guard call("f1") == nil else { _exit(6) }
        VirtualMemory.release(pages, pageCount * VirtualMemory.pageSize)
        guard call("f2") == nil, call("trap") is Trap, call("catch") == nil else { _exit(8) }
        _exit(7)
      }
    }
  #endif

  @Test("A replaced or removed file changes nothing")
  func replacement() throws {
    let instance = try Self.opened { place in
      try FileDescriptor.currentDirectory.unlink(place.path)
      try place.write([1, 2, 3])
    }
    for index in 0..<Self.functionCount {
      #expect(try Self.call(instance, "f\(index)", 3) == Int32(3 * index + Self.steps))
    }
  }

  // MARK: The cache

  @Test("A large cache entry is loaded when it is used; a damaged one is an error once, and then made again")
  func cacheEntry() throws {
    let folder = TemporaryDirectory()
    func instance(_ loading: ArtifactLoading = .whenUsed) throws -> Instance {
      try Self.instance(
        Module(
          Self.engine {
            $0.cache = CodeCache(directory: folder.path)
            $0.cache?.loading = loading
          }, bytes: Self.large))
    }
    func entry() throws -> String? {
      let stream = try DirectoryStream(folder.path)
      while let entry = try stream.next() {
        let name = String(decoding: entry.name, as: UTF8.self)
        if name.hasSuffix(".nwasm") { return folder.path + "/" + name }
      }
      return nil
    }
    #expect(try Self.call(instance(), "f3", 3) == 9 + Int32(Self.steps))
    let path = try #require(try entry())
    let loaded = try instance()
    // Another process replaces the entry.
    try FileDescriptor.currentDirectory.unlink(path)
    #expect(try Self.call(instance(), "f3", 3) == 9 + Int32(Self.steps))
    for index in 0..<Self.functionCount {
      #expect(try Self.call(loaded, "f\(index)", 3) == Int32(3 * index + Self.steps))
    }
    func read(_ path: String) throws -> [UInt8] {
      let file = try FileDescriptor.open(path, [.readOnly])
      defer { file.closeIgnoringErrors() }
      var bytes = [UInt8](repeating: 0, count: Int(try file.metadata().byteCount))
      #expect(try bytes.withUnsafeMutableBytes { try file.fill($0, from: 0) } == bytes.count)
      return bytes
    }
    let intact = try read(path)
    var bytes = intact
    let start = bytes.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: Self.entry(of: .code), as: Int.self) - Self.start(of: .code)
    }
    bytes[start + Self.code(of: Self.firstFunction + 2) + 16_000] ^= 1
    try FilePlace(path: path).write(bytes)
    #expect(throws: Self.alteredCode) { try Self.call(instance(), "f2", 3) }
    #expect(try entry() == nil)
    #expect(try Self.call(instance(), "f2", 3) == 6 + Int32(Self.steps))
    #expect(try entry() != nil)
    #expect(try read(path) == intact)
    // Code of a small entry is checked when it is opened.
    try FilePlace(path: path).write(bytes)
    #expect(try Self.call(instance(.automatic), "f2", 3) == 6 + Int32(Self.steps))
    #expect(try read(path) == intact)
    // Damaged tables are found when the entry is opened.
    bytes = intact
    let traps = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: Self.entry(of: .traps), as: Int.self) }
    bytes[traps + 2 * Self.piece] ^= 1
    try FilePlace(path: path).write(bytes)
    let again = try instance()
    #expect(throws: Trap.self) { try Self.call(again, "trap", 3) }
    #expect(try Self.call(again, "f2", 3) == 6 + Int32(Self.steps))
    #expect(try read(path) == intact)
  }
}
