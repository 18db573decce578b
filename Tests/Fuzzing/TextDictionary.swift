import WebAssembly

/// The keywords of the text format as a dictionary for libFuzzer.
public enum TextDictionary {
  private static let otherWords = [
    "module", "type", "rec", "sub", "final", "func", "param", "result", "local", "struct", "array", "field", "mut",
    "ref",
    "null", "exact", "import", "export", "memory", "table", "global", "tag", "start", "elem", "data", "declare", "item",
    "offset=", "align=", "pagesize", "shared", "i8", "i16", "funcref", "externref", "anyref", "eqref", "i31ref",
    "structref", "arrayref", "exnref", "nullref", "then", "do", "catch", "catch_ref", "catch_all", "catch_all_ref",
    "i8x16", "i16x8", "f64x2", "nan:0x", "inf", "0x1p", "(@custom ", "(@name ", "(@metadata.code.branch_hint ",
    "definition",
    "binary", "quote", "instance", "describes", "descriptor", "(;", ";)", ";;", "\\u{", "\\00", "$\"",
  ]

  /// The contents of a file for libFuzzer's `-dict` option.
  public static let contents: String = {
    let words = otherWords + Opcode.allCases.map(\.mnemonic)
    let lines = words.map { word in
      "\"" + word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    return lines.joined(separator: "\n") + "\n"
  }()
}
