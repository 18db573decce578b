import WebAssembly

/// Why execution stopped. The raw value travels through ``StoreContext/trapCode``.
public enum TrapCode: UInt32, Hashable, Sendable, CaseIterable {
  case unreachable = 1
  case outOfBoundsMemoryAccess
  case outOfBoundsTableAccess
  case outOfBoundsArrayAccess
  case indirectCallTypeMismatch
  case undefinedElement
  case uninitializedElement
  case integerDivideByZero
  case integerOverflow
  case invalidConversionToInteger
  case callStackExhausted
  case nullReference
  case nullFunctionReference
  case nullStructureReference
  case nullArrayReference
  case nullI31Reference
  case nullExceptionReference
  case castFailure
  case nullDescriptor
  case descriptorCastFailure
  case unalignedAtomic
  case expectedSharedMemory
  case allocationFailure
  /// Another thread asked for it.
  case interrupted
  /// A host function threw, or an exception was not caught; the error stands in the store.
  case hostError

  /// The words of the standard's test suite.
  public var message: String {
    switch self {
    case .unreachable: "unreachable"
    case .outOfBoundsMemoryAccess: "out of bounds memory access"
    case .outOfBoundsTableAccess: "out of bounds table access"
    case .outOfBoundsArrayAccess: "out of bounds array access"
    case .indirectCallTypeMismatch: "indirect call type mismatch"
    case .undefinedElement: "undefined element"
    case .uninitializedElement: "uninitialized element"
    case .integerDivideByZero: "integer divide by zero"
    case .integerOverflow: "integer overflow"
    case .invalidConversionToInteger: "invalid conversion to integer"
    case .callStackExhausted: "call stack exhausted"
    case .nullReference: "null reference"
    case .nullFunctionReference: "null function reference"
    case .nullStructureReference: "null structure reference"
    case .nullArrayReference: "null array reference"
    case .nullI31Reference: "null i31 reference"
    case .nullExceptionReference: "null exception reference"
    case .castFailure: "cast failure"
    case .nullDescriptor: "null descriptor reference"
    case .descriptorCastFailure: "descriptor cast failure"
    case .unalignedAtomic: "unaligned atomic"
    case .expectedSharedMemory: "expected shared memory"
    case .allocationFailure: "out of memory"
    case .interrupted: "interrupted"
    case .hostError: "host error"
    }
  }

  /// Whether the message names ``StoreContext/trapDetail``.
  var hasDetail: Bool { self == .uninitializedElement || self == .undefinedElement }
}

/// Execution stopped because the program did what the standard forbids at run time, or reached a limit.
public struct Trap: Error, Sendable {
  public var code: TrapCode
  /// What happened, beginning with the words of the standard's test suite.
  public var message: String
  /// The Wasm frames that were active, innermost first.
  public var backtrace: [Frame]

  public init(_ code: TrapCode, message: String? = nil, backtrace: [Frame] = []) {
    self.code = code
    self.message = message ?? code.message
    self.backtrace = backtrace
  }

  /// A trap whose message names a number where the suite's words do.
  package init(_ code: TrapCode, detail: UInt64, backtrace: [Frame] = []) {
    self.init(code, message: code.hasDetail ? "\(code.message) \(detail)" : code.message, backtrace: backtrace)
  }

  /// One active function.
  public struct Frame: Sendable, Hashable {
    /// The index of the function in its module.
    public var functionIndex: UInt32
    /// Its name, from the name section or an export.
    public var functionName: String?
    /// The module's name, if it has one.
    public var moduleName: String?
    /// The offset of the instruction in the module's binary.
    public var offset: Int?

    public init(functionIndex: UInt32, functionName: String?, moduleName: String?, offset: Int?) {
      self.functionIndex = functionIndex
      self.functionName = functionName
      self.moduleName = moduleName
      self.offset = offset
    }
  }
}

extension Trap.Frame: CustomStringConvertible {
  public var description: String {
    let name = functionName?.printable ?? "func[\(functionIndex)]"
    let module = moduleName.map { "\($0.printable)!" } ?? ""
    return offset.map { "\(module)\(name) at 0x\(String($0, radix: 16))" } ?? "\(module)\(name)"
  }
}

extension Trap: CustomStringConvertible {
  public var description: String { Self.description("trap: \(message)", backtrace: backtrace) }

  /// A message with a backtrace under it.
  package static func description(_ message: String, backtrace: [Frame]) -> String {
    let shown = 24
    var lines = [message]
    lines += backtrace.prefix(shown).enumerated().map { "  \($0.offset): \($0.element)" }
    // A backtrace that is full has ended early.
    let number = backtrace.count < Backtrace.maximumCount ? "\(backtrace.count - shown) " : ""
    if backtrace.count > shown { lines.append("  … \(number)more frames") }
    return lines.joined(separator: "\n")
  }
}
