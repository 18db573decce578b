/// A module or program needs more of a resource than Needletail, its embedder or the system allows.
public struct LimitExceeded: Error, Hashable, Sendable {
  /// What is limited, and with that the unit of the amounts.
  public var resource: Resource
  /// Whose limit it is.
  public var scope: Scope
  /// The amount that was asked for, in addition to ``used``. If only the limit is known to be exceeded, the least amount that exceeds it.
  public var requested: UInt64
  /// The amount that was in use before.
  public var used: UInt64
  /// The largest amount allowed; nil if the system or a limiter refused, whose limit is not known.
  public var limit: UInt64?
  /// The property that sets the limit, such as `Store.Limits.memoryByteCount`; nil if none does.
  public var setting: String?
  /// What was refused, in words, with the amounts. The name of the property is not part of it.
  public var message: String

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - resource: what is limited.
  ///   - scope: whose limit it is.
  ///   - requested: the amount that was asked for.
  ///   - used: the amount that was in use before.
  ///   - limit: the largest amount allowed; nil if it is not known.
  ///   - setting: the property that sets the limit; nil if none does.
  ///   - message: what was refused, in words; if nil, it is made of the other values.
  public init(
    _ resource: Resource, of scope: Scope, requested: UInt64, used: UInt64 = 0, limit: UInt64? = nil,
    setting: String? = nil, message: String? = nil
  ) {
    self.resource = resource
    self.scope = scope
    self.requested = requested
    self.used = used
    self.limit = limit
    self.setting = setting
    self.message = message ?? Self.message(resource, scope, requested: requested, used: used, limit: limit)
  }

  /// The error for a resource that the system does not give.
  package init(systemRefused resource: Resource, requested: some BinaryInteger, _ message: String) {
    self.init(resource, of: .system, requested: UInt64(clamping: requested), message: message)
  }

  /// The error for a fixed limit of this implementation.
  package init(
    fixed resource: Resource, requested: some BinaryInteger, limit: some BinaryInteger, _ message: String? = nil
  ) {
    self.init(
      resource, of: .implementation, requested: UInt64(clamping: requested), limit: UInt64(clamping: limit),
      message: message)
  }
}

extension LimitExceeded {
  /// Whose limit it is.
  public enum Scope: String, Hashable, Sendable, CaseIterable {
    /// The parts of one module: `Module.Limits`.
    case module
    /// One store, or the stores of one program with threads: `Store.Limits`.
    case store
    /// All stores of one engine: `Engine.Configuration.limits`.
    case engine
    /// All engines of the process: `Engine.processLimits`.
    case process
    /// A program that uses WASI: `WASI.Configuration.limits`, `ThreadedProgram.Limits`.
    case program
    /// A decision of a `ResourceLimiter`.
    case limiter
    /// Needletail itself: the limit is fixed.
    case implementation
    /// The operating system.
    case system
  }

  /// What is limited.
  public enum Resource: String, Hashable, Sendable, CaseIterable {
    // While a program runs.
    /// Bytes of memories, tables and objects together.
    case totalBytes
    /// Bytes of linear memories.
    case memoryBytes
    /// Elements of tables.
    case tableElements
    /// Bytes of garbage-collected objects, or of the blocks that they occupy.
    case heapBytes
    /// Module instances.
    case instances
    /// Linear memories.
    case memories
    /// Tables.
    case tables
    /// Stores.
    case stores
    /// Bytes of a stack for nested calls.
    case stackBytes
    /// Threads.
    case threads
    /// Calls for which tasks wait, each of which has a stack.
    case asyncCalls
    /// Open descriptors.
    case descriptors
    /// Other memory of the runtime, in bytes.
    case runtimeBytes

