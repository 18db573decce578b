import WebAssembly

/// The reason for a trap. Running code stores the raw value in ``StoreContext/trapCode``. (Core specification 3.0, 4.6 "Instructions".)
public enum TrapCode: UInt32, Hashable, Sendable, CaseIterable {
  /// `unreachable` was executed.
  case unreachable = 1
  /// An access outside a memory or data segment.
  case outOfBoundsMemoryAccess
  /// An access outside a table or element segment.
  case outOfBoundsTableAccess
  /// An access outside an array.
  case outOfBoundsArrayAccess
  /// An indirect call of a function with another type.
  case indirectCallTypeMismatch
  /// An indirect call with an index outside the table.
  case undefinedElement
  /// An indirect call of a null element.
  case uninitializedElement
  /// An integer division or remainder by zero.
  case integerDivideByZero
  /// An integer division, or a conversion to an integer, whose result is out of range.
  case integerOverflow
  /// A conversion of NaN to an integer.
  case invalidConversionToInteger
  /// The stack of Wasm frames or of the thread is exhausted.
  case callStackExhausted
  /// A null reference where `ref.as_non_null` requires another.
  case nullReference
  /// A call through a null function reference.
  case nullFunctionReference
  /// An access to a null structure reference.
  case nullStructureReference
  /// An access to a null array reference.
  case nullArrayReference
  /// `i31.get_s` or `i31.get_u` of null.
  case nullI31Reference
  /// `throw_ref` of null.
  case nullExceptionReference
  /// A reference without the type of a `ref.cast`.
  case castFailure
  /// A null descriptor. (Custom descriptors proposal.)
  case nullDescriptor
  /// A reference without the descriptor of a cast. (Custom descriptors proposal.)
  case descriptorCastFailure
  /// An atomic access at an unaligned address. (Threads proposal.)
  case unalignedAtomic
  /// A wait on a memory that is not shared. (Threads proposal.)
  case expectedSharedMemory
  /// The heap has no room for an object: a limit is reached, or the system has no memory.
  case allocationFailure
  /// The embedder interrupted the store: see `InterruptHandle`.
  case interrupted
  /// A host function threw, or an exception was not caught; the store has the error.
  case hostError
  /// The store has too little fuel for the code that would run next: see `FuelCosts`.
  case outOfFuel
  /// The store's deadline has passed: see `Store.deadline`.
  case deadlineExceeded
  /// Code of an artifact is not what was written: an `ArtifactError` is thrown.
  case alteredCode
  /// Code of an artifact cannot be loaded: an `ArtifactError` is thrown.
  case unreadableCode
  /// A memory or table could not grow, in a store whose limits say that this is a trap.
  case limitExceeded

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
    case .outOfFuel: "out of fuel"
    case .deadlineExceeded: "deadline exceeded"
    case .alteredCode: "altered code"
    case .unreadableCode: "unreadable code"
    case .limitExceeded: "limit exceeded"
    }
  }
}

/// Wasm execution stopped because of an operation that traps according to the standard, or because a limit was reached.
public struct Trap: Error, Sendable {
  /// The reason.
  public var code: TrapCode
  /// The reason as text, beginning with the words of the standard's test suite.
  public var message: String
  /// The Wasm frames that were active, innermost first. Of more than 100, the 50 innermost and the 50 outermost:
  /// see ``Frame/omittedCallerCount``.
  public var backtrace: [Frame]
  /// The limit that was reached, if one was: of ``TrapCode/allocationFailure`` and
  /// ``TrapCode/limitExceeded``.
  public var limit: LimitExceeded?

  /// Creates a trap.
  ///
  /// - Parameters:
  ///   - code: the reason.
  ///   - message: the reason as text; that of the code if nil.
  ///   - backtrace: the active Wasm frames, innermost first.
  public init(_ code: TrapCode, message: String? = nil, backtrace: [Frame] = []) {
    self.code = code
    self.message = message ?? code.message
    self.backtrace = backtrace
  }

  /// A trap because of a limit.
  package init(_ code: TrapCode, refusal: LimitExceeded, backtrace: [Frame] = []) {
    self.init(code, message: "\(code.message): \(refusal)", backtrace: backtrace)
    limit = refusal
  }

  /// One active function.
  public struct Frame: Sendable, Hashable {
    /// The index of the function in its module.
    public var functionIndex: UInt32
    /// The function's name, from the name section or an export; nil if it has none.
    public var functionName: String?
    /// The module's name; if it has none, that of its file; nil if neither is known.
    public var moduleName: String?
    /// The offset of the instruction in the module's binary, in bytes; nil if it is unknown.
    public var offset: Int?
    /// The offset of the function's body in the module's binary, in bytes; nil if it is unknown.
    package var functionOffset: Int?
    /// The instruction in the module's text; nil if the module was not assembled from a text in this process.
    public var source: Source?
    /// Whether another function of the module has the same name. Descriptions then show the index with it: `name[7]`.
    public var isNameAmbiguous = false
    /// How many frames are left out between this one and the next of the backtrace, in a recursion that is too deep to keep all. 0 for
    /// all frames but one.
    public var omittedCallerCount = 0

    /// Creates a frame.
    public init(
      functionIndex: UInt32, functionName: String?, moduleName: String?, offset: Int?, source: Source? = nil
    ) {
      self.functionIndex = functionIndex
      self.functionName = functionName
      self.moduleName = moduleName
      self.offset = offset
      self.source = source
    }

    /// A location in a text.
    public struct Source: Sendable, Hashable {
      /// The text's file as it was named when it was loaded; `<text>` if it is not from a file.
      public var file: String
      /// The line and the column.
      public var location: TextLocation

      /// Creates a location.
      public init(file: String, location: TextLocation) {
        self.file = file
        self.location = location
      }
    }
  }
}

extension Trap.Frame: CustomStringConvertible {
  /// Function, module, and the place: `file:line:column (offset)` in a text, otherwise the offset in the binary.
  public var description: String {
    let module = moduleName.map { "\($0.printable)!" } ?? ""
    guard let offset else { return module + name }
    let place = "0x\(String(offset, radix: 16))"
    guard let source else { return "\(module)\(name) at \(place)" }
    return "\(module)\(name) at \(source.file.printable):\(source.location.line):\(source.location.column) (\(place))"
  }
}

extension Trap: CustomStringConvertible {
  /// Message and backtrace.
  public var description: String { Self.description("trap: \(message)", backtrace: backtrace) }
}
