#if os(Linux)
  import Foundation
  import Glibc
  import Needletail
  import Testing

  /// Memories whose address space others used before, when the system refuses what they ask for. Each test runs in its own process.
  @Suite("Reused memories") struct ReusedMemoryTests {
    private static let functions = """
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
      """

    private static func bytes(_ count: Int) -> String { String(repeating: "0123456789abcdef", count: count / 16) }

    private static func prepare(_ engine: Engine, _ fields: String) throws -> PreparedModule {
      try Linker(engine).prepare(Module(engine, text: "(module \(fields) \(functions))"))
    }

    /// An instance of which the tests need three functions.
    private struct Guest {
      let instance: Instance

      init(_ module: PreparedModule, _ engine: Engine) throws {
        instance = try module.instantiate(in: Store(engine))
      }

      func call(_ name: String, _ arguments: Int...) throws -> Int32 {
        try instance.function(name)!.call(arguments.map { .i32(Int32(truncatingIfNeeded: $0)) }).first?.i32 ?? 0
      }
    }

    /// Mappings up to the system's limit, but for `spare`; ended by ``end()``.
    private struct Exhaustion {
      private let area: UnsafeMutableRawPointer
      private static let pageCount = 200_000

      init(spare: Int = 0) {
        area = mmap(nil, Self.pageCount * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)!
        var page = 1
        while page < Self.pageCount, mprotect(area + page * 4096, 4096, PROT_READ) == 0 { page += 2 }
        for index in 0..<spare { munmap(area + (1 + 2 * index) * 4096, 4096) }
      }

      func end() { munmap(area, Self.pageCount * 4096) }
    }

    private static func compiling() -> Engine {
      var configuration = Engine.Configuration()
      configuration.execution = .jit(.basic)
      return Engine(configuration)
    }

    @Test("Growth that the system refuses half way leaves the guard region as it was, and nothing to the next guest")
    func partialGrowth() async {
      await #expect(processExitsWith: .exitCode(7)) {
        let engine = Self.compiling()
        // The first one's image and writes divide the reservation into several mappings.
        let first = try Self.prepare(engine, "(memory 256 1000) (data (i32.const 0x200000) \"\(Self.bytes(1 << 20))\")")
        let second = try Self.prepare(engine, "(memory 16 1000) (data (i32.const 0) \"\(Self.bytes(64 << 10))\")")
        let third = try Self.prepare(engine, "(memory 1 1000)")
        do {
          let guest = try Guest(first, engine)
          _ = try guest.call("store", 0, 1)
          _ = try guest.call("store", 0x500000, 1)
        }
        do {
          let guest = try Guest(second, engine)
          let exhaustion = Exhaustion()
          let grown = try guest.call("grow", 64)
          exhaustion.end()
          if grown == -1 {
            guard (try? guest.call("store", 0x200000, 0x5EC2E7)) == nil else { _exit(1) }
          }
        }
        let guest = try Guest(third, engine)
        guard try guest.call("grow", 80) == 1, try guest.call("load", 0x200000) == 0 else { _exit(2) }
        _exit(7)
      }
    }

    @Test("Instances are right or refused while mappings run out")
    func mappingsExhausted() async {
      await #expect(processExitsWith: .exitCode(7)) {
        for execution in [Engine.Configuration.Execution.interpreter, .jit(.basic)] {
          var configuration = Engine.Configuration()
          configuration.execution = execution
          let engine = Engine(configuration)
          let image = try Self.prepare(engine, "(memory 16 200) (data (i32.const 10) \"\(Self.bytes(64 << 10))\")")
          let plain = try Self.prepare(engine, "(memory 20 200)")
          func use(_ number: Int) throws {
            let pageCount = number % 2 == 0 ? 16 : 20
            let guest = try Guest(number % 2 == 0 ? image : plain, engine)
            let grown = try guest.call("grow", number * 10)
            let end = (pageCount + (grown < 0 ? 0 : number * 10)) << 16
            for address in stride(from: 4096, to: end, by: 1 << 16) {
              let isData = number % 2 == 0 && address < 1 << 16
              guard try guest.call("load", address) == (isData ? 0x3938_3736 : 0) else { _exit(1) }
              _ = try guest.call("store", address, -1)
            }
            for address in [end, end + 4096, max(end, 150 << 16)] {
              guard (try? guest.call("store", address, -1)) == nil else { _exit(2) }
            }
          }
          for number in 0..<6 { try use(number) }
          for spare in [0, 1, 2, 3, 5, 8] {
            let exhaustion = Exhaustion(spare: spare)
            for number in 0..<4 {
              do { try use(number) } catch is LimitExceeded {
                // As it should be.
              } catch let trap as Trap {
                // The stack for compiled code.
                guard trap.code == .callStackExhausted || trap.code == .hostError else { _exit(3) }
              }
            }
            exhaustion.end()
          }
        }
        _exit(7)
      }
    }

    @Test("A limit on the size of files does not end the process")
    func fileSizeLimit() async {
      await #expect(processExitsWith: .exitCode(7)) {
        let engine = Engine()
        var limit = rlimit(rlim_cur: 4096, rlim_max: rlim_t.max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let module = try Self.prepare(engine, "(memory 16) (data (i32.const 10) \"\(Self.bytes(64 << 10))\")")
        _exit(try Guest(module, engine).call("load", 10) == 0x3332_3130 ? 7 : 1)
      }
    }

    @Test("Without file descriptors, data is copied")
    func descriptorsExhausted() async {
      await #expect(processExitsWith: .exitCode(7)) {
        let engine = Engine()
        var limit = rlimit(rlim_cur: 3, rlim_max: rlim_t.max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let module = try Self.prepare(engine, "(memory 16) (data (i32.const 10) \"\(Self.bytes(64 << 10))\")")
        _exit(try Guest(module, engine).call("load", 10) == 0x3332_3130 ? 7 : 1)
      }
    }

    @Test("Locked pages, which cannot be discarded, are not reused")
    func locked() async {
      await #expect(processExitsWith: .exitCode(7)) {
        let engine = Engine()
        let module = try Self.prepare(engine, "(memory 16 200) (data (i32.const 10) \"\(Self.bytes(64 << 10))\")")
        // Only what exists now: the address space of memories is larger than the machine.
        _ = mlockall(MCL_CURRENT)
        for _ in 0..<5 {
          let guest = try Guest(module, engine)
          guard try guest.call("load", 10) == 0x3332_3130, try guest.call("load", 0x20000) == 0 else { _exit(1) }
          _ = try guest.call("store", 0x20000, -1)
          _ = try guest.call("store", 10, -1)
        }
        _exit(7)
      }
    }
  }
#endif
