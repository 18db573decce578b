extension Policy {
  /// Allows also what another policy allows. Limits on memories are added if both have one; other limits are dropped.
  ///
  /// - Complexity: O(number of patterns).
  public mutating func formUnion(_ other: Policy) {
    func union<Pattern: Hashable>(_ patterns: [Pattern]?, _ others: [Pattern]?) -> [Pattern]? {
      guard let patterns, let others else { return nil }
      let known = Set(patterns)
      return patterns + others.filter { !known.contains($0) }
    }
    allowedImports = union(allowedImports, other.allowedImports)
    allowedExports = union(allowedExports, other.allowedExports)
    deniedImports = deniedImports.filter(Set(other.deniedImports).contains)
    deniedExports = deniedExports.filter(Set(other.deniedExports).contains)
    canCallHost = canCallHost || other.canCallHost
    canReadMemory = canReadMemory || other.canReadMemory
    canWriteMemory = canWriteMemory || other.canWriteMemory
    canGrowMemory = canGrowMemory || other.canGrowMemory
    canImportMemory = canImportMemory || other.canImportMemory
    canExportMemory = canExportMemory || other.canExportMemory
    canUseThreads = canUseThreads || other.canUseThreads
    features = features.flatMap { features in other.features.map { features.union($0) } }
    var limits = Limits()
    if let byteCount = self.limits.memoryByteCount, let more = other.limits.memoryByteCount, !canGrowMemory {
      let (sum, overflow) = byteCount.addingReportingOverflow(more)
      limits.memoryByteCount = overflow ? nil : sum
    }
    self.limits = limits
  }
}
