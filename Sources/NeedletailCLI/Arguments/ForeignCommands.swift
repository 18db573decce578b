/// Commands of other runtimes and tools.
enum ForeignCommands {
  /// The command here that does the same; nil if that is not known.
  static func hint(for word: String) -> Message? {
    if let own = counterparts[word] { return "'needletail \(own)' does this" }
    return explanations[word]
  }

  private static let counterparts = [
    "wat2wasm": "parse", "assemble": "parse", "as": "parse", "wasm2wat": "print", "disassemble": "print",
    "dis": "print",
    "dump": "objdump", "info": "objdump", "wasm-objdump": "objdump", "spectest": "wast",
    "spec": "wast", "test": "wast", "completion": "completions", "aot": "compile", "build": "compile",
    "check": "validate", "wizer": "snapshot", "pre-initialize": "snapshot",
    "exec": "run", "invoke": "run --invoke NAME MODULE",
  ]

  private static let explanations: [String: Message] = [
    "serve": "HTTP servers are components, which cannot be run yet; --tcplisten gives a program a listener",
    "config": "there is no configuration file: options say everything",
    "settings": "'needletail compile --cpu' chooses the processor",
    "replay": "not available yet",
    "component": "components cannot be run yet; 'validate', 'print' and 'parse' take them",
    "upgrade": "install a newer version in place of this one",
    "self-update": "install a newer version in place of this one",
  ]
}
