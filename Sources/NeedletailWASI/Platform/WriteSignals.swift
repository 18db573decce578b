import NeedletailSystem

/// Ignores SIGPIPE and SIGXFSZ, unless the process has changed their default actions. A write to a closed pipe (`EPIPE`) or past the
/// process's file size limit (`EFBIG`) then fails instead of ending the process.
func ignoreSignalsOfWriting() {
  for signal in CurrentProcess.WriteSignal.allCases where CurrentProcess.hasDefaultAction(signal) {
    CurrentProcess.ignore(signal)
  }
}
