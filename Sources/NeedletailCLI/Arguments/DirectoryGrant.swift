import NeedletailWASI

/// The value of `--dir`: `HOST[::GUEST][:ro|:rw]`.
///
/// `HOST::ro` and `HOST::rw` mean the access, too. A guest's name that ends like an access, or contains a colon, needs an
/// access after it: `HOST::ro:rw`.
struct DirectoryGrant {
  let host: String
  let guest: String
  let access: Access

  private static let accesses: [String: Access] = ["ro": .readOnly, "rw": .readWrite]

  /// - Throws: `UsageError` if the value does not have this form.
  init(_ entry: OptionEntry, command: String) throws(UsageError) {
    let text = entry.value
    var access = Access.readWrite
    var parts = Self.splitAtDoubleColon(text)
    if let given = Self.accesses[parts.guest ?? ""] {
      access = given
      parts.guest = nil
    } else if let guest = parts.guest, let (name, suffix) = Self.splitAtLastColon(guest) {
      guard let given = Self.accesses[suffix] else {
        throw UsageError(
          "invalid \(entry.text): expected access 'ro' or 'rw', found '\(suffix)'", command: command,
          hints: ["a name with a colon needs an access after it: \(entry.text):rw"])
      }
      access = given
      // `GUEST::ro` means `GUEST:ro`.
      parts.guest = name.hasSuffix(":") ? String(name.dropLast()) : name
    } else if parts.guest == nil, let (name, suffix) = Self.splitAtLastColon(parts.host),
      let given = Self.accesses[suffix]
    {
      access = given
      parts.host = name
    }
    guard !parts.host.isEmpty, parts.guest != "" else {
      throw UsageError(
        "invalid \(entry.spelling): expected HOST[::GUEST][:ro], found '\(entry.shownValue)'", command: command)
    }
    host = parts.host
    guest = parts.guest ?? parts.host
    self.access = access
  }

  /// What may have been meant by a value whose folder does not exist.
  static func hints(for text: String, host: String) -> [Message] {
    if Files.isFolder(text) { return ["--dir \(text)::GUEST:rw names the directory '\(text)'"] }
    // `HOST:GUEST:ro` of other runtimes, and `:RO`.
    var (name, access) = (text, "")
    if let (rest, suffix) = splitAtLastColon(text), accesses[suffix.lowercased()] != nil {
      (name, access) = (rest, ":\(suffix.lowercased())")
      if Files.isFolder(name), text != name + access { return ["did you mean --dir \(name)\(access)?"] }
    }
    let parts = splitAtDoubleColon(name)
    if let guest = parts.guest {
      // In the manner of wasmtime before version 14, the guest's name came first.
      if Files.isFolder(guest) { return ["did you mean --dir \(guest)::\(parts.host)\(access)?"] }
    } else if let (host, guest) = splitAtColon(name) {
      return ["did you mean --dir \(host)::\(guest)\(access)? Two colons come before the name that the program sees"]
    }
    guard !Files.exists(host) else { return [] }
    return FileError(path: host, verb: "read", error: .noent).neighbours(where: Files.isFolder)
  }

  /// The host's and the guest's name in a text with one colon between them: the host's names a folder, or comes before a path from the root.
  private static func splitAtColon(_ text: String) -> (host: String, guest: String)? {
    let halves = text.indices.filter { text[$0] == ":" }.map {
      (before: String(text[..<$0]), after: String(text[text.index(after: $0)...]))
    }.filter { !$0.before.isEmpty && !$0.after.isEmpty }
    if let half = halves.first(where: { Files.isFolder($0.before) }) { return (half.before, half.after) }
    // wasmer and WasmEdge have options with the guest's name first.
    if let half = halves.first(where: { Files.isFolder($0.after) }) { return (half.after, half.before) }
    return halves.first { $0.after.hasPrefix("/") }.map { ($0.before, $0.after) }
  }

  /// The texts before and after the first two colons.
  private static func splitAtDoubleColon(_ text: String) -> (host: String, guest: String?) {
    let bytes = Array(text.utf8)
    for index in bytes.indices.dropLast() where bytes[index] == UInt8(ascii: ":") && bytes[index + 1] == bytes[index] {
      return (String(decoding: bytes[..<index], as: UTF8.self), String(decoding: bytes[(index + 2)...], as: UTF8.self))
    }
    return (text, nil)
  }

  private static func splitAtLastColon(_ text: String) -> (name: String, suffix: String)? {
    text.lastIndex(of: ":").map { (String(text[..<$0]), String(text[text.index(after: $0)...])) }
  }
}
