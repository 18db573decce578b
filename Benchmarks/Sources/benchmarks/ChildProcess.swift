#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The outcome of one run of a process.
struct ProcessRun {
  var output: [UInt8] = []
  var errorOutput: [UInt8] = []
  /// The exit status, or minus the number of the signal that ended the process.
  var status: Int32 = 0
  var timedOut = false
  /// Wall-clock seconds from before the fork until the process has ended.
  var wall = 0.0
  /// Seconds of processor time in user mode.
  var user = 0.0
  /// The peak resident memory, in bytes.
  var peakMemory = 0

  var succeeded: Bool { status == 0 && !timedOut }

  /// A short reason why the run does not count.
  var failure: String {
    if timedOut { return "took too long" }
    let lines = String(decoding: errorOutput, as: UTF8.self).split(separator: "\n")
    let said = lines.first.map { ": " + $0.prefix(100) } ?? ""
    return (status < 0 ? "signal \(-status)" : "exit status \(status)") + said
  }
}

/// Swift hides `fork`, because little is allowed between it and `exec`. It is needed here because `posix_spawn` uses
/// `vfork`, with which Linux counts the memory of *this* process in the child's peak.
private let forkProcess: @convention(c) () -> pid_t = {
  unsafeBitCast(dlsym(dlopen(nil, RTLD_NOW), "fork")!, to: (@convention(c) () -> pid_t).self)
}()

/// Runs `command` (an absolute path and arguments) with an empty standard input, and waits until it ends.
///
/// - Parameter timeout: seconds after which the process is killed.
func runProcess(_ command: [String], timeout: Double) -> ProcessRun {
  var run = ProcessRun()
  var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
  arguments.append(nil)
  defer { arguments.forEach { free($0) } }
  let output = Pipe(), errors = Pipe()
  let nothing = open("/dev/null", O_RDONLY)

  let start = now()
  let child = forkProcess()
  if child == 0 {
    dup2(nothing, 0)
    dup2(output.writeEnd, 1)
    dup2(errors.writeEnd, 2)
    execv(arguments[0]!, arguments)
    _exit(127)
  }
  precondition(child > 0, "fork failed")
  close(nothing)
  close(output.writeEnd)
  close(errors.writeEnd)
  run.timedOut = !readAll(output.readEnd, errors.readEnd, into: &run, until: start + timeout)
  if run.timedOut { kill(child, SIGKILL) }

  var usage = rusage()
  var status: Int32 = 0
  while wait4(child, &status, 0, &usage) < 0 && errno == EINTR {}
  run.wall = now() - start
  close(output.readEnd)
  close(errors.readEnd)
  run.status = status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
  run.user = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
  #if os(Linux)
    run.peakMemory = usage.ru_maxrss * 1024
  #else
    run.peakMemory = usage.ru_maxrss
  #endif
  return run
}

/// Seconds on a monotonic clock.
private func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private struct Pipe {
  let readEnd: Int32
  let writeEnd: Int32

  init() {
    var ends: [Int32] = [0, 0]
    precondition(pipe(&ends) == 0, "no pipe to be had")
    // The child's copies 1 and 2, made by dup2, stay open across exec; these do not.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }
}

/// Reads both pipes until they end.
///
/// - Returns: false if `deadline` was reached first.
private func readAll(_ output: Int32, _ errors: Int32, into run: inout ProcessRun, until deadline: Double) -> Bool {
  var waiting = [
    pollfd(fd: output, events: Int16(POLLIN), revents: 0), pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
  ]
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while waiting.contains(where: { $0.fd >= 0 }) {
    let left = deadline - now()
    if left <= 0 { return false }
    guard poll(&waiting, 2, Int32(min(left * 1000 + 1, 1e6))) > 0 else { continue }
    for index in waiting.indices where waiting[index].fd >= 0 && waiting[index].revents != 0 {
      let count = read(waiting[index].fd, &buffer, buffer.count)
      if count <= 0 {
        waiting[index].fd = -1
      } else if index == 0 {
        run.output += buffer[..<count]
      } else {
        run.errorOutput += buffer[..<count]
      }
    }
  }
  return true
}
