import Needletail
import NeedletailSystem
import WebAssembly

extension ArtifactError {
  /// The error in terms of the command line.
  var message: String {
    switch self {
    case .otherFuelCosts(isMetered: true, isExpected: false):
      "the artifact was compiled with --fuel"
    case .otherFuelCosts(isMetered: false, isExpected: _):
      "the artifact was compiled without --fuel, so it cannot count fuel"
    case .otherFuelCosts(isMetered: true, isExpected: true): "the artifact counts fuel by other costs than this version"
    case .incompatibleOptions(let missing):
      missing == ["bounds-checked"]
        ? "the artifact was compiled for a process with more address space"
        : "the artifact was compiled without \(missing.filter { $0 != "bounds-checked" }.map { "--\($0)" }.joined(separator: " and "))"
    default: description
    }
  }

  /// Why code that was compiled with other options cannot run here, and what to do about it.
  var hints: [Message] {
    let interpreted: Message = "--engine interpreter runs the module in it"
    if case .otherFuelCosts(let isMetered, _) = self {
      return [
        isMetered
          ? "--fuel N or --fuel-usage, before the file's name, runs this code"
          : "'needletail compile --fuel' makes such code; without --fuel and --fuel-usage, this code runs",
        interpreted,
      ]
    }
    switch self {
    case .notAnArtifact, .truncated, .altered:
      return ["'needletail compile MODULE -o FILE' makes it again from the module"]
    case .madeForAnotherArchitecture, .missingProcessorFeatures:
      return ["'needletail compile MODULE' makes one here", interpreted]
    default: break
    }
    guard case .incompatibleOptions(let missing) = self else { return [] }
    var hints: [Message] = []
    if missing.contains("bounds-checked") {
      let limit = CurrentProcess.addressSpaceLimit.map { " to \(ByteCount.format($0))" } ?? ""
      hints.append(
        "the address space is limited\(limit) (ulimit -v), so code must check every access; 'needletail compile' under this limit makes such code, and 'ulimit -v unlimited' lifts it"
      )
    }
    if missing.contains("deterministic") {
      hints.append("'needletail compile --deterministic' makes such code; without --deterministic, this code runs")
    }
    hints.append(interpreted)
    return hints
  }
}
