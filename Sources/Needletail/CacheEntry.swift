import WasmCompiler
import WasmNative
import WasmRuntime
import WebAssembly

/// The entry of a module in a code cache.
///
/// Its name is made from checksums, which can be made to collide. So an entry contains the module's bytes, and is used only if they are
/// equal; comparing them takes less time than any cryptographic hash.
struct CacheEntry: Sendable {
  private let cache: CodeCache
  private let compiler: NativeEngine
  private let options: ArtifactFormat.Options
  /// The module's bytes up to its trailing custom sections, which do not affect the code.
  private let bytes: Slice<ModuleBytes>
  private let name: String

  /// Nil if the module is too small for an entry, or the engine has no cache.
  init?(_ structure: WebAssembly.Module, _ engine: Engine) {
    guard let cache = engine.configuration.cache, let compiler = engine.compiler,
      structure.codeSection?.count ?? 0 >= cache.minimumCodeSize,
      // Artifacts do not store source positions.
      !compiler.options.recordsPositions
    else { return nil }
    self.cache = cache
    self.compiler = compiler
    options = compiler.artifactOptions(features: engine.configuration.features, isPartial: engine.tiers != nil)
    bytes = structure.bytes[..<structure.trailingCustomSectionsStart]
    name = ArtifactFormat.cacheKey(bytes, options, compiler.options, build: CacheEnvironment.build) + CodeCache.suffix
  }

  /// The code that an earlier load stored; nil if there is none that can be used. A damaged entry is removed.
  func read() -> ArtifactReader? {
    guard let folder = cache.folder(creates: false), let file = folder.file(name) else { return nil }
    do throws(ArtifactError) {
      let reader = try ArtifactReader(.file(file), for: bytes, cache.loading)
      guard let reader, reader.options == options else {
        cache.log?("cache: \(name) has the code of another module or of other options, and will be replaced")
        return nil
      }
      folder.touch(name)
      return reader
    } catch {
      remove(folder, error)
      return nil
    }
  }

  /// Loads the code from ``read()``; nil if it cannot be used after all.
  func load(_ reader: ArtifactReader, for image: ModuleImage) -> NativeModule? {
    do throws(ArtifactError) {
      return try compiler.load(reader, for: image) { [self] in
        if let folder = cache.folder(creates: false) { remove(folder, .altered(part: "machine code")) }
      }
    } catch {
      if let folder = cache.folder(creates: false) { remove(folder, error) }
      return nil
    }
  }

  /// Loads the code of hot functions from ``read()``.
  ///
  /// - Returns: false if it cannot be used after all. Then everything starts in the interpreter.
  func restore(_ reader: ArtifactReader, to tiers: TierCompiler, in functions: ModuleFunctions) -> Bool {
    do throws(ArtifactError) {
      try tiers.restore(reader, in: functions)
      return true
    } catch {
      if let folder = cache.folder(creates: false) { remove(folder, error) }
      return false
    }
  }

  private func remove(_ folder: CacheFolder, _ error: ArtifactError) {
    // With other errors, such as lack of memory for the code, the entry is intact.
    if case .unreadable = error { return }
    cache.log?("cache: \(name) is removed and made again: \(error)")
    folder.remove(name)
  }

  /// Stores code for later loads.
  func write(_ native: NativeModule) { write(ArtifactFormat.write(native, module: bytes, options: options)) }

  /// Stores the code of hot functions.
  func write(_ kept: PartialCode) { write(ArtifactFormat.write(kept, module: bytes, options: options)) }

  private func write(_ artifact: [UInt8]) {
    guard artifact.count <= cache.maximumSize, let folder = cache.folder(creates: true) else { return }
    do throws(CacheFolder.Refusal) {
      try folder.write(artifact, to: name)
    } catch {
      cache.log?("cache: \(error)")
    }
    cache.trim(folder)
  }
}
