import Foundation
import Needletail
import Testing
import TestSupport

@testable import NeedletailWASI

/// One program per group of functions, run on each kind of host. `Scripts/wasi-conformance` runs the same programs with
/// wasmtime; where wasmtime differs, the step records how and why.
@Suite struct ConformanceTests {
  /// The contents of the programs' directory: a text for a file, or the target of a link.
  static let files = [("file", "contents"), ("dir/inner", "within")]
  static let links = [("link", "file"), ("dangling", "nowhere"), ("up", "../outside"), ("loop", "loop")]
  static let arguments = ["program", "one", ""]
  static let environment = [("A", "1"), ("EMPTY", "")]
  static let input = "first line\nsecond\n"

  @Test(arguments: ConformanceProgram.all, HostSide.allCases)
  func behavesAsWritten(_ program: ConformanceProgram, _ side: HostSide) throws {
    let output = OutputBuffer()
    var configuration = WASI.Configuration()
    configuration.arguments = Self.arguments
    configuration.environment = Self.environment
    configuration.standardInput = .text(Self.input)
    configuration.standardOutput = .buffer(output)
    let directory = TemporaryDirectory()
    configuration.preopens = [try Self.preopen(side, directory)]
    let engine = Engine()
    let wasi = try WASI(configuration)
    let linker = Linker(engine)
    try wasi.link(into: linker)
    let module = try Module(engine, text: program.text)
    #expect(try wasi.start(linker.instantiate(module, in: Store(engine))) == 0)
    let lines = output.text.split(separator: "\n").map(String.init)
    #expect(lines.count == program.steps.count)
    for (line, expected) in zip(lines, program.expected) { #expect(line == expected) }
  }

  private static func preopen(_ side: HostSide, _ directory: TemporaryDirectory) throws -> WASI.Preopen {
    if side == .inMemory {
      let memory = InMemoryFileSystem()
      for (path, text) in files { try memory.write(text, to: path) }
      for (path, target) in links { try memory.createSymbolicLink(path, to: target) }
      return .init(memory.root, guestPath: "/")
    }
    directory.makeDirectory("dir")
    for (path, text) in files { directory.write(text, to: path) }
    for (path, target) in links { directory.makeLink(path, to: target) }
    return .init(hostPath: directory.path, guestPath: "/", resolution: side.resolution)
  }

  private static let exportFolder = ProcessInfo.processInfo.environment["NEEDLETAIL_WASI_CONFORMANCE"]

  /// The format read by `Scripts/wasi-conformance`.
  private struct Export: Encodable {
    struct Step: Encodable {
      var label: String
      var here, wasmtime: String
      var reason: String?
    }

    struct Program: Encodable {
      var name, text: String
      var steps: [Step]
    }

    var arguments: [String]
    var environment: [[String]]
    var input: String
    var files, links: [[String]]
    var programs: [Program]
  }

  @Test(.enabled(if: exportFolder != nil)) func isExported() throws {
    let programs = ConformanceProgram.all.map { program in
      Export.Program(
        name: program.name, text: program.text,
        steps: program.steps.map {
          Export.Step(
            label: $0.label, here: $0.outcome, wasmtime: $0.difference?.outcome ?? $0.outcome,
            reason: $0.difference?.reason)
        })
    }
    let export = Export(
      arguments: Self.arguments, environment: Self.environment.map { [$0.0, $0.1] }, input: Self.input,
      files: Self.files.map { [$0.0, $0.1] }, links: Self.links.map { [$0.0, $0.1] }, programs: programs)
    let folder = URL(fileURLWithPath: try #require(Self.exportFolder))
    try JSONEncoder().encode(export).write(to: folder.appendingPathComponent("programs.json"))
  }
}
