import NeedletailWASI

/// The value of `--dir`: `HOST[::GUEST][:ro|:rw]`.
///
/// `HOST::ro` and `HOST::rw` mean the access, too. A guest's name that ends like an access, or holds a colon, needs an
/// access behind it: `HOST::ro:rw`.
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
          "--dir \(text): access is 'ro' or 'rw', not '\(suffix)'; a name with a colon needs one behind it",
          command: command)
      }
      access = given
      // `GUEST::ro` is as good as `GUEST:ro`.
      parts.guest = name.hasSuffix(":") ? String(name.dropLast()) : name
    } else if parts.guest == nil, let (name, suffix) = Self.splitAtLastColon(parts.host),
      let given = Self.accesses[suffix]
    {
      access = given
      parts.host = name
    }
    guard !parts.host.isEmpty, parts.guest != "" else {
      throw UsageError("--dir wants HOST[::GUEST][:ro], not '\(text)'", command: command)
    }
    host = parts.host
    guest = parts.guest ?? parts.host
    self.access = access
  }

  /// What may have been meant by a value whose folder is not there.
  static func hints(for text: String) -> [Message] {
    if Files.isFolder(text) { return ["--dir \(text)::GUEST:rw names the folder '\(text)'"] }
    guard !text.contains("::"), let (name, suffix) = splitAtLastColon(text), Files.isFolder(name) else { return [] }
    return accesses[suffix.lowercased()] != nil
      ? ["did you mean --dir \(name):\(suffix.lowercased())?"]
      : ["did you mean --dir \(name)::\(suffix)? Two colons come before the name that the program sees"]
  }

  /// What stands around the first two colons.
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
