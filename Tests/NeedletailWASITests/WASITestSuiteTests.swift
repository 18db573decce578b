import Foundation
import Needletail
import Testing

@testable import NeedletailWASI

/// The public test programs of preview 1 (`WebAssembly/wasi-testsuite`, branch `prod/testsuite-base`), on each host side.
/// They are no part of the project: `NEEDLETAIL_WASI_TESTSUITE` names a folder that holds them, else none run.
@Suite struct WASITestSuiteTests {
  static let folder = ProcessInfo.processInfo.environment["NEEDLETAIL_WASI_TESTSUITE"]

  /// A program's `.json`, in the suite's older form, which all of preview 1 has.
  private struct Specification: Decodable {
    var args: [String]?
    var env: [String: String]?
    var root: String?
    var exit_code: Int32?
    var stdout: String?
    var stderr: String?
  }

  static let programs: [String] = {
    guard let folder, let files = FileManager.default.enumerator(atPath: folder) else { return [] }
    return files.compactMap { $0 as? String }.filter { $0.hasSuffix(".wasm") && $0.contains("wasm32-wasip1/") }.sorted()
  }()

  @Test(.enabled(if: folder != nil), arguments: programs, HostSide.allCases)
  func passes(_ program: String, _ side: HostSide) throws {
    let file = URL(fileURLWithPath: try #require(Self.folder)).appendingPathComponent(program)
    let json = file.deletingPathExtension().appendingPathExtension("json")
    let specification =
      try (try? Data(contentsOf: json)).map { try JSONDecoder().decode(Specification.self, from: $0) }
      ?? Specification()
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
