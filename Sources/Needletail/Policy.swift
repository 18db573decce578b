import WasmBinary
import WasmRuntime
import WasmValidation
import WebAssembly

/// What modules may ask for. It is checked before a module is instantiated, and says all that it refuses.
///
/// A new policy allows everything that the engine and the linker offer; each property takes something away.
///
/// ```swift
/// var policy = Policy()
/// policy.allowedImports = [Policy.ImportPattern("env", "log"), Policy.ImportPattern("wasi_snapshot_preview1", "fd_*")]
/// policy.canGrowMemory = false
/// policy.limits.memoryByteCount = 64 << 20
/// linker.policy = policy
/// let instance = try linker.instantiate(module, in: Store(engine, policy: policy))
/// ```
public struct Policy: Hashable, Sendable {
  /// The imports that are allowed; nil for all. An empty array allows none.
  public var allowedImports: [ImportPattern]?
  /// Imports that are refused although they are allowed.
  public var deniedImports: [ImportPattern] = []
  /// The names of exports that are allowed; nil for all. An empty array allows none.
  public var allowedExports: [NamePattern]?
  /// Exports that are refused although they are allowed.
  public var deniedExports: [NamePattern] = []
  /// Whether functions may be imported, and what can hold them: tables, and globals and tags with references. Without them a module cannot
  /// call the host or other modules, unless these hand it a function: as an argument, or through something that it exports.
  public var canCallHost = true
  /// Whether code may read memories.
  public var canReadMemory = true
  /// Whether code may write to memories. Data segments that instantiation copies are not code.
  public var canWriteMemory = true
  /// Whether code may grow memories.
  public var canGrowMemory = true
  /// Whether memories may be imported.
  public var canImportMemory = true
  /// Whether memories may be exported.
  public var canExportMemory = true
  /// Whether memories may be shared by threads, and `thread-spawn` of WASI may be imported.
  public var canUseThreads = true
  /// The proposals that modules may use; nil for those of the engine.
  public var features: Features?
  /// The limits on what a module uses while it runs.
  public var limits = Limits()

  /// Creates a policy that allows everything.
  public init() {}

  /// A pattern for imports.
  public struct ImportPattern: Hashable, Sendable {
    /// The name of the module that is imported from.
    public var module: NamePattern
    /// The name within that module.
    public var name: NamePattern

    /// Creates a pattern.
    public init(_ module: NamePattern, _ name: NamePattern) {
      self.module = module
      self.name = name
    }
  }

  /// Limits of a policy; nil means that it sets none. What a module declares at least is checked with the policy. The rest is enforced by a
  /// store that is created with it: ``Store/init(_:policy:limits:)``.
  public struct Limits: Hashable, Sendable {
    /// Bytes of memories, tables (8 per element) and objects together.
    public var totalByteCount: UInt64?
    /// Bytes of all memories together.
    public var memoryByteCount: UInt64?
    /// Elements of all tables together.
    public var tableElementCount: UInt64?
    /// Bytes of all garbage-collected objects together.
    public var heapByteCount: UInt64?
    /// The fuel that a store begins with: see ``Store/fuel``.
    public var fuel: UInt64?
    /// The time that a store has, from its creation on.
    public var time: Duration?

    /// Creates limits that limit nothing.
    public init() {}
  }

  // MARK: Checking

  /// Checks what a module asks for.
  ///
  /// Of a module that was compiled earlier, it checks the module in the artifact, which its machine code need not follow: see ``Artifact``.
  ///
  /// - Throws: ``PolicyViolation`` with everything that the policy refuses; `DecodingError`, `ArtifactError` if the code of a module that was
  ///   compiled earlier has to be read, and cannot be.
  /// - Complexity: O(number of imports, exports and patterns), with patterns that have a `*` O(imports and exports × these); also O(size of the
  ///   module) if the policy forbids to read, write or grow memories, or proposals that the engine has.
  public func check(_ module: Module) throws {
    var findings = PolicyViolation.Findings()
    let structure = module.structure
    checkImports(structure, &findings)
    checkExports(structure, &findings)
    checkDeclaredSizes(structure, &findings)
    try checkCode(module, &findings)
    try checkFeatures(module, &findings)
    if let violation = findings.violation { throw violation }
  }

