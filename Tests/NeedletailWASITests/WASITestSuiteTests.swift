import Foundation
import Needletail
import Testing
import TestSupport

@testable import NeedletailWASI

/// The public test programs of preview 1 (`WebAssembly/wasi-testsuite`) on each kind of file system, and those of
/// wasi-threads. They are not part of the project: `NEEDLETAIL_WASI_TESTSUITE` names their folder; without it no
/// program runs.
@Suite struct WASITestSuiteTests {
  static let folder = ProcessInfo.processInfo.environment["NEEDLETAIL_WASI_TESTSUITE"]

  /// A program's `.json` file, in the suite's older format, which all of preview 1 uses.
  private struct Specification: Decodable {
    var args: [String]?
    var env: [String: String]?
    var root: String?
    var exit_code: Int32?
    var stdout: String?
    var stderr: String?

    /// The specification next to a program; the default if there is none.
    static func beside(_ program: URL) throws -> Specification {
      let json = program.deletingPathExtension().appendingPathExtension("json")
      guard let contents = try? Data(contentsOf: json) else { return Specification() }
      return try JSONDecoder().decode(Specification.self, from: contents)
    }
  }

  private static func programs(in part: String) -> [String] {
    guard let folder, let files = FileManager.default.enumerator(atPath: folder) else { return [] }
    return files.compactMap { $0 as? String }.filter { $0.hasSuffix(".wasm") && $0.contains(part) }.sorted()
  }

  static let programs = programs(in: "wasm32-wasip1/")
  static let threadedPrograms = programs(in: "wasi-threads/")

  private static func file(_ program: String) throws -> URL {
    URL(fileURLWithPath: try #require(folder)).appendingPathComponent(program)
  }

  @Test(.enabled(if: folder != nil), arguments: programs, HostSide.allCases)
  func passes(_ program: String, _ side: HostSide) throws {
    let file = try Self.file(program)
    let specification = try Specification.beside(file)
    let (output, error) = (OutputBuffer(), OutputBuffer())
    var configuration = WASI.Configuration()
    configuration.arguments = [file.lastPathComponent] + (specification.args ?? [])
    configuration.environment = (specification.env ?? [:]).map { ($0.key, $0.value) }
    configuration.standardOutput = .buffer(output)
    configuration.standardError = .buffer(error)
    let scratch = TemporaryDirectory()
    if let root = specification.root {
      let source = file.deletingLastPathComponent().appendingPathComponent(root)
      configuration.preopens = [try Self.preopen(source, scratch, side)]
    }

    let engine = Engine()
    let wasi = try WASI(configuration)
    let linker = Linker(engine)
    try wasi.link(into: linker)
    let module = try Module(engine, bytes: Array(Data(contentsOf: file)))
    let instance = try linker.instantiate(module, in: Store(engine))
    let status = try wasi.start(instance)
    #expect(status == specification.exit_code ?? 0, "\(error.text)")
    if let expected = specification.stdout { #expect(output.text == expected) }
    if let expected = specification.stderr { #expect(error.text == expected) }
  }

  /// Standard input is a pipe without writers, so that reading blocks, as some of these programs expect.
  @Test(.enabled(if: folder != nil), arguments: threadedPrograms)
  func passesWithThreads(_ program: String) throws {
    let file = try Self.file(program)
    let specification = try Specification.beside(file)
    let input = HostChannel.pipe()
    defer { withExtendedLifetime(input) {} }
    let output = OutputBuffer()
    var configuration = WASI.Configuration()
    configuration.arguments = [file.lastPathComponent]
    configuration.standardInput = .descriptor(input.ends.0)
    configuration.standardOutput = .buffer(output)
    configuration.standardError = .buffer(output)
    var engineConfiguration = Engine.Configuration()
    engineConfiguration.isInterruptible = true
    let module = try Module(Engine(engineConfiguration), bytes: Array(Data(contentsOf: file)))
    let status = try ThreadedProgram(module, wasi: WASI(configuration)).start()
    #expect(status == specification.exit_code ?? 0, "\(output.text)")
  }

  /// A copy of the program's directory.
  private static func preopen(_ source: URL, _ scratch: TemporaryDirectory, _ side: HostSide) throws -> WASI.Preopen {
    guard side == .inMemory else {
      let copy = scratch.subpath("root")
      try FileManager.default.copyItem(atPath: source.path, toPath: copy)
      return .init(hostPath: copy, guestPath: "/", resolution: side.resolution)
    }
    let files = InMemoryFileSystem()
    for case let path as String in try #require(FileManager.default.enumerator(atPath: source.path)) {
      let file = source.appendingPathComponent(path)
      if (try file.resourceValues(forKeys: [.isDirectoryKey])).isDirectory == true {
        try files.createDirectory(path)
      } else {
        try files.write(Array(Data(contentsOf: file)), to: path)
      }
    }
    return .init(files.root, guestPath: "/")
  }
}
