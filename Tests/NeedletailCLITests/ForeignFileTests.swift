import Foundation
import Testing

/// Files that are not modules: the message names their format.
@Suite struct ForeignFileTests {
  static let files: [(name: String, bytes: [UInt8], message: String)] = [
    ("component.wasm", [0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0], "this is a component (component model)"),
    ("component", [0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0], "this is a component (component model)"),
    ("later.wasm", [0, 0x61, 0x73, 0x6D, 2, 0, 0, 0], "unknown binary version: expected 1, found 2 (at"),
    ("program", [0x7F] + Array("ELF\u{2}\u{1}\u{1}".utf8), "an ELF file"),
    ("program.wasm", [0x7F] + Array("ELF\u{2}\u{1}\u{1}".utf8), "an ELF file"),
    ("program", [0xCF, 0xFA, 0xED, 0xFE, 7, 0, 0, 1], "a Mach-O file"),
    ("program.exe", Array("MZ".utf8) + [0x90, 0, 3, 0, 0, 0], "a PE file"),
    ("x.wasm.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "compressed with gzip"),
    ("x.wasm", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "compressed with gzip"),
    ("x.zip", Array("PK\u{3}\u{4}".utf8) + [0, 0, 0, 0], "a zip archive"),
    ("x.zst", [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0], "compressed with zstd"),
    ("x.bc", Array("BC".utf8) + [0xC0, 0xDE, 0, 0, 0, 0], "LLVM bitcode"),
    ("x.a", Array("!<arch>\n".utf8), "a static library"),
    ("page.wasm", Array("\n<!DOCTYPE html><html><body>Not found</body></html>".utf8), "an HTML page"),
    ("page.wat", Array("<html><body>Not found</body></html>".utf8), "an HTML page"),
    ("page", Array("<html><body>Not found</body></html>".utf8), "an HTML page"),
    ("text.wasm", Array("(module)".utf8), "this is text"),
    ("empty.wasm", [], "unexpected end: the file is empty"),
    ("short.wasm", [0, 0x61], "unexpected end (at"),
  ]

  @Test(arguments: files) func isNamed(name: String, bytes: [UInt8], message: String) throws {
    let scratch = try Scratch()
    try Data(bytes).write(to: scratch.url(name))
    for command in ["run", "validate", "print", "objdump", "compile", "explore"] {
      let result = try Executable.run([command, scratch.path(name)], folder: scratch.folder)
      #expect(result.status == 1)
      #expect(result.error.contains(message), "\(command): \(result.error)")
    }
  }
}