  private func checkImports(_ module: WebAssembly.Module, _ findings: inout PolicyViolation.Findings) {
    let allowed = allowedImports.map { ImportSet($0) }
    let denied = ImportSet(deniedImports)
    for item in module.imports {
      if let allowed, !allowed.contains(item) {
        findings.add(.imports, "\(item.quoted) is not allowed")
      } else if denied.contains(item) {
        findings.add(.deniedImports, "\(item.quoted) is denied")
      }
      if !canCallHost, let reason = item.type.reasonForCalls(in: module) {
        findings.add(.hostCalls, "\(item.quoted) is \(reason)")
      }
      if !canImportMemory, item.type.kind == .memory { findings.add(.memoryImport, "\(item.quoted) is a memory") }
      if !canUseThreads {
        if case .memory(let type) = item.type, type.isShared {
          findings.add(.threads, "\(item.quoted) is a memory that threads share")
        }
        if item.isThreadSpawn { findings.add(.threads, "\(item.quoted) starts threads") }
      }
    }
    if !canUseThreads, module.memories.contains(where: \.isShared) {
      findings.add(.threads, "the module defines a memory that threads share")
    }
  }

  private func checkExports(_ module: WebAssembly.Module, _ findings: inout PolicyViolation.Findings) {
    let allowed = allowedExports.map { NameSet($0) }
    let denied = NameSet(deniedExports)
    for export in module.exports {
      if let allowed, !allowed.contains(export.name) {
        findings.add(.exports, "\(export.name.quoted) is not allowed")
      } else if denied.contains(export.name) {
        findings.add(.deniedExports, "\(export.name.quoted) is denied")
      }
      if export.kind == .memory, !canExportMemory {
        findings.add(.memoryExport, "\(export.name.quoted) is a memory")
      }
    }
  }

  /// Checks the sizes that memories and tables have from the start. What is imported counts where it was defined.
  private func checkDeclaredSizes(_ module: WebAssembly.Module, _ findings: inout PolicyViolation.Findings) {
    let memory = module.initialMemoryByteCount
    if let limit = limits.memoryByteCount, memory > limit {
      findings.add(.memoryLimit, Self.excess(memory, over: limit))
    }
    let elements = module.initialElementCount
    if let limit = limits.tableElementCount, elements > limit {
      findings.add(.tableElementLimit, "expected at most \(limit), found \(elements)")
    }
    let total = memory.addingClamped(elements.multipliedClamped(by: 8))
    if let limit = limits.totalByteCount, total > limit {
      findings.add(.totalLimit, Self.excess(total, over: limit))
    }
  }

  private static func excess(_ count: UInt64, over limit: UInt64) -> String {
    let texts = (ByteCount.format(limit), ByteCount.format(count))
    guard texts.0 != texts.1 else { return "expected at most \(limit) bytes, found \(count)" }
    return "expected at most \(texts.0), found \(texts.1)"
  }

  private func checkCode(_ module: Module, _ findings: inout PolicyViolation.Findings) throws {
    guard !canReadMemory || !canWriteMemory || !canGrowMemory else { return }
    let use = try MemoryUse(of: module.structure)
    let rules: [(PolicyViolation.Rule, isAllowed: Bool, MemoryUse.Place?)] = [
      (.memoryRead, canReadMemory, use.read), (.memoryWrite, canWriteMemory, use.write),
      (.memoryGrowth, canGrowMemory, use.growth),
    ]
    for case (let rule, false, let place?) in rules {
      let name = module.functionName(place.function).map { " '\($0.printable)'" } ?? ""
      let offset = String(place.offset, radix: 16)
      findings.add(rule, "function \(place.function)\(name) contains \(place.opcode.mnemonic) (at offset 0x\(offset))")
    }
  }

