import WasmCompiler
import WasmRuntime

/// Records the compiled frames that a trap stops or an exception passes: see ``StoreContext/stoppedAddresses``.
///
/// A signal handler uses it: nothing here allocates or waits.
struct StoppedFrames {
  private let context: UnsafeMutablePointer<StoreContext>
  /// The code that only restores a context, whose frames are not those of a function.
  private let restoring: UInt
  /// The numbers of functions at the last addresses for which they were computed: in a deep recursion, few return addresses repeat.
  private var knownAddresses = SIMD4<UInt>()
  private var knownCounts = SIMD4<UInt>()

  init(_ context: UnsafeMutablePointer<StoreContext>) {
    self.context = context
    restoring = CommonStubs.shared?[.restoreContext] ?? 0
  }

  /// Forgets what was recorded before.
  ///
  /// - Parameter address: that of the instruction that trapped; 0 if no instruction did.
  func begin(at address: UInt) {
    context.pointee.stoppedAddresses[0] = address
    context.pointee.stoppedCount = 1
    context.pointee.stoppedOmittedCount = 0
  }

  /// Records a return address, unless it is in a stub, whose frame is not that of a function.
  ///
  /// - Returns: whether it is in a compiled function.
  @discardableResult
  mutating func recordIfCompiled(_ address: UInt) -> Bool {
    guard address != restoring, functionCount(at: address) > 0 else { return false }
    record(address)
    return true
  }

  /// Records a return address in a compiled function.
  mutating func record(_ address: UInt) {
    let place = Self.place(context.pointee.stoppedCount)
    if context.pointee.stoppedCount >= StoreContext.stoppedCapacity {
      context.pointee.stoppedOmittedCount += Int(functionCount(at: context.pointee.stoppedAddresses[place]))
    }
    context.pointee.stoppedAddresses[place] = address
    context.pointee.stoppedCount += 1
  }

  /// Where the address of a frame is recorded: those after the innermost ones are in a ring.
  fileprivate static func place(_ index: Int) -> Int {
    let fixed = Backtrace.innermostCount + 1
    return index < fixed ? index : fixed + (index - fixed) % Backtrace.outermostCount
  }

  /// How many functions of the module have their frame at a return address: more than one if functions are inlined there; 0 if it is not
  /// in a compiled function.
  private mutating func functionCount(at address: UInt) -> UInt {
    // Calls have 5 bytes or more, so neighbouring addresses differ in these bits.
    let slot = Int(address >> 3 & 3)
    if knownAddresses[slot] == address { return knownCounts[slot] }
    let count = CompiledFrame(at: address, isReturnAddress: true)?.functionCount ?? 0
    knownAddresses[slot] = address
    knownCounts[slot] = count
    return count
  }
}

extension Backtrace {
  /// Appends the frames that were recorded.
  mutating func append(stopped context: StoreContext) {
    let count = context.stoppedCount
    let fixedCount = min(count, Backtrace.innermostCount + 1)
    for index in 0..<fixedCount {
      append(CompiledFrame(at: context.stoppedAddresses[index], isReturnAddress: index > 0))
    }
    omit(context.stoppedOmittedCount)
    for index in max(fixedCount, count - Backtrace.outermostCount)..<max(fixedCount, count) {
      append(CompiledFrame(at: context.stoppedAddresses[StoppedFrames.place(index)], isReturnAddress: true))
    }
  }
}
