import WasmCompiler
import WasmRuntime

/// Why an artifact cannot be used.
public enum ArtifactError: Error, Hashable, Sendable {
  /// The bytes do not begin with the magic number of an artifact.
  case notAnArtifact
  /// There are fewer bytes than the artifact's header says.
  case truncated(byteCount: Int, expectedByteCount: UInt64)
  /// Bytes differ from those written, or are inconsistent.
  case altered(part: String)
  /// Made by a version of Needletail whose code this one cannot run. The version is nil if even the format differs.
  case madeByAnotherVersion(String?)
  /// Made for another architecture.
  case madeForAnotherArchitecture(String)
  /// The code uses instructions that this processor does not have.
  case missingProcessorFeatures([String])
  /// The engine's configuration requires something that the code was not compiled with.
  case incompatibleOptions(missing: [String])
  /// The code charges other costs of fuel than the engine's configuration says, or one of them charges none.
  case otherFuelCosts(isMetered: Bool, isExpected: Bool)
  /// The artifact could not be read, or there is no memory for its code.
  case unreadable(String)
  /// The engine does not compile, so there is no code to write.
  case noCompiler
}

extension ArtifactError: CustomStringConvertible {
  /// The error as a sentence.
  public var description: String {
    switch self {
    case .notAnArtifact: "expected an artifact of Needletail's compiler, found another file"
    case .truncated(let count, let expected): "truncated artifact: expected at least \(expected) bytes, found \(count)"
    case .altered(let part): "altered artifact: its \(part) is not what was written"
    case .madeByAnotherVersion(let version?):
      "artifact made by another version of Needletail (\(version), this is \(Release.version)): compile the module again"
    case .madeByAnotherVersion(nil):
      "artifact made by another version of Needletail (this is \(Release.version)): compile the module again"
    case .madeForAnotherArchitecture(let name): "artifact made for another architecture: \(name)"
    case .missingProcessorFeatures(let names):
      "artifact made for a processor with \(names.joined(separator: ", ")), which this one lacks: compile the module here, "
        + "or for the baseline"
    case .incompatibleOptions(let missing):
      "artifact made with other options: expected \(missing.joined(separator: " and ")) code, found code that is not: compile the "
        + "module again with the options of this engine"
    case .otherFuelCosts(isMetered: true, isExpected: false):
      "artifact made with fuel: expected code that counts none, as the engine has no costs of fuel"
    case .otherFuelCosts(isMetered: false, isExpected: _):
      "artifact made without fuel: expected code that counts it, as the engine has costs of fuel"
    case .otherFuelCosts(isMetered: true, isExpected: true):
      "artifact made with other costs of fuel than those of the engine: compile the module again with the same costs"
    case .unreadable(let reason): reason
    case .noCompiler: "the engine does not compile: there is no machine code to write"
    }
  }
}