  private func checkFeatures(_ module: Module, _ findings: inout PolicyViolation.Findings) throws {
    guard let features, !module.engine.configuration.features.isSubset(of: features) else { return }
    // The module was validated for the features of the engine; that of an artifact when it was compiled.
    let bytes = module.structure.bytes
    try bytes.load(0..<bytes.count)
    let structure = try Decoder.decode(bytes)
    let allowed = features.intersection(module.engine.configuration.features)
    do {
      try Validator.validate(
        structure, features: allowed, threadCount: module.engine.configuration.validationThreadCount, functions: nil)
    } catch {
      guard let missing = error.missingFeature else { throw error.underlying }
      findings.add(.features, missing.refusal)
    }
  }
}

extension Policy.Limits {
  /// The lower limits of these and others.
  package func lowering(_ limits: Store.Limits) -> Store.Limits {
    var limits = limits
    limits.totalByteCount = min(limits.totalByteCount, totalByteCount ?? .max)
    limits.memoryByteCount = min(limits.memoryByteCount, memoryByteCount ?? .max)
    limits.tableElementCount = min(limits.tableElementCount, tableElementCount ?? .max)
    limits.heapByteCount = min(limits.heapByteCount, heapByteCount ?? .max)
    return limits
  }
}

extension Store {
  /// Creates a store with the limits of a policy.
  ///
  /// - Parameters:
  ///   - engine: the engine whose modules the store will hold.
  ///   - policy: the policy; its limits on fuel and time apply from now on. What it allows is checked by ``Policy/check(_:)``.
  ///   - limits: further limits; the lower ones apply.
  /// - Throws: `LimitExceeded` if there is no address space for the stack; `ArgumentError` if the policy limits fuel and the engine counts
  ///   none.
  public convenience init(_ engine: Engine, policy: Policy, limits: Limits = Limits()) throws {
    if policy.limits.fuel != nil, engine.configuration.fuel == nil {
      throw ArgumentError("the policy limits fuel, but the engine counts none: set Engine.Configuration.fuel")
    }
    try self.init(engine, limits: policy.limits.lowering(limits))
    if let fuel = policy.limits.fuel { self.fuel = fuel }
    // No time that is longer than a process lives makes the sum overflow.
    if let time = policy.limits.time { deadline = .now + min(time, .seconds(1_000_000_000)) }
  }
}

extension LoadingError {
  /// The proposals without which a module is refused; nil if it is refused for another reason.
  var missingFeature: MissingFeature? {
    switch self {
    case .malformed(let error): error.missingFeature
    case .invalid(let error): error.missingFeature
    case .limitExceeded: nil
    }
  }
}

extension MissingFeature {
  /// The message of a policy.
  fileprivate var refusal: String {
    let all = Features.names.filter { features.contains($0.feature) }.map(\.name)
    return "\(part) needs the proposal \(all.joined(separator: isAnyEnough ? " or " : " and ")), which is not allowed"
  }
}

extension WebAssembly.Module.Import {
  /// Whether it is ``ThreadSpawn``.
  var isThreadSpawn: Bool { module == ThreadSpawn.module && name == ThreadSpawn.name }
}

extension WebAssembly.Module {
  /// The size of all memories that the module defines at least, in bytes.
  package var initialMemoryByteCount: UInt64 {
    memories.reduce(0) { sum, type in
      sum.addingClamped(type.limits.minimum.multipliedClamped(by: 1 << UInt64(type.pageSizeLog2)))
    }
  }

  /// The elements of all tables that the module defines at least.
  package var initialElementCount: UInt64 { tables.reduce(0) { $0.addingClamped($1.type.limits.minimum) } }
}

extension ExternalType {
  /// What makes an import a way to call functions of the host or of other modules, for messages; nil if it is none.
  func reasonForCalls(in module: WebAssembly.Module) -> String? {
    switch self {
    case .function: "a function"
    case .table: "a table, which can hold functions"
    case .global(let type) where type.value.referenceType != nil: "a global that can hold functions"
    case .tag(let index)
    where module.functionType(index)?.parameters.contains { $0.referenceType != nil } ?? true:
      "a tag whose exceptions can hold functions"
    case .global, .memory, .tag: nil
    }
  }
}

extension WebAssembly.Module.Import {
  /// The names in messages of policies.
  fileprivate var quoted: String { "\(module.quoted) \(name.quoted)" }
}

extension UInt64 {
  fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  fileprivate func multipliedClamped(by other: UInt64) -> UInt64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
