/// How much work is done to make code fast.
public enum OptimizationLevel: UInt8, Hashable, Sendable, CaseIterable {
  /// Selection and register allocation only: compiles fastest.
  case none
  /// The passes that pay for nearly all code.
  case basic
  /// More inlining than `basic`, and a second value numbering after the other passes.
  case aggressive
}
