import WebAssembly

extension Instance {
  /// What a snapshot exports.
  public struct SnapshotOptions: Hashable, Sendable {
    /// The names of exports that it lacks, such as that of the function that prepared the instance. Those that do not exist are ignored.
    public var removedExports: Set<String> = []
    /// Exports under other names: the new name, and the present one. A new name replaces an export that has it.
    public var renamedExports: [String: String] = [:]

    /// Creates the options of a snapshot with all exports.
    public init() {}
  }

  /// Writes the instance as a module, in the binary format, whose instances begin in this instance's present state.
  ///
  /// It has the same functions, imports and types. Memories, tables and mutable globals begin with their present sizes and contents, and
  /// dropped segments are empty. The start function is left out, since it has run. So a program that prepares itself for long, such as an
  /// interpreter of another language, does it once.
  ///
  /// ```swift
  /// let module = try Module(engine, text: """
  ///   (module (memory 1) (func (export "prepare") (i32.store (i32.const 0) (i32.const 7))))
  ///   """)
  /// let instance = try linker.instantiate(module, in: store)
  /// _ = try instance.function("prepare")!.call([])
  /// let prepared = try Module(engine, bytes: instance.snapshot())
  /// ```
  ///
  /// The state of the host, such as open files, is not part of it.
  ///
  /// - Parameter options: the exports of the new module.
  /// - Returns: the module's bytes. Parts of memories that are zero take no space.
  /// - Throws: `SnapshotError` if the state cannot be written; `LimitExceeded` if the module would have too many parts; `Trap` if the store is
  ///   interrupted; `StoreInUse` if another thread uses the store.
  /// - Complexity: O(size of the module, the memories and the tables).
  public func snapshot(_ options: SnapshotOptions = SnapshotOptions()) throws -> [UInt8] {
    try store.claimed {
      guard store.state.context.pointee.suspension == .none else { throw SnapshotError.running }
      var snapshot = try InstanceSnapshot(of: instance, limits: store.engine.configuration.moduleLimits)
      try snapshot.changeExports(options)
      try snapshot.writeState()
      return try snapshot.encode()
    }
  }
}
