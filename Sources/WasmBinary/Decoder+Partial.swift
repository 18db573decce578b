import WebAssembly

// Modules of which only the beginning can be decoded.
extension Decoder {
  /// Decodes as much of a binary as can be, for tools that show what is in it.
  ///
  /// - Returns: what stands before the first error, the entries before it in its section included, and that error.
  ///   Functions without a body have an empty one.
  /// - Complexity: O(size of the module, not counting code and data).
  public static func decodeBeginning(
    _ bytes: [UInt8], limits: DecodingLimits = .init()
  ) -> (module: Module, error: DecodingError?) {
    var decoder = Decoder(limits: limits)
    do throws(DecodingError) {
      try decoder.append(bytes)
      return (try decoder.finish(), nil)
    } catch {
      // The functions that have a type and a body were joined if both sections are there.
      var module = decoder.module
      if module.functions.isEmpty {
        let bodies = decoder.functionBodies
        for (position, typeIndex) in decoder.functionTypes.enumerated() {
          let body = position < bodies.count ? bodies[position] : bytes.count..<bytes.count
          module.functions.append(Module.Function(typeIndex: typeIndex, body: body))
        }
      }
      module.bytes = bytes
      return (module, error)
    }
  }
}
