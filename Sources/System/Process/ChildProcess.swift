#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A program that this process has started.
package struct ChildProcess {
  private let process: pid_t

  /// Starts a program, which is searched for as by a shell, without input and output.
  ///
  /// - Parameter words: its name and its arguments.
  package init(_ words: [String]) throws(SystemError) {
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
    let arguments = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var process = pid_t()
    let code = posix_spawnp(&process, words[0], &actions, nil, arguments, environ)
    guard code == 0 else { throw SystemError(code: code) }
    self.process = process
  }

  /// Waits for the program to end, with a time limit.
  ///
  /// - Returns: whether it has ended successfully; nil if it still runs.
  package func wait(milliseconds: Int) -> Bool? {
    for _ in 0..<max(1, milliseconds / 20) {
      var status: Int32 = 0
      if waitpid(process, &status, WNOHANG) != 0 { return status == 0 }
      usleep(20_000)
    }
    return nil
  }
}
