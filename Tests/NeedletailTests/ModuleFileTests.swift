import Foundation
import Needletail
import Testing
import WasmText

/// Modules loaded from files.
@Suite struct ModuleFileTests {
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appending(path: "needletail-tests-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ bytes: [UInt8]) throws -> String {
      let file = url.appending(path: UUID().uuidString)
      try Data(bytes).write(to: file)
      return file.path
    }
  }

  @Test("Binary and text are told apart by their contents")
  func formats() throws {
    let folder = try Folder()
    let text = "(module $m (func (export \"f\")))"
    for bytes in [Array(text.utf8), try assemble(text)] {
      let module = try Module(Engine(), contentsOf: folder.write(bytes))
      #expect(module.exports.map(\.name) == ["f"] && module.name == "m")
    }
  }

  @Test("Other files are refused by their kind")
  func refusals() throws {
    let folder = try Folder()
    func message(_ path: String, _ engine: Engine = Engine()) -> String {
      do { _ = try Module(engine, contentsOf: path) } catch let error as ModuleFileError { return error.reason } catch {
        return "\(error)"
      }
      return ""
    }
    #expect(message(folder.url.path) == "expected a regular file, found a directory")
    #expect(message("/dev/zero") == "expected a regular file, found a file of another kind")
    #expect(message(folder.url.path + "/missing").hasPrefix("cannot read it: "))
    #expect(try message(folder.write([])) == "expected a module, found an empty file")
    #expect(try message(folder.write([0x7F, 0x45, 0x4C, 0x46, 0, 0])).hasPrefix("expected a module, found "))
    #expect(try message(folder.write([0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0])).contains("component"))
    #expect(try message(folder.write([0xC3, 0x28, 1])) == "expected a module, found binary data of another kind")
    #expect(try message(folder.write([0, 1, 2, 3, 1, 0, 0, 0])).contains("magic header not detected"))
    var configuration = Engine.Configuration()
    configuration.moduleLimits.moduleSize = 20
    let large = try message(folder.write(Array(repeating: 0, count: 21)), Engine(configuration))
    #expect(large.contains("expected at most 20"), "\(large)")
  }
}
