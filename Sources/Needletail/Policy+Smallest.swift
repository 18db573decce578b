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
