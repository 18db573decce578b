import Foundation
import Needletail
import NeedletailWASI
import Testing

/// Compiles and runs the README's code, and compares the code and its output with the README.
@Suite struct ReadmeTests {
  @Test("The embedding example has the output that the README shows")
  func embedding() throws {
    var output: [String] = []
    func print(_ value: some CustomStringConvertible) { output.append(value.description) }

    // begin embedding
    let engine = Engine()
    let module = try Module(
      engine,
      text: """
        (module
          (import "env" "log" (func $log (param i32 i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "sum")
          (func (export "add") (param i32 i32) (result i32)
            (call $log (i32.const 0) (i32.const 3))
            (i32.add (local.get 0) (local.get 1))))
        """)
    let linker = Linker(engine)
    try linker.define("env", "log") { (caller: Caller, address: UInt32, count: UInt32) in
      print(try caller.memory().readString(at: UInt64(address), count: UInt64(count)))
    }
    let instance = try linker.instantiate(module, in: Store(engine))
    let add = try instance.function("add")!.typed(Int32.self, Int32.self, returning: Int32.self)
    print(try add(1, 2))  // "sum", then 3
    // end embedding

    #expect(output == ["sum", "3"])
  }

  @Test("The program example runs with its arguments")
  func program() throws {
    let bytes: [UInt8] = Array(
      """
      (module
        (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $proc_exit (i32.const 3))))
      """.utf8)
    let engine = Engine()
    let module = try Module(engine, text: String(decoding: bytes, as: UTF8.self))

    // begin program
    var configuration = WASI.Configuration()
    configuration.arguments = ["tool", "--verbose"]
    configuration.standardOutput = .inherit
    let wasi = try WASI(configuration)
    let linker = Linker(engine)
    try wasi.link(into: linker)
    let status = try wasi.start(linker.instantiate(module, in: Store(engine)))
    // end program

    #expect(status == 3)
  }

  @Test(
    "The README contains exactly this code",
    arguments: [("embedding", "import Needletail\n\n"), ("program", "")])
  func code(name: String, imports: String) throws {
    let this = try String(contentsOfFile: #filePath, encoding: .utf8)
    let lines = this.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let begin = try #require(lines.firstIndex { $0.hasSuffix("// begin \(name)") })
    let end = try #require(lines.firstIndex { $0.hasSuffix("// end \(name)") })
    let code = lines[begin + 1..<end].map { String($0.dropFirst(4)) }.joined(separator: "\n")
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("```swift\n\(imports)\(code)\n```"))
  }
}
