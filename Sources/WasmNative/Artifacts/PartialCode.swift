import WasmCompiler

/// A copy of the code of a module's hot functions, for the cache: see ``ArtifactFormat/write(_:module:options:)``.
package struct PartialCode: Sendable {
  /// The code of all functions and stubs, at their distances from each other.
  let code: [UInt8]
  let tables: CodeTables
  /// The functions that were used, but have no code yet.
  let profile: [ArtifactFormat.ProfileRow]
}
