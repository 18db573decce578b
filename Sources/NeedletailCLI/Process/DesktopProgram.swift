import NeedletailSystem

/// The desktop's program that opens files.
enum DesktopProgram {
  #if os(macOS)
    private static let opener = "open"
  #else
    private static let opener = "xdg-open"
  #endif

  /// Opens a file in the user's program for its kind.
  ///
  /// - Returns: the reason if that fails within a second; nil otherwise.
  static func open(_ path: String) -> String? {
    // A name that begins with a minus sign shall not be an option.
    let path = path.hasPrefix("/") ? path : "./" + path
    do throws(SystemError) {
      // Some openers end at once, others when the opened window is closed.
      return try ChildProcess([opener, path]).wait(milliseconds: 1000) == false ? "'\(opener)' failed" : nil
    } catch {
      return error == .noent ? "there is no program '\(opener)'" : "'\(opener)': \(error)"
    }
  }
}
