import WasmCompiler

/// A copy of the code of a module's hot functions, for the cache: see ``TierCompiler/keep()``.
///
/// Code that continues a function at a loop is not part of it: functions that have code are entered at their beginning.
package struct PartialCode: Sendable {
  /// The code of all functions and stubs, at their distances from each other.
  let code: [UInt8]
  let tables: CodeTables
  /// The functions that were used, but have no code yet.
  var profile: [ArtifactFormat.ProfileRow] = []

  init(code: [UInt8], tables: CodeTables) {
    self.code = code
    self.tables = tables
  }
}
