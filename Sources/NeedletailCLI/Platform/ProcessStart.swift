/// What this process was started with, and what Swift's start-up needs to be told.
///
/// A static executable of Swift finds itself and its arguments in `/proc`, which chroots and other sandboxes may not have: it would end with
/// "Unable to obtain Swift runtime path" before any code of the program runs. So a function of ours runs before that, from the executable's
/// section `.preinit_array`, which the C library calls with the arguments of `main`. (System V ABI, "Initialization and Termination Functions".)
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
    // Where the runtime is; nothing is looked up there unless the process crashes.
    if access("/proc/self/exe", F_OK) != 0 { setenv("SWIFT_ROOT", "/", 0) }
  }
#endif
