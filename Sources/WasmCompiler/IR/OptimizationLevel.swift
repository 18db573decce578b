/// How much the compiler optimizes.
public enum OptimizationLevel: UInt8, Hashable, Sendable, CaseIterable {
  /// Selection and register allocation only: compiles fastest.
  case none
  /// The optimizations that pay off for nearly all code.
  case basic
  /// More inlining than `basic`, and a second value numbering after the other passes.
  case aggressive
}
