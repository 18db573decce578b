import WasmRuntime
import WebAssembly

/// The store and the instance that call a host function.
///
/// May be kept, though there is little reason to: it knows its store as long as that exists, and ends the process if it is asked
/// for it afterwards. It does not keep the store.
public struct Caller {
  /// Does not retain the store, which would cost more than all else of a call.
  @usableFromInline let life: StoreLife
  /// The `InstanceContext` of the instance that calls, which lives as long as the store.
  @usableFromInline let context: UnsafeMutableRawPointer?

  @inlinable @inline(__always)
  init(_ store: Unmanaged<Store>, _ context: UnsafeMutableRawPointer?) {
    life = store._withUnsafeGuaranteedRef { $0.life }
    self.context = context
  }

  @inlinable public var store: Store { life.store }

  private var moduleInstance: ModuleInstance? {
    context.map { context in
      // The context is the store's.
      _ = store
      let owner = context.assumingMemoryBound(to: InstanceContext.self).pointee.owner
      return Unmanaged<ModuleInstance>.fromOpaque(owner).takeUnretainedValue()
    }
  }

  /// The instance that calls; nil if the host does.
  ///
  /// - Precondition: no other thread uses the store.
  public var instance: Instance? {
    moduleInstance.map { instance in store.claimedOrEnd { Instance.of(instance, in: store) } }
  }

  /// A memory that the calling instance exports, by default under the name that all toolchains use.
  ///
  /// - Throws: `MissingExport` if it exports no memory of that name, or if the host calls.
  public func memory(_ name: String = "memory") throws(MissingExport) -> Memory {
    guard let memory = exportedMemory(name) else { throw MissingExport(name: name, kind: .memory) }
    return memory
  }

  /// The same; nil if there is none.
  package func exportedMemory(_ name: String = ModuleImage.memoryName) -> Memory? {
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

/// A host function asked its caller for something that the calling instance does not export.
public struct MissingExport: Error, Hashable, Sendable, CustomStringConvertible {
  public var name: String
  public var kind: ExternalKind

  public var description: String { "the calling instance exports no \(kind) \"\(name)\"" }
}
