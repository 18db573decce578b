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

  /// - Throws: `UsageError` if the text does not have this form.
  init(_ text: String, command: String) throws(UsageError) {
    var access = Access.readWrite
    var parts = Self.splitAtDoubleColon(text)
    if let given = Self.accesses[parts.guest ?? ""] {
      access = given
      parts.guest = nil
    } else if let guest = parts.guest, let (name, suffix) = Self.splitAtLastColon(guest) {
      guard let given = Self.accesses[suffix] else {
        throw UsageError(
          "invalid --dir \(text): expected access 'ro' or 'rw', found '\(suffix)'", command: command,
          hints: ["a name with a colon needs an access after it: --dir \(text):rw"])
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
      throw UsageError("invalid --dir: expected HOST[::GUEST][:ro], found '\(text)'", command: command)
    }
    host = parts.host
    guest = parts.guest ?? parts.host
    self.access = access
  }

  /// What may have been meant by a value whose folder does not exist.
  static func hints(for text: String, host: String) -> [Message] {
    if Files.isFolder(text) { return ["--dir \(text)::GUEST:rw names the directory '\(text)'"] }
    if !text.includes("::"), let (name, suffix) = splitAtLastColon(text), Files.isFolder(name) {
      return accesses[suffix.lowercased()] != nil
        ? ["did you mean --dir \(name):\(suffix.lowercased())?"]
        : ["did you mean --dir \(name)::\(suffix)? Two colons come before the name that the program sees"]
    }
    // In the manner of wasmtime before version 14, the guest's name came first.
    if let (guest, host) = halves(text), Files.isFolder(host) { return ["did you mean --dir \(host)::\(guest)?"] }
    guard !Files.exists(host) else { return [] }
    return FileError(path: host, verb: "read", error: .noent).neighbours(where: Files.isFolder)
  }

  private static func halves(_ text: String) -> (guest: String, host: String)? {
    let parts = splitAtDoubleColon(text)
    return parts.guest.map { (parts.host, $0) }
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
