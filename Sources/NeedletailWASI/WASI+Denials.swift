import WebAssembly

/// A request that the sandbox denied, for the embedder's log.
struct Denial {
  /// The descriptor of the request, if it has one.
  var number: UInt32?
  /// The path of the request, relative to the descriptor's directory, if it has one.
  var path: GuestPath?
  /// Why it was denied, without a final period.
  var reason: String
}

extension WASI {
  /// Records a denial for the log.
  ///
  /// - Returns: `error`, to be thrown.
  func deny(_ error: Errno, _ number: UInt32?, _ reason: @autoclosure () -> String) -> Errno {
    if configuration.log != nil { denial = Denial(number: number, reason: reason()) }
    return error
  }

  /// Writes the denial recorded during a call of `function` to the log, if there is one.
  func reportDenial(by function: String) {
    guard let denial else { return }
    self.denial = nil
    configuration.log?("denied: \(function)\(subject(of: denial)): \(denial.reason)")
  }

  /// Writes a line to the log. Called without the lock of the guest's threads.
  func report(_ line: @autoclosure () -> String) {
    guard let log = configuration.log else { return }
    sharing?.lock.lock()
    defer { sharing?.lock.unlock() }
    log(line())
  }

  private func subject(of denial: Denial) -> String {
    guard let number = denial.number else { return "" }
    guard let path = denial.path else { return " on descriptor \(number)" }
    let directory =
      (try? descriptors[number])?.preopenedName.map { quoted(String(decoding: $0, as: UTF8.self)) }
      ?? "descriptor \(number)"
    return " \(quoted(path.description)) in \(directory)"
  }

  /// Adds the path to the recorded denial. If none is recorded, records one if the call's error came from the sandbox.
  ///
  /// - Parameter paths: the paths of the call, each with the descriptor of its directory.
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

  /// Whether the sandbox, not the host, refused a path with `EPERM`. The host can return the same code for other
  /// reasons.
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

/// The text in quotation marks, escaped so that it cannot affect a terminal or end early.
private func quoted(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if scalar == "\"" || scalar == "\\" { result.append("\\") }
    result.append(scalar)
  }
  return "\"\(String(result).printable)\""
}
