import Foundation
import Fuzzing
import Testing
import WasmText

@Suite("Earlier fuzzing findings stay fixed")
struct FindingTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Findings")

  /// Minimized inputs in `Findings/TARGET/`. Modules are stored as text, in files with the extension `.wat`.
  private static let inputs: [(target: FuzzTargetName, name: String)] = FuzzTargetName.allCases.flatMap { target in
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: target.rawValue).path)
    return (names ?? []).sorted().map { (target, $0) }
  }

  @Test("Inputs of earlier findings", arguments: inputs)
  func input(target: FuzzTargetName, name: String) throws {
    let path = Self.folder.appending(path: target.rawValue).appending(path: name)
    var input = [UInt8](try Data(contentsOf: path))
    if target != .text, name.hasSuffix(".wat") { input = try assemble(input) }
    var fuzzed = target.type.init()
    _ = try fuzzed.run(input)
  }
}
