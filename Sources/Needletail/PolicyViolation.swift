import WebAssembly

/// A module asks for more than a policy allows.
public struct PolicyViolation: Error, Hashable, Sendable {
  /// What is refused, in the order of the module; at most 20 items.
  public var items: [Item]
  /// The number of further items.
  public var omittedCount: Int

  /// Something that a policy refuses.
  public struct Item: Hashable, Sendable {
    /// The rule of the policy.
    public var rule: Rule
    /// What breaks it.
    public var message: String
  }

  /// A rule, by the name of its member in a policy's JSON.
  public enum Rule: String, Hashable, Sendable, CaseIterable {
    /// ``Policy/allowedImports``.
    case imports
    /// ``Policy/deniedImports``.
    case deniedImports
    /// ``Policy/allowedExports``.
    case exports
    /// ``Policy/deniedExports``.
    case deniedExports
    /// ``Policy/canCallHost``.
    case hostCalls
    /// ``Policy/canReadMemory``.
    case memoryRead = "memory.read"
    /// ``Policy/canWriteMemory``.
    case memoryWrite = "memory.write"
    /// ``Policy/canGrowMemory``.
    case memoryGrowth = "memory.grow"
    /// ``Policy/canImportMemory``.
    case memoryImport = "memory.import"
    /// ``Policy/canExportMemory``.
    case memoryExport = "memory.export"
    /// ``Policy/canUseThreads``.
    case threads
    /// ``Policy/features``.
    case features
    /// ``Policy/Limits/totalByteCount``.
    case totalLimit = "limits.total"
    /// ``Policy/Limits/memoryByteCount``.
    case memoryLimit = "limits.memory"
    /// ``Policy/Limits/tableElementCount``.
    case tableElementLimit = "limits.tableElements"
  }

  /// Collects items. A module can have millions, of which the first are kept.
  struct Findings {
    private var items: [Item] = []
    private var count = 0

    private static let maximumKeptCount = 20

    mutating func add(_ rule: Rule, _ message: @autoclosure () -> String) {
      count += 1
      if items.count < Self.maximumKeptCount { items.append(Item(rule: rule, message: message())) }
    }

    /// Nil if nothing was found.
    var violation: PolicyViolation? {
      count == 0 ? nil : PolicyViolation(items: items, omittedCount: count - items.count)
    }
  }
}

extension PolicyViolation: CustomStringConvertible {
  /// One line for each item: `imports: "env" "exit" is not allowed`.
  public var description: String {
    let lines = items.map { "\($0.rule.rawValue): \($0.message)" }
    let rest = omittedCount > 0 ? ["and \(omittedCount) more"] : []
    guard lines.count + rest.count > 1 else { return "refused by the policy: \(lines.first ?? "")" }
    return "refused by the policy:\n  \((lines + rest).joined(separator: "\n  "))"
  }
}
