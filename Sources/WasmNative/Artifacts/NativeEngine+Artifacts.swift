import WasmCompiler
import WasmRuntime
import WebAssembly

extension NativeEngine {
  /// The options that artifacts store for the engine's code.
  ///
  /// - Parameters:
  ///   - features: the proposals that modules may use.
  ///   - isPartial: whether only hot functions have code.
  package func artifactOptions(features: Features, isPartial: Bool = false) -> ArtifactFormat.Options {
    ArtifactFormat.Options(
      level: options.level, isDeterministic: options.isDeterministic, isInterruptible: options.isInterruptible,
      processor: options.processor, checksBounds: options.checksBounds,
      fuelIdentity: ArtifactFormat.fuelIdentity(options.fuel), features: features, isPartial: isPartial)
  }

  /// Loads a module's code from an artifact.
  ///
  /// - Parameters:
  ///   - artifact: an artifact of the same module.
  ///   - image: the artifact's module.
  ///   - onDamage: called, on any thread, if code turns out to be damaged when it is executed.
  /// - Throws: if this machine cannot run the code, the code lacks something that the engine requires, there is no memory for it, or it
  ///   is damaged.
  package func load(
    _ artifact: ArtifactReader, for image: ModuleImage, onDamage: (@Sendable () -> Void)? = nil
  ) throws(ArtifactError) -> NativeModule {
    precondition(!artifact.options.isPartial, "the code is not complete")
    try check(artifact.options)
    guard image.module.functions.count == artifact.tables.functions.count else {
      throw .altered(part: ArtifactFormat.Section.functions.name)
    }
    let memory = try artifact.readCode(quota)
    let module = NativeModule(image, memory, byteCount: artifact.codeByteCount, artifact.tables, onDamage: onDamage)
    if let profile {
      try module.loadAll()
      profile.add(module) { _ in nil }
    }
    return module
  }

  /// The code may guarantee more than the engine requires, never less; and it charges the same costs.
  func check(_ made: ArtifactFormat.Options) throws(ArtifactError) {
    let missing = made.processor.subtracting(.native)
    guard missing.isEmpty else { throw .missingProcessorFeatures(missing.names) }
    let promises = [
      ("deterministic", options.isDeterministic && !made.isDeterministic),
      ("bounds-checked", options.checksBounds && !made.checksBounds),
      ("interruptible", options.isInterruptible && !made.isInterruptible),
    ].filter(\.1)
    guard made.fuelIdentity == ArtifactFormat.fuelIdentity(options.fuel) else {
      throw .otherFuelCosts(isMetered: made.fuelIdentity != 0, isExpected: options.fuel != nil)
    }
    guard promises.isEmpty else { throw .incompatibleOptions(missing: promises.map(\.0)) }
  }
}

extension ArtifactReader {
  /// The functions whose bodies were not necessarily validated when the code was made, by index among those that the module defines.
  package var unvalidatedFunctions: [Int] { options.isPartial ? [] : tables.refusals.map(\.function) }

  /// The number of functions that the module defines.
  package var functionCount: Int { tables.functions.count }
}
