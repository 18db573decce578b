import Foundation
import Testing

/// The files in `Examples`. Their comments contain commands, one per line as `;;     $ needletail …`, each followed by
/// its output.
@Suite struct ExampleTests {
  private static let checkout = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL

  private static let files: [String] =
    (FileManager.default.enumerator(atPath: checkout.appending(path: "Examples").path)?
    .compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".wat") }.sorted()

  @Test("The examples are found")
  func areThere() {
    #expect(Self.files.contains("hello.wat"))
  }

  @Test("Examples are valid, and have the output in their comments", arguments: files)
  func example(file: String) throws {
    let path = "Examples/\(file)"
    let isLegacy = file.hasPrefix("legacy/")
    let validation = try Executable.run(
      ["validate"] + (isLegacy ? ["--legacy-text"] : []) + [path], folder: Self.checkout)
    #expect(validation.status == 0, "\(validation.error)")
    let text = try String(contentsOf: Self.checkout.appending(path: path), encoding: .utf8)
    for (command, output) in Self.commands(in: text) {
      let result = try Executable.run(command, folder: Self.checkout)
      #expect(result.status == 0, "\(command): \(result.error)")
      if !output.isEmpty { #expect(result.output == output, "\(command)") }
    }
  }

  @Test("The Embedded Swift program builds and counts words", .enabled(if: EmbeddedSwift.isInstalled))
  func embeddedSwift() throws {
    let scratch = try Scratch()
    let module = scratch.path("words.wasm")
    let build = Self.checkout.appending(path: "Examples/EmbeddedSwift/build")
    let built = try Executable.run([module], executable: build)
    #expect(built.status == 0, "\(built.error)")

    let counted = try Executable.run([module], input: Array("Ein Segler segelt. EIN SEGLER! ÄÄ ää".utf8))
    #expect(counted.output == "2\tein\n2\tsegler\n2\tää\n1\tsegelt\n")

    try scratch.write("folder/a.txt", String(repeating: "needle tail ", count: 200))
    try scratch.write("folder/b.txt", "tail")
    let grants = ["--dir", "\(scratch.path("folder"))::/texts"]
    let files = try Executable.run(grants + [module, "/texts/a.txt", "/texts/b.txt"])
    #expect(files.output == "201\ttail\n200\tneedle\n")
    let missing = try Executable.run(grants + [module, "/texts/c.txt"])
    #expect(missing.status == 1)
    #expect(missing.error == "words: error 44\n")
  }

  private static func commands(in text: String) -> [(arguments: [String], output: String)] {
    var commands: [(arguments: [String], output: String)] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix(";;     ") else { continue }
      let content = line.dropFirst(7)
      if content.hasPrefix("$ needletail ") {
        commands.append((content.split(separator: " ").dropFirst(2).map(String.init), ""))
      } else if !commands.isEmpty {
        commands[commands.count - 1].output += content + "\n"
      }
    }
    return commands
  }
}

/// The tools for building for WebAssembly, which not all Swift toolchains contain.
private enum EmbeddedSwift {
  static let isInstalled: Bool = {
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map(String.init) ?? []
    guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/swiftc") }),
      FileManager.default.isExecutableFile(atPath: "\(folder)/wasm-ld")
    else { return false }
    let toolchain = URL(filePath: "\(folder)/swiftc").resolvingSymlinksInPath().appending(path: "../..")
    return FileManager.default.fileExists(
      atPath: toolchain.appending(path: "lib/swift/embedded/wasm32-unknown-none-wasm").standardizedFileURL.path)
  }()
}
