import Foundation
import Testing

/// Commands that take components.
@Suite struct ComponentCommandTests {
  private static let text = """
    ;; a component after a comment
    (component
      (core module $M (func (export "f")))
      (core instance $m (instantiate $M))
      (func (export "run") (canon lift (core func $m "f"))))

    """

  @Test("A text is parsed, validated, printed, and parses to the same bytes")
  func roundTrip() throws {
    let scratch = try Scratch()
    try Data(Self.text.utf8).write(to: scratch.url("c.wat"))
    #expect(try Executable.run(["validate", "c.wat"], folder: scratch.folder).status == 0)
    #expect(try Executable.run(["parse", "c.wat", "-o", "c.wasm"], folder: scratch.folder).status == 0)
    #expect(try Executable.run(["validate", "c.wasm"], folder: scratch.folder).status == 0)
    let printed = try Executable.run(["print", "c.wasm"], folder: scratch.folder)
    #expect(printed.status == 0)
    #expect(printed.output.contains("(canon lift (core func 0))"))
    try Data(printed.output.utf8).write(to: scratch.url("d.wat"))
    #expect(try Executable.run(["parse", "d.wat", "-o", "d.wasm"], folder: scratch.folder).status == 0)
    #expect(try Data(contentsOf: scratch.url("c.wasm")) == Data(contentsOf: scratch.url("d.wasm")))
  }

  @Test("Errors have their place in the text or binary")
  func errors() throws {
    let scratch = try Scratch()
    try Data("(component\n  (type (list 7)))".utf8).write(to: scratch.url("invalid.wat"))
    let invalid = try Executable.run(["validate", "invalid.wat"], folder: scratch.folder)
    #expect(invalid.status == 1)
    #expect(invalid.error.contains("invalid.wat:2:3: invalid component: unknown type 7: type index out of bounds"))
    try Data("(component\n  (typo))".utf8).write(to: scratch.url("malformed.wat"))
    let malformed = try Executable.run(["parse", "malformed.wat"], folder: scratch.folder)
    #expect(malformed.error.contains("malformed.wat:2:4: unexpected token: expected a definition, found 'typo'"))
    try Data([0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0, 0x0D] as [UInt8]).write(to: scratch.url("bad.wasm"))
    let binary = try Executable.run(["print", "bad.wasm"], folder: scratch.folder)
    #expect(binary.error.contains("bad.wasm: malformed component: malformed section id 13 (at offset 0x8)"))
    let code = "(component\n  (core module\n    (func (result i32))))"
    try Data(code.utf8).write(to: scratch.url("code.wat"))
    let inModule = try Executable.run(["validate", "code.wat"], folder: scratch.folder)
    #expect(inModule.error.contains("code.wat:2:3: invalid component: "))
  }

  @Test("Limits of modules hold for components, in both formats")
  func limits() throws {
    let scratch = try Scratch()
    try Data(Self.text.utf8).write(to: scratch.url("c.wat"))
    #expect(try Executable.run(["parse", "c.wat", "-o", "c.wasm"], folder: scratch.folder).status == 0)
    for name in ["c.wat", "c.wasm"] {
      for (limit, message) in [
        ("functions=0", "too many functions"), ("module-size=1", "too large: expected at most 1"),
      ] {
        let result = try Executable.run(["validate", "--module-limits", limit, name], folder: scratch.folder)
        #expect(result.status == 1 && result.error.contains(message), "\(result.error)")
        #expect(result.error.contains("(--module-limits \(limit.prefix { $0 != "=" }))"), "\(result.error)")
      }
    }
  }

  @Test("Another version, offsets in core modules, and options without effect")
  func details() throws {
    let scratch = try Scratch()
    try Data([0, 0x61, 0x73, 0x6D, 0x0A, 0, 1, 0] as [UInt8]).write(to: scratch.url("old.wasm"))
    let old = try Executable.run(["validate", "old.wasm"], folder: scratch.folder)
    #expect(
      old.error.contains("unknown binary version: expected 13 for a component, found 10 (at offset 0x4)"),
      "\(old.error)")
    // A function whose code is an unknown instruction.
    let module: [UInt8] = [
      0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 5, 1, 3, 0, 0xFF, 0x0B,
    ]
    try Data([0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0, 1, UInt8(module.count)] + module).write(to: scratch.url("code.wasm"))
    for command in ["validate", "print"] {
      let result = try Executable.run([command, "code.wasm"], folder: scratch.folder)
      #expect(result.error.contains("(at offset 0x21)"), "\(command): \(result.error)")
    }
    try Data(Self.text.utf8).write(to: scratch.url("c.wat"))
    let legacy = try Executable.run(["validate", "--legacy-text", "c.wat"], folder: scratch.folder)
    #expect(legacy.error.contains("--legacy-text has no effect on components"), "\(legacy.error)")
  }

  @Test("A component where a module is needed is named, with a hint", arguments: ["run", "compile", "inspect"])
  func others(_ command: String) throws {
    let scratch = try Scratch()
    try Data(Self.text.utf8).write(to: scratch.url("c.wat"))
    let result = try Executable.run([command, "c.wat"], folder: scratch.folder)
    #expect(result.status == 1)
    #expect(result.error.contains("expected a module, found a component (component model) in the text format"))
    #expect(result.error.contains("components cannot be run yet"))
  }
}
