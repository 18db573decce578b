import Needletail
import NeedletailWASI
import Testing

/// Programs and what they are granted, as an embedder sees them.
@Suite struct WASITests {
  private let engine = Engine()

  private func instance(_ wasi: WASI, _ fields: String) throws -> Instance {
    let linker = Linker(engine)
    try wasi.link(into: linker)
    let imports = """
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      """
    return try linker.instantiate(Module(engine, text: "(module \(imports) \(fields))"), in: Store(engine))
  }

  // MARK: Starting

  @Test(
    "The status of a program is that of proc_exit, or 0 if it returns",
    arguments: [
      ("(func (export \"_start\") (call $exit (i32.const 7)))", 7), ("(func (export \"_start\"))", 0),
      // The default function follows the initialization, and either may be missing.
      ("(func (export \"_initialize\")) (func (export \"\") (call $exit (i32.const 2)))", 2),
      ("(func (export \"_initialize\") (call $exit (i32.const 3))) (func (export \"\") unreachable)", 3),
      ("(func (export \"\") (call $exit (i32.const 4)))", 4),
      ("(func (export \"_start\")) (func (export \"_initialize\") unreachable)", 0),
    ] as [(String, Int32)])
  func status(fields: String, status: Int32) throws {
    let wasi = try WASI()
    #expect(try wasi.start(instance(wasi, "(memory (export \"memory\") 1) \(fields)")) == status)
  }

  @Test("A module without entry points is no program; a trap is thrown")
  func noProgram() throws {
    let wasi = try WASI()
    let error = try #require(throws: WASI.NoEntryPoint.self) {
      try wasi.start(instance(wasi, "(memory (export \"memory\") 1) (func (export \"start\"))"))
    }
    #expect(
      error.description
        == "the module exports neither '_start' nor '_initialize', nor a function with an empty name")
    #expect(throws: Trap.self) {
      try wasi.start(instance(wasi, "(memory (export \"memory\") 1) (func (export \"_start\") unreachable)"))
    }
  }

  @Test("The functions can be linked under one snapshot's name, and once")
  func linking() throws {
    let linker = Linker(engine)
    try WASI().link(into: linker, as: [.preview1])
    #expect(linker.defines("wasi_snapshot_preview1", "fd_write") && !linker.defines("wasi_unstable", "fd_write"))
    #expect(throws: LinkError.self) { try WASI().link(into: linker) }
    linker.allowsShadowing = true
    try WASI().link(into: linker)
    #expect(linker.defines("wasi_unstable", "fd_write"))
  }

  // MARK: Configuration

  @Test("Arguments are bytes; as text, bytes that are not UTF-8 read as U+FFFD")
  func arguments() {
    var configuration = WASI.Configuration()
    #expect(configuration.arguments.isEmpty && configuration.environment.isEmpty && configuration.preopens.isEmpty)
    configuration.argumentBytes = [Array("ä".utf8), [0x61, 0xFF]]
    #expect(configuration.arguments == ["ä", "a\u{FFFD}"])
    configuration.arguments = ["tool", "é"]
    #expect(configuration.argumentBytes == [Array("tool".utf8), [0xC3, 0xA9]])
  }

  @Test("What cannot be opened is named with the system's reason")
  func opening() {
    func message(_ change: (inout WASI.Configuration) -> Void) -> String? {
      var configuration = WASI.Configuration()
      change(&configuration)
      return (#expect(throws: WASI.ConfigurationError.self) { try WASI(configuration) })?.message
    }
    #expect(message { $0.standardInput = .file("/no/file") } == "cannot open '/no/file': No such file or directory")
    #expect(
      message { $0.preopens = [.init(hostPath: "/no/folder", guestPath: "/")] }
        == "cannot open '/no/folder': No such file or directory")
    #expect(
      message { $0.preopens = [.listener(address: "example.org:80")] }
        == "cannot listen at 'example.org:80': expected a numeric address of this machine")
  }

  @Test("A listener with port 0 has a port that the system chose")
  func listeners() throws {
    let listener = WASI.Preopen.listener(address: "127.0.0.1:0")
    #expect(listener.isListenerOfAnyPort)
    #expect(!WASI.Preopen.listener(address: "127.0.0.1:80").isListenerOfAnyPort)
    #expect(!WASI.Preopen(hostPath: ".", guestPath: "a:0").isListenerOfAnyPort)
    var configuration = WASI.Configuration()
    configuration.preopens = [listener, listener]
    let wasi = try WASI(configuration)
    defer { wasi.closeAll() }
    let ports = wasi.listenerAddresses.compactMap { UInt16($0.dropFirst("127.0.0.1:".count)) }
    #expect(ports.count == 2 && ports[0] != ports[1] && !ports.contains(0), "\(wasi.listenerAddresses)")
  }

  @Test("Closing all descriptors includes the standard streams and preopens")
  func closing() throws {
    var configuration = WASI.Configuration()
    configuration.preopens = [.init(InMemoryFileSystem().root, guestPath: "/")]
    let wasi = try WASI(configuration)
    #expect(wasi.openDescriptorCount == 4)
    wasi.closeAll()
    #expect(wasi.openDescriptorCount == 0)
  }

  @Test("Lost standard output is reported even if the guest ignores the error; other errors are not losses")
  func lostOutput() throws {
    for (error, lost) in [(Errno.nospc, Errno.nospc), (.pipe, .pipe), (.again, nil), (.inval, nil)] as [(Errno, Errno?)]
    {
      var configuration = WASI.Configuration()
      configuration.standardOutput = .closure { _ in throw error }
      let wasi = try WASI(configuration)
      let status = try wasi.start(
        instance(
          wasi,
          """
          (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\01\\00\\00\\00")
          (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
          """))
      #expect(status == 0 && wasi.lostOutput == lost, "\(error)")
    }
  }

  @Test("An error has its name in C, and what the system says about it")
  func errors() {
    #expect(
      Errno.noent.symbol == "ENOENT" && Errno.tooBig.symbol == "E2BIG" && Errno.nametoolong.symbol == "ENAMETOOLONG")
    #expect(Errno.noent.explanation == "No such file or directory" && Errno.xdev.explanation == "EXDEV")
    for error in Errno.allCases { #expect(!error.explanation.isEmpty && error.symbol.hasPrefix("E")) }
  }
}
