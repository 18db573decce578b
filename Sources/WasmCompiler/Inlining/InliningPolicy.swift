/// Decides which calls are worth the code size of their callee's body.
///
/// Sizes count the instructions that cost time: constants and copies count nothing.
struct InliningPolicy {
  /// The largest body that is considered, in bytes.
  var maximumBodyByteCount: UInt32
  /// The largest callee size by the number of loops around the call; the last number applies to deeper loops.
  var maximumSizes: SIMD4<UInt32>
  /// Added to that for each constant argument, which makes the callee smaller.
  var sizePerConstant: UInt32
  /// Whether callees may contain calls.
  var allowsCalls: Bool
  /// The deepest nesting of inlined bodies, and the largest number of times that a function may be inlined in itself.
  var maximumDepth: Int
  var maximumRecursion: Int
  /// The growth of a function: the amount that is always allowed, the factor of its size, and the limit, in instructions.
  var minimumGrowth: Int
  var growthFactor: Int
  var maximumGrowth: Int
  /// The limit for an interpreter: each of its cases runs so rarely that the loop depth is no guide, and registers are scarce in all of
  /// them.
  var maximumGrowthOfInterpreter: Int

  /// A `switch` in a loop with at least this many targets is considered an interpreter's dispatch.
  static let minimumDispatchWays: UInt32 = 32

  /// Whether the loop depth of a call matters.
  var dependsOnLoops: Bool { maximumSizes != SIMD4(repeating: maximumSizes[0]) }

  /// The number of instructions that may be added to a function of this size.
  func growth(of instructionCount: Int, isInterpreter: Bool) -> Int {
    min(
      max(minimumGrowth, growthFactor * instructionCount), isInterpreter ? maximumGrowthOfInterpreter : maximumGrowth)
  }

  /// The largest callee that is inlined at a call with this loop depth and this many constant arguments.
  func maximumSize(loopDepth: Int, constantCount: Int) -> UInt32 {
    maximumSizes[min(loopDepth, 3)] + sizePerConstant * UInt32(constantCount)
  }
}

extension InliningPolicy {
  init(_ level: OptimizationLevel) {
    switch level {
    case .none: self = .nothing
    case .basic: self = .basic
    case .aggressive: self = .aggressive
    }
  }

  static let nothing = InliningPolicy(
    maximumBodyByteCount: 0, maximumSizes: SIMD4(repeating: 0), sizePerConstant: 0, allowsCalls: false, maximumDepth: 0,
    maximumRecursion: 0, minimumGrowth: 0, growthFactor: 0, maximumGrowth: 0, maximumGrowthOfInterpreter: 0)

  /// Inlines callees that cost less than the call.
  static let basic = InliningPolicy(
    maximumBodyByteCount: 24, maximumSizes: SIMD4(repeating: 6), sizePerConstant: 0, allowsCalls: false,
    maximumDepth: 1,
    maximumRecursion: 0, minimumGrowth: 200, growthFactor: 1, maximumGrowth: 2000, maximumGrowthOfInterpreter: 2000)

  static let aggressive = InliningPolicy(
    maximumBodyByteCount: 400, maximumSizes: SIMD4(16, 48, 64, 80), sizePerConstant: 6, allowsCalls: true,
    maximumDepth: 5,
    maximumRecursion: 1, minimumGrowth: 400, growthFactor: 2, maximumGrowth: 6000, maximumGrowthOfInterpreter: 1000)
}
