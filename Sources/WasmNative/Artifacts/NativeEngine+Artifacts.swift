import WasmCompiler
import WasmRuntime
import WebAssembly

extension NativeEngine {
  /// The options that artifacts store for the engine's code.
  ///
  /// - Parameter features: the proposals that modules may use.
  package func artifactOptions(features: Features) -> ArtifactFormat.Options {
    ArtifactFormat.Options(
      level: options.level, isDeterministic: options.isDeterministic, isInterruptible: options.isInterruptible,
      processor: options.processor, features: features)
  }

  /// Loads a module's code from an artifact.
  ///
  /// - Parameters:
  ///   - artifact: an artifact of the same module.
  ///   - image: the artifact's module.
  /// - Throws: if this machine cannot run the code, the code lacks something that the engine requires, there is no memory for it, or it
  ///   is damaged.
  package func load(_ artifact: ArtifactReader, for image: ModuleImage) throws(ArtifactError) -> NativeModule {
    try check(artifact.options)
    guard image.module.functions.count == artifact.tables.functions.count else {
      throw .altered(part: ArtifactFormat.Section.functions.name)
    }
    let memory = try artifact.readCode(quota)
    let module = NativeModule(image, memory, byteCount: artifact.codeByteCount, artifact.tables)
    profile?.add(module) { _ in nil }
    return module
  }

  /// The code may guarantee more than the engine requires, never less.
  private func check(_ made: ArtifactFormat.Options) throws(ArtifactError) {
    let missing = made.processor.subtracting(.native)
    guard missing.isEmpty else { throw .missingProcessorFeatures(missing.names) }
    let promises = [
      ("deterministic", options.isDeterministic && !made.isDeterministic),
      ("interruptible", options.isInterruptible && !made.isInterruptible),
    ].filter(\.1)
    guard promises.isEmpty else { throw .incompatibleOptions(missing: promises.map(\.0)) }
  }
}

extension ArtifactReader {
  /// The functions without code, by index among those that the module defines.
  package var interpretedFunctions: [Int] { tables.refusals.map(\.function) }
}
