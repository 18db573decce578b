/// Which calls are worth the room that their callee's body takes.
///
/// Sizes are in instructions that cost time: constants, and what only names a value, count nothing.
struct InliningPolicy {
  /// Larger functions are not even looked at, in bytes of their bodies.
  var maximumBodyByteCount: UInt32
  /// How large callees may be by the number of loops around the call; more loops count as many as the last number is for.
  var maximumSizes: SIMD4<UInt32>
  /// What an argument that is a constant adds to that: the callee gets smaller by it.
  var sizePerConstant: UInt32
  /// Whether callees may call others.
  var allowsCalls: Bool
  /// How deep bodies may be inlined in each other, and how often one function may be in itself.
  var maximumDepth: Int
  var maximumRecursion: Int
  /// How much a function may grow: by so much in any case, by so many times its size, and at most.
  var minimumGrowth: Int
  var growthFactor: Int
  var maximumGrowth: Int
  /// At most, if the function is an interpreter: each of its cases runs so seldom that the loop around them says nothing, and registers are scarce in
  /// all of them.
  var maximumGrowthOfInterpreter: Int

  /// A table of jumps in a loop with as many ways is taken for an interpreter's dispatch.
  static let minimumDispatchWays: UInt32 = 32

  /// Whether it matters in how many loops a call stands.
  var dependsOnLoops: Bool { maximumSizes != SIMD4(repeating: maximumSizes[0]) }

  /// How many instructions a function of so many may get.
  func growth(of instructionCount: Int, isInterpreter: Bool) -> Int {
    min(
      max(minimumGrowth, growthFactor * instructionCount), isInterpreter ? maximumGrowthOfInterpreter : maximumGrowth)
  }

  /// The largest callee that is inlined at a call in so many loops, with so many constant arguments.
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

  /// What costs less than its call.
  static let basic = InliningPolicy(
    maximumBodyByteCount: 24, maximumSizes: SIMD4(repeating: 6), sizePerConstant: 0, allowsCalls: false,
    maximumDepth: 1,
    maximumRecursion: 0, minimumGrowth: 200, growthFactor: 1, maximumGrowth: 2000, maximumGrowthOfInterpreter: 2000)

  static let aggressive = InliningPolicy(
    maximumBodyByteCount: 400, maximumSizes: SIMD4(16, 48, 64, 80), sizePerConstant: 6, allowsCalls: true,
    maximumDepth: 5,
    maximumRecursion: 1, minimumGrowth: 400, growthFactor: 2, maximumGrowth: 6000, maximumGrowthOfInterpreter: 1000)
}
