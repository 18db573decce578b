import WasmBinary
import WasmValidation
import WebAssembly

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
