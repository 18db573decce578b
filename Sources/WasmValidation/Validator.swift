import NeedletailSystem
import WebAssembly

/// Checks that a module is valid. (Core specification 3.0, 3 "Validation".)
///
/// ```swift
/// let module = try Decoder.decode(bytes)
/// try Validator.validate(module)
/// ```
///
/// No result is kept: later stages walk the bodies again, and may rely on their validity.
public struct Validator {
  /// The number of processors.
  public static let defaultThreadCount = Processors.count

  /// Checks a module: types, imports, definitions, segments, exports, and every function body.
  ///
  /// - Parameters:
  ///   - features: the proposals that the module may use.
  ///   - threadCount: the largest number of threads that check function bodies; a small module uses fewer.
  ///   - functions: the functions whose bodies are checked, by index among those that the module defines; nil for all.
  /// - Throws: `LoadingError.invalid` if a rule is broken; `.malformed` if a function body is no sequence of instructions;
  ///   `.limitExceeded` if a type hierarchy is too deep or there are too many types, or too many operands on the stack. The error does
  ///   not depend on the number of threads: it is the first one in the module's fields or, if they are valid, in the code.
  /// - Complexity: O(size of the module), if signatures are short.
  public static func validate(
    _ module: Module, features: Features = .standard, threadCount: Int = Validator.defaultThreadCount,
    functions: [Int]? = nil
  ) throws(LoadingError) {
    try validate(module, features: features, threadCount: threadCount, functions: functions, stops: nil)
  }

  /// The same, which may end early.
  ///
  /// - Parameter stops: whether it ends early. Called on several threads.
  /// - Throws: `LoadingError.stopped` if it ended early.
  package static func validate(
    _ module: Module, features: Features, threadCount: Int, functions: [Int]?, stops: StopCheck?
  ) throws(LoadingError) {
    try module.bytes.withUnsafeBufferPointer { (buffer) throws(LoadingError) in
      guard let bytes = buffer.baseAddress else { return }
      let context = try ModuleValidator.validate(module, bytes: bytes, features: features, stops: stops)
      let validator = CodeValidator(module, context, stops)
      if let functions {
        try validator.validate(functions)
      } else {
        try validator.validate(threadCount: threadCount)
      }
    }
  }
}
