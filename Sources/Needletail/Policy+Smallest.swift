import WasmBinary
import WasmValidation
import WebAssembly

extension Policy {
  /// The smallest policy that allows what a module asks for: its imports and exports by their names, the proposals that it uses, and what its
  /// code does with memories. Its limits are set if the module cannot need more: those of memories that do not grow.
  ///
  /// - Parameter module: the module.
  /// - Throws: `DecodingError`, `ArtifactError` if the code of a module that was compiled earlier cannot be read.
  /// - Complexity: O(size of the module × number of proposals that it uses).
  public init(smallestFor module: Module) throws {
    let structure = module.structure
    let use = try MemoryUse(of: structure)
    self.init()
    allowedImports = structure.imports.map { ImportPattern(.exactly($0.module), .exactly($0.name)) }
    allowedExports = structure.exports.map { .exactly($0.name) }
    canCallHost = structure.imports.contains { $0.type.reasonForCalls(in: structure) != nil }
    canReadMemory = use.read != nil
    canWriteMemory = use.write != nil
    canGrowMemory = use.growth != nil
    canImportMemory = !structure.importedMemories.isEmpty
    canExportMemory = structure.exports.contains { $0.kind == .memory }
    canUseThreads =
      (structure.importedMemories + structure.memories).contains(where: \.isShared)
      || structure.imports.contains(where: \.isThreadSpawn)
    features = try module.usedFeatures()
    if !canGrowMemory, structure.importedMemories.isEmpty {
      limits.memoryByteCount = structure.initialMemoryByteCount
    }
  }
}

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

extension Module {
  /// The proposals without which the module is not valid.
  ///
  /// - Throws: `DecodingError`, `ArtifactError` if the code of a module that was compiled earlier cannot be read.
  /// - Complexity: O(size of the module × number of these proposals).
  public func usedFeatures() throws -> Features {
    try structure.bytes.load(0..<structure.bytes.count)
    let complete = try Decoder.decode(structure.bytes)
    var features: Features = []
    while true {
      do {
        try Validator.validate(
          complete, features: features, threadCount: engine.configuration.validationThreadCount, functions: nil)
        return features
      } catch {
        guard let missing = error.missingFeature else { throw error.underlying }
        let needed = missing.features.subtracting(features)
        // One that the engine has, if any of them is enough.
        let allowed = needed.intersection(engine.configuration.features)
        let added = missing.isAnyEnough ? (allowed.isEmpty ? needed : allowed).first : needed
        // The module is valid with the features of the engine, so there is one.
        guard let added, !added.isEmpty else { throw error.underlying }
        features.formUnion(added)
      }
    }
  }
}

extension Features {
  /// The first of the set, in the order of ``names``.
  fileprivate var first: Features? { Self.names.first { contains($0.feature) }?.feature }
}