    // When a module is loaded.
    /// Bytes of a module.
    case moduleBytes
    /// Types.
    case types
    /// Supertypes of one type.
    case supertypes
    /// Parameters of a function type.
    case parameters
    /// Results of a function type.
    case results
    /// Fields of a structure.
    case fields
    /// Imports.
    case imports
    /// Functions.
    case functions
    /// Globals.
    case globals
    /// Tags.
    case tags
    /// Exports.
    case exports
    /// Element segments.
    case elementSegments
    /// Elements of an element segment.
    case elements
    /// Data segments.
    case dataSegments
    /// Bytes of the body of a function.
    case functionBodyBytes
    /// Locals of a function.
    case locals
    /// Custom sections.
    case customSections
    /// Blocks in each other in a function.
    case nestedBlocks
    /// Operands on the stack of a function.
    case operands
    /// Bytes of machine code.
    case codeBytes
    /// Words of code of the interpreter.
    case interpretedWords
    /// 8-byte slots of the frame of a function in the interpreter.
    case frameSlots
    /// Nanoseconds of compiling.
    case compilationNanoseconds

    /// The resource as the subject of a message.
    package var name: String {
      switch self {
      case .totalBytes: "memories, tables and objects together"
      case .memoryBytes: "memories"
      case .tableElements: "tables"
      case .heapBytes: "objects"
      case .instances: "instances"
      case .memories: "memories"
      case .tables: "tables"
      case .stores: "stores"
      case .stackBytes: "stack"
      case .threads: "threads"
      case .asyncCalls: "async calls"
      case .descriptors: "descriptors"
      case .runtimeBytes: "memory of the runtime"
      case .moduleBytes: "module"
      case .types: "types"
      case .supertypes: "super types"
      case .parameters: "parameters"
      case .results: "results"
      case .fields: "fields"
      case .imports: "imports"
      case .functions: "functions"
      case .globals: "globals"
      case .tags: "tags"
      case .exports: "exports"
      case .elementSegments: "element segments"
      case .elements: "elements"
      case .dataSegments: "data segments"
      case .functionBodyBytes: "code of one function"
      case .locals: "locals"
      case .customSections: "custom sections"
      case .nestedBlocks: "nested blocks"
      case .operands: "operands on the stack"
      case .codeBytes: "machine code"
      case .interpretedWords: "the interpreter's code"
      case .frameSlots: "frame"
      case .compilationNanoseconds: "compiling"
      }
    }

    /// An amount with its unit; the number alone if the unit is the resource itself.
    package func format(_ amount: UInt64) -> String {
      switch self {
      case .totalBytes, .memoryBytes, .heapBytes, .stackBytes, .runtimeBytes, .moduleBytes, .functionBodyBytes,
        .codeBytes:
        ByteCount.format(amount)
      case .tableElements: counted(amount, "element")
      case .interpretedWords: counted(amount, "word")
      case .frameSlots: counted(amount, "slot")
      case .compilationNanoseconds: Self.format(nanoseconds: amount)
      default: "\(amount)"
      }
    }

    private static func format(nanoseconds: UInt64) -> String {
      nanoseconds % 1_000_000_000 == 0 ? "\(nanoseconds / 1_000_000_000) s" : "\(nanoseconds / 1_000_000) ms"
    }

    /// Whether the unit is the resource itself.
    private var isCount: Bool { format(2) == "2" }

    fileprivate func refusal(_ requested: UInt64, used: UInt64, limit: UInt64?, owner: String) -> String {
      guard let limit else { return "the system refused \(format(requested)) for \(name)" }
      guard !isCount else {
        let (sum, overflow) = used.addingReportingOverflow(requested)
        return "too many \(name)\(owner): expected at most \(limit), found \(overflow ? .max : sum)"
      }
      let use = used == 0 ? "" : ", with \(format(used)) in use"
      return "\(name): \(format(requested)) needed, the limit\(owner) is \(format(limit))\(use)"
    }
  }

  private static func message(
    _ resource: Resource, _ scope: Scope, requested: UInt64, used: UInt64, limit: UInt64?
  ) -> String {
    resource.refusal(requested, used: used, limit: limit, owner: scope.owner)
  }
}

extension LimitExceeded.Scope {
  /// The words after "limit" that say whose it is; none for those that hold for one store or module.
  package var owner: String {
    switch self {
    case .engine: " of the engine"
    case .process: " of the process"
    default: ""
    }
  }
}

extension LimitExceeded: CustomStringConvertible {
  /// The message, with the property that sets the limit.
  public var description: String { setting.map { "\(message) (\($0))" } ?? message }
}
