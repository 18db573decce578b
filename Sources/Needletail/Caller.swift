import WasmRuntime
import WebAssembly

/// The store and the instance that call a host function.
///
/// A caller does not retain its store. It can be kept after the call, but using it after its store was deallocated ends the process.
public struct Caller {
  /// Does not retain the store: that would cost more than the rest of a call.
  @usableFromInline let life: StoreLife
  /// The `InstanceContext` of the calling instance, which lives as long as the store.
  @usableFromInline let context: UnsafeMutableRawPointer?

  @inlinable @inline(__always)
  init(_ store: Unmanaged<Store>, _ context: UnsafeMutableRawPointer?) {
    life = store._withUnsafeGuaranteedRef { $0.life }
    self.context = context
  }

  /// The store in which the function was called.
  @inlinable public var store: Store { life.store }

  private var moduleInstance: ModuleInstance? {
    context.map { context in
      // The context belongs to the store, which must exist.
      _ = store
      let owner = context.assumingMemoryBound(to: InstanceContext.self).pointee.owner
      return Unmanaged<ModuleInstance>.fromOpaque(owner).takeUnretainedValue()
    }
  }

  /// The calling instance; nil if the host called the function.
  ///
  /// - Precondition: no other thread uses the store.
  public var instance: Instance? {
    moduleInstance.map { instance in store.claimedOrEnd { Instance.of(instance, in: store) } }
  }

  /// A memory that the calling instance exports.
  ///
  /// - Parameter name: the name of the export; by default the one that all toolchains use.
  /// - Throws: `MissingExport` if it exports no memory of that name, or if the host called the function.
  public func memory(_ name: String = "memory") throws(MissingExport) -> Memory {
    guard let memory = exportedMemory(name) else { throw MissingExport(name: name, kind: .memory) }
    return memory
  }

  /// The same, but nil if there is none.
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

  /// The export of the calling instance with this name; nil if there is none.
  public func export(_ name: String) -> Extern? { instance?.export(name) }
}

extension Caller {
  /// The store's ``Store/context``, of the type that the host function expects.
  ///
  /// - Throws: `ContextError` if the store has none, or one of another type.
  public func context<Context: AnyObject>(_ type: Context.Type = Context.self) throws(ContextError) -> Context {
    guard let context = store.context else { throw ContextError(expected: "\(type)", found: nil) }
    guard let context = context as? Context else {
      throw ContextError(expected: "\(type)", found: "\(Swift.type(of: context))")
    }
    return context
  }
}

/// A host function needs a ``Store/context`` that its store does not have.
public struct ContextError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The type that the host function expects.
  public var expected: String
  /// The type of the store's context; nil if it has none.
  public var found: String?

  /// The error as a sentence.
  public var description: String { "expected a store with a context of type \(expected), found \(found ?? "none")" }
}

/// A host function needs an export that the calling instance does not have.
public struct MissingExport: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name of the export.
  public var name: String
  /// The kind of the export.
  public var kind: ExternalKind

  package init(name: String, kind: ExternalKind) {
    self.name = name
    self.kind = kind
  }

  /// The missing export, as a sentence.
  public var description: String { "the calling instance exports no \(kind) \"\(name)\"" }
}
