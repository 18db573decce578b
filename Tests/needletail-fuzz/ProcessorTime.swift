import Foundation

enum ProcessorTime {
  /// Ends the process with `SIGPROF` when it has used this much more processor time. Replaces the previous limit.
  ///
  /// Processor time, so that a busy machine does not look like a module that never ends.
  static func limit(seconds: Int) {
    var timer = itimerval()
    timer.it_value.tv_sec = seconds
    #if canImport(Darwin)
      setitimer(ITIMER_PROF, &timer, nil)
    #else
      setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    #endif
  }
}
