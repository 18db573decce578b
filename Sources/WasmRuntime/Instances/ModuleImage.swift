import Synchronization
import WebAssembly

/// A validated module in the form that instances share: its bytes at a fixed address, its types by canonical identity.
package final class ModuleImage: @unchecked Sendable {
  package let module: Module
  package let registry: TypeRegistry
  /// The canonical index of each type index.
  package var types: [UInt32] { internedTypes.indices }
  /// Holds the module's types.
  package let internedTypes: InternedTypes
  /// For each type index the layout, if it is a structure type.
  package let layouts: [StructureLayout?]
  /// The first byte of the binary. Its address is fixed: nothing else holds the array's storage to write to it, and the image keeps it
  /// alive. (For this reason, and because nothing here changes without a lock, the class is Sendable.)
  package let base: UnsafePointer<UInt8>
  /// The index of the memory that is exported under the name that all toolchains use; host functions ask for it at each call.
  package let exportedMemory: UInt32?
  package static let memoryName = "memory"
  /// Names for backtraces, decoded on demand.
  private let names: any DebugNames
  /// Nil if the module was binary.
  package let text: ModuleText?
  /// The name of the module's file, for messages; nil if it is not known.
  package let fileName: String?
  private let bytes: ModuleBytes
  private let dataImages: Mutex<DataImageState>

  private enum DataImageState {
    /// Before the first instance.
    case unknown
    /// Before the second instance. A program with one instance gains nothing from images.
    case deferred
    case known(DataImages)
  }

  package init(
    _ module: Module, registry: TypeRegistry, names: any DebugNames, text: ModuleText? = nil,
    fileName: String? = nil
  ) throws(LimitExceeded) {
    self.module = module
    self.names = names
    self.text = text
    self.fileName = fileName
    self.registry = registry
    internedTypes = try registry.intern(module)
    exportedMemory = module.exports.first { $0.kind == .memory && $0.name == Self.memoryName }?.index
    layouts = StructureLayout.layouts(of: module.types, canonical: internedTypes.indices)
    bytes = module.bytes
    base = bytes.start
    dataImages = Mutex(module.dataSegments.isEmpty ? .known(.none) : .unknown)
  }

  deinit {
    dataImages.withLock { if case .known(let images) = $0 { images.retire() } }
  }

  /// The images of the module's memories for another instance: none for the first one, unless ``prepareDataImages()`` was called.
  func takeDataImages() -> DataImages {
    dataImages.withLock { state in
      switch state {
      case .unknown:
        state = .deferred
        return .none
      case .deferred:
        let images = DataImages(self)
        state = .known(images)
        return images
      case .known(let images): return images
      }
    }
  }

  /// Makes the images of the module's memories, for many instances.
  package func prepareDataImages() {
    dataImages.withLock { state in
      if case .known = state { return }
      state = .known(DataImages(self))
    }
  }

  package var moduleName: String? { names.moduleName }

  /// The name of a function: from the name section, otherwise from an export.
  package func functionName(_ index: UInt32) -> String? {
    names.functionName(index) ?? module.exports.first { $0.kind == .function && $0.index == index }?.name
  }

  /// Those of some names that ``functionName(_:)`` gives to more than one function. O(number of names and exports).
  package func ambiguousFunctionNames(among wanted: Set<String>) -> Set<String> {
    guard !wanted.isEmpty else { return [] }
    var owners: [String: UInt32] = [:]
    var ambiguous: Set<String> = []
    func note(_ name: String, _ index: UInt32) {
      guard wanted.contains(name) else { return }
      let owner = owners[name] ?? index
      owners[name] = owner
      if owner != index { ambiguous.insert(name) }
    }
    names.forEachFunctionName { note($1, $0) }
    for export in module.exports where export.kind == .function && wanted.contains(export.name) {
      // A function with other names is not called by its exports.
      if functionName(export.index) == export.name { note(export.name, export.index) }
    }
    return ambiguous
  }

  /// The name of a function, with its index if another one has the same name; `func[7]` if it has none. O(number of names and exports).
  package func distinctFunctionName(_ index: UInt32) -> String {
    guard let name = functionName(index) else { return "func[\(index)]" }
    return ambiguousFunctionNames(among: [name]).isEmpty ? name : "\(name)[\(index)]"
  }

  /// ``distinctFunctionName(_:)`` as a function that is fast for many calls.
  package func distinctFunctionNames() -> (UInt32) -> String {
    let exports = Dictionary(
      module.exports.lazy.filter { $0.kind == .function }.map { ($0.index, $0.name) },
      uniquingKeysWith: { first, _ in first })
    var all = Set(exports.values)
    names.forEachFunctionName { all.insert($1) }
    let ambiguous = ambiguousFunctionNames(among: all)
    return { [names] index in
      guard let name = names.functionName(index) ?? exports[index] else { return "func[\(index)]" }
      return ambiguous.contains(name) ? "\(name)[\(index)]" : name
    }
  }

  /// The name of a tag: from the name section, otherwise from an export, otherwise from its import.
  package func tagName(_ index: UInt32) -> String? {
    if let name = names.tagName(index) ?? module.exports.first(where: { $0.kind == .tag && $0.index == index })?.name {
      return name
    }
    let imports = module.imports.filter { if case .tag = $0.type { true } else { false } }
    return Int(index) < imports.count ? imports[Int(index)].name : nil
  }

  package func reader(_ range: Range<Int>) -> InstructionReader { InstructionReader(base: base, range: range) }

  /// The canonical index of a type index.
  package func canonical(_ typeIndex: UInt32) -> UInt32 { types[Int(typeIndex)] }

  /// A type of this module in canonical indices.
  package func canonical(_ type: ValueType) -> ValueType { type.mapTypeIndex { types[Int($0)] } }

  package func canonical(_ type: ReferenceType) -> ReferenceType {
    ReferenceType(bits: canonical(ValueType(type)).bits)
  }
}

/// The names in a module's name section.
package protocol DebugNames: Sendable {
  var moduleName: String? { get }
  func functionName(_ index: UInt32) -> String?
  func tagName(_ index: UInt32) -> String?
  /// Calls `body` with the index and the name of each function that has one.
  func forEachFunctionName(_ body: (UInt32, String) -> Void)
}

extension DebugNames {
  package func forEachFunctionName(_ body: (UInt32, String) -> Void) {}
}
