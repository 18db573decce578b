import WebAssembly

/// A group of settings of wasmtime: what `-W`, `-S`, `-O`, `-C` or `-D` takes, as in `-W simd=n,fuel=100`.
struct SettingGroup: Sendable {
  /// One setting, or several that are answered alike.
  struct Setting: Sendable {
    /// The names. One that ends with `*` stands for all names with this beginning.
    var names: [String]
    var form: Form
    /// What it means here, for the list.
    var text: String
    /// Whether no value of it works, although each has a hint of its own.
    var isRefused = false

    enum Form: Sendable {
      /// `y` or `n`; `y` if there is no value.
      case flag(on: ForeignOptions.Meaning, off: ForeignOptions.Meaning)
      /// A value that must be given, with its name in the list.
      case value(String, @Sendable (String) -> ForeignOptions.Meaning)
      /// No option has this meaning, whatever the value is.
      case hint
    }

    func includes(_ name: String) -> Bool {
      names.contains { $0 == name || $0.hasSuffix("*") && name.hasPrefix(String($0.dropLast())) }
    }

    /// The setting in the list: `fuel=N`, `simd[=y|n]`.
    var heading: String {
      switch form {
      case .flag: "\(names[0])[=y|n]"
      case .value(let placeholder, _): "\(names[0])=\(placeholder)"
      case .hint: names.joined(separator: ", ")
      }
    }

    fileprivate var isHint: Bool { if case .hint = form { true } else { isRefused } }

    fileprivate func meaning(_ value: String?) -> ForeignOptions.Meaning {
      switch form {
      case .flag(let on, let off):
        guard let isOn = ForeignOptions.boolean(value) else {
          return value == "" ? .missing("y|n") : .invalid(expected: "'y' or 'n'", found: value ?? "")
        }
        return isOn ? on : off
      case .value(let placeholder, let read):
        guard let value, !value.isEmpty else { return .missing(placeholder) }
        return read(value)
      case .hint: return .hint("\(text)")
      }
    }
  }

  var letter: Character
  var name: String
  /// The option of this program with the same letter; nil if there is none.
  var option: OptionDefinition?
  /// What to use for a setting that is not known.
  var hint: Message
  var settings: [Setting]

  /// The group of an option as it is typed, such as `-W`; nil for any other option.
  static func group(_ spelling: String) -> SettingGroup? {
    all.first { spelling == "-\($0.letter)" || spelling == "--\($0.name)" || spelling == "-\($0.name)" }
  }

  /// Whether a value of ``option`` has settings. (Any other is one of the option's own words.)
  func reads(_ value: String) -> Bool {
    option == CacheOptions.codegen || value.includes("=") || value.includes(",") || isHelp(value)
      || settings.contains { $0.includes(value) }
  }

  private func isHelp(_ value: String) -> Bool { value == "help" || value == "help-long" }

  /// What a value means, setting by setting: `a,b=1` has two.
  ///
  /// - Parameters:
  ///   - spelling: the option as it was typed.
  ///   - value: its value; nil if there is none.
  func meanings(of spelling: String, _ value: String?) -> [ForeignOptions.Given] {
    guard let value, !value.isEmpty, !ArgumentParser.isModuleName(value) || value.includes("=") else {
      return [
        ForeignOptions.Given(spelling: spelling, value: value, meaning: .missing("SETTING[=VALUE]", hints: [listHint]))
      ]
    }
    if isHelp(value) { return [ForeignOptions.Given(spelling: spelling, value: value, meaning: .information(list))] }
    let parts = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !parts.contains("") else {
      let meaning = ForeignOptions.Meaning.invalid(
        expected: "settings with commas between them", found: value, hints: [listHint])
      return [ForeignOptions.Given(spelling: spelling, value: value, meaning: meaning)]
    }
    return parts.map { part in
      let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let value = words.count > 1 ? words[1] : nil
      let setting = settings.first { $0.includes(words[0]) }
      return ForeignOptions.Given(
        spelling: "\(spelling) \(words[0])", value: value,
        meaning: setting?.meaning(value) ?? .unknown(hints(for: words[0], spelling)))
    }
  }

  /// The hints for a setting that is not known.
  private func hints(for name: String, _ spelling: String) -> [Message] {
    let names = settings.flatMap(\.names).filter { !$0.hasSuffix("*") }
    let similar = Suggestion.hints(for: name, among: names, prefix: "\(spelling) ")
    return similar.isEmpty ? [hint, listHint] : similar
  }

  private var listHint: Message { "'needletail run -\(letter) help' lists the settings" }

  /// The settings with what they mean, for people.
  var list: String {
    let (known, others) = (settings.filter { !$0.isHint }, settings.filter(\.isHint))
    let proposals = settings.contains { $0.names == [EngineOptions.allProposals] } ? Self.proposals.map(\.names[0]) : []
    let own = known.filter { !proposals.contains($0.names[0]) }.map { ($0.heading, $0.text) }
    let all: [(String, String)] =
      own.count < known.count
      ? [
        (
          "PROPOSAL[=y|n]",
          "--features PROPOSAL or -PROPOSAL, for: \(proposals.joined(separator: ", "))"
        )
      ] + own : own
    var text = "wasmtime's options -\(letter) and --\(name) take settings.\n"
    if !all.isEmpty { text += "\nsettings that work, and what they mean:\n\(HelpText.columns(all))" }
    if !others.isEmpty {
      text += "\nsettings that do not work, and what to use:\n"
      text += others.map {
        "  \(HelpText.wrap($0.heading, indentation: 2))\n      \(HelpText.wrap($0.text, indentation: 6))\n"
      }.joined()
    }
    return text
  }
}
