import Foundation
import Testing

/// Files that are not modules: the message names their format.
@Suite struct ForeignFileTests {
  private static let wasm: [UInt8] = [0, 0x61, 0x73, 0x6D]
  private static let utf16: [UInt8] = "(module)".utf8.flatMap { [$0, 0] as [UInt8] }

  static let files: [(name: String, bytes: [UInt8], message: String)] = [
    ("component.wasm", wasm + [0x0D, 0, 1, 0], "expected a module, found a component (component model)"),
    ("component", wasm + [0x0D, 0, 1, 0], "expected a module, found a component (component model)"),
    ("later.wasm", wasm + [2, 0, 0, 0], "unknown binary version: expected 1, found 2 (at"),
    ("program", [0x7F] + Array("ELF\u{2}\u{1}\u{1}".utf8), "an ELF file"),
    ("program.wasm", [0x7F] + Array("ELF\u{2}\u{1}\u{1}".utf8), "an ELF file"),
    ("program.wat", [0x7F] + Array("ELF\u{2}\u{1}\u{1}".utf8), "an ELF file"),
    ("program", [0xCF, 0xFA, 0xED, 0xFE, 7, 0, 0, 1], "a Mach-O file"),
    ("program.exe", Array("MZ".utf8) + [0x90, 0, 3, 0, 0, 0], "a PE file"),
    ("x.wasm.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "expected a module, found a file compressed with gzip"),
    ("x.wasm", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "expected a module, found a file compressed with gzip"),
    ("x.zip", Array("PK\u{3}\u{4}".utf8) + [0, 0, 0, 0], "a zip archive"),
    ("x.tar", Array("app.wasm".utf8) + [UInt8](repeating: 0, count: 249) + Array("ustar".utf8), "a tar archive"),
    ("x.7z", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4], "a 7z archive"),
    ("x.zst", [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0], "compressed with zstd"),
    ("x.bc", Array("BC".utf8) + [0xC0, 0xDE, 0, 0, 0, 0], "LLVM bitcode"),
    ("x.a", Array("!<arch>\n".utf8), "a static library"),
    ("x.aot", [0, 0x61, 0x6F, 0x74, 3, 0, 0, 0], "machine code of WAMR's wamrc"),
    ("x.cwasm", [0x7F] + Array("ELF\u{2}\u{1}\u{1}".utf8) + [200], "machine code of wasmtime"),
    ("x.wasmu", Array("wasmer-universal".utf8) + [0, 0, 0, 0], "machine code of Wasmer"),
    ("x.webc", [0, 0x77, 0x65, 0x62, 0x63, 0x30, 0x30, 0x33], "a package of Wasmer (webc)"),
    (
      "page.wasm", Array("\n<!DOCTYPE html><html><body>Not found</body></html>".utf8),
      "expected a module, found an HTML page"
    ),
    ("page.wat", Array("<html><body>Not found</body></html>".utf8), "expected a module, found an HTML page"),
    ("page", Array("<html><body>Not found</body></html>".utf8), "an HTML page"),
    ("x.json", Array("{\"a\": 1}".utf8), "a JSON file"),
    ("x.xml", Array("<?xml version=\"1.0\"?>".utf8), "an XML file"),
    ("x.c", Array("#include <stdio.h>\nint main(void) {}\n".utf8), "source code of another language"),
    ("main.rs", Array("fn main() {}\n".utf8), "source code of another language"),
    ("lib.rs", Array("#![no_std]\n".utf8), "source code of another language"),
    ("main.go", Array("package main\n".utf8), "source code of another language"),
    ("main.swift", Array("import Foundation\n".utf8), "source code of another language"),
    ("script", Array("#!/bin/sh\necho\n".utf8), "a script for another program (#!)"),
    ("pointer.wasm", Array("version https://git-lfs.github.com/spec/v1\n".utf8), "a pointer of Git LFS"),
    (
      "component.wat", Array("(component (core module))".utf8),
      "expected a module, found a component (component model) in the text format"
    ),
    ("script.wast", Array("(module) (assert_return (invoke \"f\"))".utf8), "hint: 'needletail wast' runs scripts"),
    ("bom.wat", [0xEF, 0xBB, 0xBF] + Array("(module)".utf8), "text with a byte order mark (BOM)"),
    (
      "bom2.wat", [0xEF, 0xBB, 0xBF] + Array(";; x\n(module)".utf8),
      "expected a module, found text with a byte order mark (BOM)"
    ),
    ("utf16.wat", [0xFF, 0xFE] + utf16, "text in UTF-16"), ("utf16", utf16, "text in UTF-16"),
    ("data.wat", Array("abc".utf8) + [0, 1, 2], "binary data of another kind"),
    ("text.wasm", Array("(module)".utf8), "this is text"),
    ("empty.wasm", [], "expected a module, found an empty file"),
    ("empty.wat", [], "expected a module, found an empty file"),
    ("short.wasm", [0, 0x61], "unexpected end: expected a header of 8 bytes, found 2 bytes (at offset 0x2)"),
    ("short", wasm + [1, 0], "unexpected end: expected a header of 8 bytes, found 6 bytes (at offset 0x6)"),
    ("notes.txt", Array("hello, world\n".utf8), "expected a module, found other text; the text format begins with '('"),
    (
      "notes.wasm", Array("hello, world\n".utf8), "expected a module, found other text; the text format begins with '('"
    ),
    (
      "notes.wat", Array(";; a\n\n;; b\nhello".utf8),
      "expected a module, found other text; the text format begins with '('"
    ),
  ]

  @Test(arguments: files) func isNamed(name: String, bytes: [UInt8], message: String) throws {
    let scratch = try Scratch()
    try Data(bytes).write(to: scratch.url(name))
    // These commands take components.
    let isComponent = name.hasPrefix("component")
    for command in ["run", "objdump", "compile", "explore"] + (isComponent ? [] : ["validate", "print"]) {
      let result = try Executable.run([command, scratch.path(name)], folder: scratch.folder)
      #expect(result.status == 1)
      #expect(result.output == "")
      #expect(result.error.contains(message), "\(command): \(result.error)")
    }
  }

  @Test("A module is read whatever the file is called")
  func anyName() throws {
    let scratch = try Scratch()
    try Data(Self.wasm + [1, 0, 0, 0]).write(to: scratch.url("binary.wat"))
    #expect(try Executable.run(["validate", scratch.path("binary.wat")]).status == 0)
    for text in [";; comment\n(module)", "(;x;) (module)", "\n\t(module)", "(func)", "(import \"a\" \"b\" (func))"] {
      let path = try scratch.write("text", text)
      #expect(try Executable.run(["validate", path]).status == 0, "\(text)")
    }
  }
}
