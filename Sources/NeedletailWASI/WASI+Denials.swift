/// Something that the guest was denied by its sandbox, for the embedder's log.
struct Denial {
  /// The descriptor through which it was tried, if there is one.
  var number: UInt32?
  /// The path below the descriptor's directory, if it was about one.
  var path: GuestPath?
  /// What is missing, without a full stop.
  var reason: String
}

extension WASI {
  /// The error to throw where the sandbox, rather than the host, refuses something. Notes it for the log.
  func deny(_ error: Errno, _ number: UInt32?, _ reason: @autoclosure () -> String) -> Errno {
    if configuration.log != nil { denial = Denial(number: number, reason: reason()) }
    return error
  }

  /// Tells the embedder what was denied during a call of `function`, if anything was.
  func reportDenial(by function: String) {
    guard let denial else { return }
    self.denial = nil
    configuration.log?("denied: \(function)\(subject(of: denial)): \(denial.reason)")
  }

  private func subject(of denial: Denial) -> String {
    guard let number = denial.number else { return "" }
    guard let path = denial.path else { return " on descriptor \(number)" }
    let directory =
      (try? descriptors[number])?.preopenedName.map { quoted(String(decoding: $0, as: UTF8.self)) }
      ?? "descriptor \(number)"
    return " \(quoted(path.description)) in \(directory)"
  }

  /// Adds to a denial which of the paths of a call it is about, and finds out whether an error of the call is one.
  ///
  /// - Parameter paths: each with the descriptor of its directory.
  func noteDenial(_ error: Errno, _ paths: [(number: UInt32, path: GuestPath)]) {
    guard configuration.log != nil else { return }
    if denial == nil {
      switch error {
      case .perm:
        guard let (number, path) = paths.first(where: { leadsOutside($0.path, at: $0.number) }) else { return }
        denial = Denial(number: number, path: path, reason: "the path leads out of the directory")
      case .badf where configuration.preopens.isEmpty:
        denial = Denial(number: paths[0].number, reason: "no directory was granted")
      default: return
      }
    }
    guard let number = denial?.number, denial?.path == nil else { return }
    let path = paths.first { $0.number == number }?.path
    denial?.path = path
  }

  /// Whether a path that was refused with `EPERM` was so by the sandbox; the host can say the same for reasons of its own.
  private func leadsOutside(_ path: GuestPath, at number: UInt32) -> Bool {
    guard let entry = try? descriptors[number], case .directory(let directory) = entry.object else { return false }
    do throws(Errno) {
      _ = try directory.status(of: path, following: true)
      return false
    } catch {
      return error == .perm
    }
  }
}

/// A guest's text in quotation marks, with nothing in it that a terminal would obey.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      result += "\\u{\(String(scalar.value, radix: 16))}"
    default:
      if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
