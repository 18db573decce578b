import WasmCompiler
import WebAssembly

extension ArtifactFormat {
  /// A name for the code that a compiler with these options generates for a module: 32 hexadecimal digits.
  ///
  /// - Parameters:
  ///   - module: all bytes that the code depends on.
  ///   - build: distinguishes builds of the compiler.
  package static func cacheKey(
    _ module: Slice<ModuleBytes>, _ made: Options, _ options: CompilerOptions, build: [UInt64]
  ) -> String {
    let fields: [UInt64] = [
      UInt64(formatVersion), CompilerIdentity.current, UInt64(NativeBackend.architecture.rawValue),
      UInt64(made.level.rawValue),
      made.isDeterministic ? 1 : 0, made.isInterruptible ? 1 : 0, made.isPartial ? 1 : 0, made.checksBounds ? 1 : 0,
      made.fuelIdentity,
      UInt64(made.processor.rawValue),
      UInt64(made.features.rawValue), UInt64(options.maximumBodyByteCount),
    ]
    let settings = (fields + build).withUnsafeBytes { Checksum.of($0) }
    return digits(
      module.base.withUnsafeBufferPointer {
        Checksum.of(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: $0[module.startIndex..<module.endIndex])))
      }) + digits(settings)
  }

  private static func digits(_ word: UInt64) -> String {
    let text = String(word, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
