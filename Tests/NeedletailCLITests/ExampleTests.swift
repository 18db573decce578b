import Foundation
import Testing

/// The files in `Examples`. Their comments show commands, each in a line `;;     $ needletail …`, and the output below it.
@Suite struct ExampleTests {
  private static let checkout = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL

  private static let files: [String] =
    (FileManager.default.enumerator(atPath: checkout.appending(path: "Examples").path)?
    .compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".wat") }.sorted()

  @Test("There are examples")
  func areThere() {
    #expect(Self.files.contains("hello.wat"))
  }

  @Test("Examples are valid, and do what their comments say", arguments: files)
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
