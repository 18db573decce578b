import WasmBinary

// Annotations for custom sections of the tool conventions, with the syntax of wasm-tools.
// (WebAssembly/tool-conventions, "ProducersSection.md" and "DynamicLinking.md".)
extension ModuleAssembler {
  /// `(@producers (language|sdk|processed-by "name" "version")*)`.
  func producersSection(_ place: Annotation.Place) throws(ParseError) -> PlacedCustomSection {
    let fields = ["language", "sdk", "processed-by"]
    var values: [[(name: [UInt8], version: [UInt8])]] = [[], [], []]
    var inner = try TokenCursor(cursor.text, range: place.body)
    while !inner.isAtEnd {
      let word = try openField(&inner)
      guard let field = fields.firstIndex(of: word) else { throw unknownField(word, of: place, inner) }
      values[field].append((try inner.name(), try inner.name()))
      try inner.close()
    }
    let present = fields.indices.filter { !values[$0].isEmpty }
    var writer = BinaryWriter()
    writer.vector(present) { writer, field in
      writer.name(fields[field])
      writer.vector(values[field]) { writer, value in
        writer.byteVector(value.name)
        writer.byteVector(value.version)
      }
    }
    return PlacedCustomSection(name: Array("producers".utf8), place: .last, contents: writer.bytes)
  }

  /// `(@dylink.0 (mem-info …)? (needed …)? (export-info …)* (import-info …)* (runtime-path …)?)`.
  func dynamicLinkingSection(_ place: Annotation.Place) throws(ParseError) -> PlacedCustomSection {
    var contents = BinaryWriter()
    // Consecutive export or import entries form one subsection.
    var run: (code: UInt8, count: Int, entries: BinaryWriter)?
    func finishRun() {
      guard let finished = run else { return }
      run = nil
      var writer = BinaryWriter()
      writer.count(finished.count)
      writer.raw(finished.entries.bytes)
      contents.byte(finished.code)
      contents.byteVector(writer.bytes)
    }
    var inner = try TokenCursor(cursor.text, range: place.body)
    while !inner.isAtEnd {
      let word = try openField(&inner)
      if let code: UInt8 = word == "export-info" ? 3 : word == "import-info" ? 4 : nil {
        if run?.code != code { finishRun() }
        var entry = run ?? (code, 0, BinaryWriter())
        entry.count += 1
        for _ in 3...code { entry.entries.byteVector(try inner.name()) }
        entry.entries.u32(try linkingFlags(&inner, place))
        run = entry
      } else {
        finishRun()
        var writer = BinaryWriter()
        let code = try linkingField(word, &inner, place, &writer)
        contents.byte(code)
        contents.byteVector(writer.bytes)
      }
      try inner.close()
    }
    finishRun()
    return PlacedCustomSection(name: Array("dylink.0".utf8), place: .first, contents: contents.bytes)
  }

  /// A subsection other than export and import information; returns its code.
  private func linkingField(
    _ word: String, _ inner: inout TokenCursor, _ place: Annotation.Place, _ writer: inout BinaryWriter
  ) throws(ParseError) -> UInt8 {
    switch word {
    case "mem-info":
      for keyword in [Keyword.memory, .table] {
        let isGiven = try inner.open(keyword)
        for _ in 0..<2 { writer.u32(isGiven ? try inner.natural32("a size") : 0) }
        if isGiven { try inner.close() }
      }
      return 1
    case "needed", "runtime-path":
      var names: [[UInt8]] = []
      while inner.current.kind == .string { names.append(try inner.name()) }
      writer.vector(names) { writer, name in writer.byteVector(name) }
      return word == "needed" ? 2 : 5
    default: throw unknownField(word, of: place, inner)
    }
  }

  /// (DynamicLinking.md; Linking.md, "symbol flags".)
  private static let linkingFlags: [(word: String, bit: UInt32)] = [
    ("binding-weak", 1 << 0), ("binding-local", 1 << 1), ("visibility-hidden", 1 << 2), ("undefined", 1 << 4),
    ("exported", 1 << 5), ("explicit-name", 1 << 6), ("no-strip", 1 << 7), ("tls", 1 << 8), ("absolute", 1 << 9),
  ]

  private func linkingFlags(_ inner: inout TokenCursor, _ place: Annotation.Place) throws(ParseError) -> UInt32 {
    var flags: UInt32 = 0
    while inner.current.kind != .rightParenthesis {
      if inner.isNatural {
        flags |= try inner.natural32("flags")
        continue
      }
      let word = inner.spelling(inner.current)
      guard let flag = Self.linkingFlags.first(where: { $0.word == word }) else {
        throw unknownField(word, of: place, inner)
      }
      flags |= flag.bit
      try inner.advance()
    }
    return flags
  }

  /// Enters a field of an annotation; returns its first word and moves to the token after it.
  private func openField(_ inner: inout TokenCursor) throws(ParseError) -> String {
    guard inner.current.kind == .leftParenthesis, inner.following.kind == .keyword else {
      throw inner.unexpected("a field")
    }
    try inner.advance()
    let word = inner.spelling(inner.current)
    try inner.advance()
    return word
  }

  private func unknownField(_ word: String, of place: Annotation.Place, _ inner: TokenCursor) -> ParseError {
    error("@\(place.kind.name) annotation: unknown word '\(word)'", at: inner.current.start)
  }
}
