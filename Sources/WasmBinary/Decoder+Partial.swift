import WebAssembly

// Decodes the beginning of a malformed module.
extension Decoder {
  /// Decodes as much of a binary as possible, for tools that show its contents.
  ///
  /// - Returns: everything before the first error, including the earlier entries of its section, and that error. Functions without a body
  ///   have an empty one.
  /// - Complexity: O(size of the module, not counting code and data).
  public static func decodeBeginning(
    _ bytes: [UInt8], limits: ModuleLimits = .init()
  ) -> (module: Module, error: DecodingError?) {
    var decoder = Decoder(limits: limits)
    do throws(DecodingError) {
      try decoder.append(bytes)
      return (try decoder.finish(), nil)
    } catch {
      // Functions that have a type and a body were already joined if both sections are present.
      var module = decoder.module
      if module.functions.isEmpty {
        let bodies = decoder.functionBodies
        for (position, typeIndex) in decoder.functionTypes.enumerated() {
          let body = position < bodies.count ? bodies[position] : bytes.count..<bytes.count
          module.functions.append(Module.Function(typeIndex: typeIndex, body: body))
        }
      }
      module.bytes = ModuleBytes(bytes)
      return (module, error)
    }
  }
}
