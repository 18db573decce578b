import WasmCompiler
import WasmRuntime

extension GrowingCode {
  /// Loads a module's code from the cache, to which other functions are added. Calls of these lead to the interpreter.
  static func makeModule(
    _ image: ModuleImage, _ kept: ArtifactReader, quota: CodeQuota, profile: CodeProfile?
  ) throws(ArtifactError) -> NativeModule {
    let memory: GrowingCodeMemory
    do throws(CodeMemoryError) {
      memory = try makeMemory(image, quota)
    } catch {
      throw .unreadable("\(error)")
    }
    try kept.readCode(to: memory)
    let code = GrowingCode(image, memory, GrowingTables(kept.tables), exitStubs: [], profile)
    for refusal in kept.tables.refusals { _ = code.refuse(refusal.function) }
    let module = code.makeModule(nil)
    profile?.add(module) { _ in nil }
    return module
  }
}
