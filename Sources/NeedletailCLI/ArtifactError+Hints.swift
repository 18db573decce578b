import Needletail
import NeedletailSystem
import WebAssembly

extension ArtifactError {
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
