import Needletail
import NeedletailSystem
import WebAssembly

extension ArtifactError {
  /// Why code that was compiled with other options cannot run here, and what to do about it.
  var hints: [Message] {
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
    hints.append("--engine interpreter runs the module in it")
    return hints
  }
}
