/// The desktop's program that opens files.
enum DesktopProgram {
  #if canImport(Darwin)
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
    var process = pid_t()
    let code = spawn([opener, path], &process)
    guard code == 0 else {
      return code == ENOENT ? "there is no program '\(opener)'" : "'\(opener)': \(String(cString: strerror(code)))"
    }
    // Some openers end at once, others when the opened window is closed.
    for _ in 0..<50 {
      var status: Int32 = 0
      if waitpid(process, &status, WNOHANG) != 0 { return status == 0 ? nil : "'\(opener)' failed" }
      usleep(20_000)
    }
    return nil
  }

  /// Starts a program without input and output. Returns an `errno`, or 0.
  private static func spawn(_ arguments: [String], _ process: inout pid_t) -> Int32 {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    let words = arguments.map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    return posix_spawnp(&process, arguments[0], &actions, nil, words, environ)
  }
}
