import Needletail

/// Recognizes modules that were built for another host, by what they import.
enum ForeignEnvironment {
  /// The name of an import's module: all of it, or its beginning.
  private enum ModuleName {
    case exactly(String)
    case beginning(String)

    func matches(_ name: String) -> Bool {
      switch self {
      case .exactly(let word): name == word
      case .beginning(let word): name.hasPrefix(word)
      }
    }
  }

  private static let emscripten: Message =
    "the module was built by Emscripten for JavaScript: build with -sSTANDALONE_WASM"
  private static let go: Message = "the module was built by Go for JavaScript: build with GOOS=wasip1 GOARCH=wasm"
  private static let bindgen: Message =
    "the module was built by wasm-bindgen for JavaScript: build for wasm32-wasip1 without it"
  private static let component: Message =
    "the module is part of a component (WASI 0.2 or later): build for WASI preview 1, such as wasm32-wasip1"

  /// Imports by which a host is recognized: the module, the beginning of the name, and what to do.
  private static let rows: [(module: ModuleName, name: String, hint: Message)] = [
    (.beginning("wasi:"), "", component),
    (.exactly("env"), "emscripten_", emscripten), (.exactly("env"), "_emscripten_", emscripten),
    (.exactly("env"), "invoke_", emscripten),
    (.exactly("gojs"), "", go), (.exactly("go"), "", go),
    (.exactly("wbg"), "", bindgen), (.beginning("__wbindgen_"), "", bindgen),
  ]

  /// What to do about a module that was built for another host; nil if none is recognized.
  static func hint(for imports: some Sequence<ImportDescription>) -> Message? {
    for entry in imports {
      if let row = rows.first(where: { $0.module.matches(entry.module) && entry.name.hasPrefix($0.name) }) {
        return row.hint
      }
    }
    return nil
  }
}
