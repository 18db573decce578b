import WasmRuntime
import WebAssembly

/// Who calls a host function. Means nothing once that has returned.
public struct Caller {
  /// Not retained, which would cost more than all else of a call: the store keeps the function that runs.
  @usableFromInline let unretainedStore: Unmanaged<Store>
  /// The `InstanceContext` of the instance that calls.
  @usableFromInline let context: UnsafeMutableRawPointer?

  @inlinable
  init(_ store: Unmanaged<Store>, _ context: UnsafeMutableRawPointer?) {
    unretainedStore = store
    self.context = context
  }

  @inlinable public var store: Store { unretainedStore.takeUnretainedValue() }

  private var moduleInstance: ModuleInstance? {
    context.map { context in
      let owner = context.assumingMemoryBound(to: InstanceContext.self).pointee.owner
      return Unmanaged<ModuleInstance>.fromOpaque(owner).takeUnretainedValue()
    }
  }

  /// The instance that calls; nil if the host does.
  public var instance: Instance? { moduleInstance.map { Instance.of($0, in: store) } }

  /// A memory that the calling instance exports, by default under the name that all toolchains use.
  public func memory(_ name: String = "memory") -> Memory? {
    guard let moduleInstance else { return nil }
    if name == ModuleImage.memoryName {
      return moduleInstance.image.exportedMemory.map { Memory(moduleInstance.memories[Int($0)], in: store) }
    }
    for export in moduleInstance.image.module.exports
    where export.kind == .memory && export.name.utf8.elementsEqual(name.utf8) {
      return Memory(moduleInstance.memories[Int(export.index)], in: store)
    }
    return nil
  }

  /// What the calling instance exports under a name.
  public func export(_ name: String) -> Extern? { instance?.export(name) }
}
