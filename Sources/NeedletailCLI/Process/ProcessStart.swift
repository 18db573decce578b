import NeedletailSystem

/// The arguments of this process, and a workaround for Swift's start-up.
///
/// A static executable of Swift finds its path and arguments in `/proc`, which chroots and other sandboxes may lack: it would end with
/// "Unable to obtain Swift runtime path" before any of its code runs. So a function in the section `.preinit_array` runs earlier; the C library
/// calls it with the arguments of `main`. (System V ABI, "Initialization and Termination Functions".)
enum ProcessStart {
  /// The arguments of `main`, which live as long as the process.
  static var arguments: UnsafeBufferPointer<UnsafeMutablePointer<CChar>?> {
    #if canImport(Glibc) && compiler(>=6.3)
      if let early = earlyArguments { return UnsafeBufferPointer(start: early, count: Int(earlyArgumentCount)) }
    #endif
    return UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
  }
}

#if canImport(Glibc) && compiler(>=6.3)
  // Written once, before there are threads.
  nonisolated(unsafe) private var earlyArgumentCount: Int32 = 0
  nonisolated(unsafe) private var earlyArguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = nil

  private typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  @section(".preinit_array") @used
  private let noteStart: @convention(c) (Int32, Words?, Words?) -> Void = { count, words, _ in
    earlyArgumentCount = count
    earlyArguments = words
    // The path of the runtime, which is only used if the process crashes.
    if !FileDescriptor.currentDirectory.exists("/proc/self/exe") { EnvironmentVariable.setIfUnset("SWIFT_ROOT", "/") }
  }
#endif
