import WebAssembly

/// All types of a component and of those in it, after validation.
///
/// Types are never removed. Work on them is counted, because types that double with each definition would otherwise take time and memory
/// out of all proportion to the component.
struct TypeTable {
  struct DefinedEntry {
    /// Value types are positions in the table, handles are positions in ``TypeTable/handles``.
    var type: Component.DefinedType
    var layout: ValueLayout
  }

  struct FunctionEntry {
    var type: Component.FunctionType
    var contents: ValueLayout.Contents
  }

  private(set) var defined: [DefinedEntry] = []
  private(set) var functions: [FunctionEntry] = []
  private(set) var instances: [InstanceType] = []
  private(set) var components: [ComponentType] = []
  private(set) var modules: [ModuleType] = []
  /// What `own` and `borrow` types refer to.
  private(set) var handles: [ResourceReference] = []
  /// The core types of all modules.
  var coreTypes = CanonicalTypes()

  private var resourceCount = 0
  private var nameCount = 0
  private var work = 0

  // MARK: Work

  static let nodeCost = 20

  /// Counts steps of work.
  ///
  /// - Throws: `ValidationError` if there were too many. Its offset is set by the caller.
  mutating func spend(_ steps: Int) throws(ValidationError) {
    work += steps
    guard work <= ComponentLimits.typeWork else {
      throw ValidationError("effective type size exceeds the limit: types are too large", offset: 0)
    }
  }

  private func checkDepth(_ depth: Int) throws(ValidationError) {
    guard depth <= ComponentLimits.typeDepth else {
      throw ValidationError(
        "type nesting is too deep: expected at most \(ComponentLimits.typeDepth) levels", offset: 0)
    }
  }

  // MARK: Adding

  mutating func makeResource() -> Int {
    resourceCount += 1
    return resourceCount
  }

  /// A name for a resource that no other reference has.
  mutating func makeName() -> Int {
    nameCount += 1
    return nameCount
  }

  mutating func append(_ type: Component.DefinedType) throws(ValidationError) -> Int {
    let layout = layout(type)
    try spend(Self.nodeCost + partCount(type))
    try checkDepth(layout.depth)
    guard layout.size < ValueLayout.maximumSize else {
      throw ValidationError(
        "type exceeds maximum byte size: expected less than \(ValueLayout.maximumSize), found \(layout.size)", offset: 0
      )
    }
    defined.append(DefinedEntry(type: type, layout: layout))
    return defined.count - 1
  }

  mutating func append(_ type: Component.FunctionType) throws(ValidationError) -> Int {
    try spend(Self.nodeCost + type.parameters.count)
    var contents = type.result.map { layout($0).contents } ?? []
    for parameter in type.parameters { contents.formUnion(layout(parameter.type).contents) }
    functions.append(FunctionEntry(type: type, contents: contents))
    return functions.count - 1
  }

  mutating func append(_ type: InstanceType) throws(ValidationError) -> Int {
    var type = type
    type.depth = depth(type.exports) + 1
    try spend(Self.nodeCost + type.exports.count + type.resources.count)
    try checkDepth(type.depth)
    instances.append(type)
    return instances.count - 1
  }

  mutating func append(_ type: ComponentType) throws(ValidationError) -> Int {
    var type = type
    type.depth = max(depth(type.imports), depth(type.exports)) + 1
    try spend(Self.nodeCost + type.imports.count + type.exports.count + type.definedResources.count)
    try checkDepth(type.depth)
    components.append(type)
    return components.count - 1
  }

  mutating func append(_ type: ModuleType) throws(ValidationError) -> Int {
    try spend(Self.nodeCost + type.imports.count + type.exports.count)
    modules.append(type)
    return modules.count - 1
  }

  mutating func handle(_ resource: ResourceReference) -> UInt32 {
    if let last = handles.last, last == resource { return UInt32(handles.count - 1) }
    handles.append(resource)
    return UInt32(handles.count - 1)
  }

  /// The same type at a position of its own, as an import or export makes it.
  mutating func renamed(_ type: TypeReference) throws(ValidationError) -> TypeReference {
    switch type {
    case .resource(let resource): return .resource(.init(identity: resource.identity, name: makeName()))
    case .defined(let index):
      try spend(Self.nodeCost)
      defined.append(defined[index])
      return .defined(defined.count - 1)
    case .function(let index):
      try spend(Self.nodeCost)
      functions.append(functions[index])
      return .function(functions.count - 1)
    case .instance(let index):
      try spend(Self.nodeCost)
      instances.append(instances[index])
      return .instance(instances.count - 1)
    case .component(let index):
      try spend(Self.nodeCost)
      components.append(components[index])
      return .component(components.count - 1)
    }
  }

  // MARK: Queries

  func handle(_ index: UInt32) -> ResourceReference { handles[Int(index)] }

  func layout(_ type: Component.ValueType) -> ValueLayout {
    switch type {
    case .primitive(let type): ValueLayout(type)
    case .index(let index): defined[Int(index)].layout
    }
  }

  private func depth(_ list: EntityList) -> Int {
    list.entries.reduce(0) { max($0, depth($1.type)) }
  }

  private func depth(_ type: EntityType) -> Int {
    switch type {
    case .module, .function, .type(.resource), .type(.defined), .type(.function): 1
    case .instance(let index), .type(.instance(let index)): instances[index].depth
    case .component(let index), .type(.component(let index)): components[index].depth
    }
  }

  /// The parts of a type that are looked at when it is compared or copied.
  func partCount(_ type: Component.DefinedType) -> Int {
    switch type {
    case .record(let fields): fields.count
    case .variant(let cases): cases.count
    case .tuple(let types): types.count
    case .flags(let names), .enumeration(let names): names.count
    default: 1
    }
  }

  private func layout(_ type: Component.DefinedType) -> ValueLayout {
    switch type {
    case .primitive(let type): return ValueLayout(type)
    case .record(let fields): return .record(fields.map { layout($0.type) })
    case .variant(let cases): return .variant(cases.map { $0.type.map { layout($0) } })
    case .list(let element): return indirect([element], .pointer)
    case .map(let key, let value):
      // The entries of a map are stored as pairs.
      let entry = ValueLayout.record([layout(key), layout(value)])
      var map = ValueLayout.pointer
      map.include(entry)
      return map
    case .fixedLengthList(let element, let count): return .array(layout(element), count)
    case .tuple(let types): return .record(types.map { layout($0) })
    case .flags(let names): return .flags(names.count)
    case .enumeration(let names): return .variant(names.map { _ in nil })
    case .option(let type): return .variant([nil, layout(type)])
    case .result(let ok, let error): return .variant([ok.map { layout($0) }, error.map { layout($0) }])
    case .own:
      var layout = ValueLayout.handle
      layout.contents = .resource
      return layout
    case .borrow:
      var layout = ValueLayout.handle
      layout.contents = [.resource, .borrow]
      return layout
    case .stream(let element), .future(let element):
      var type = indirect(element.map { [$0] } ?? [], .handle)
      type.contents.remove(.pointer)
      return type
    }
  }

  /// A value that refers to others, which are not part of its flat form.
  private func indirect(_ elements: [Component.ValueType], _ form: ValueLayout) -> ValueLayout {
    var form = form
    for element in elements { form.include(layout(element)) }
    return form
  }

  // MARK: Descriptions

  func describe(_ type: Component.ValueType) -> String {
    switch type {
    case .primitive(let type): type.keyword
    case .index(let index): Self.describe(defined[Int(index)].type)
    }
  }

  static func describe(_ type: Component.DefinedType) -> String {
    switch type {
    case .primitive(let type): type.keyword
    case .record: "record"
    case .variant: "variant"
    case .list: "list"
    case .fixedLengthList: "fixed-length list"
    case .tuple: "tuple"
    case .flags: "flags"
    case .enumeration: "enum"
    case .option: "option"
    case .result: "result"
    case .own: "own"
    case .borrow: "borrow"
    case .stream: "stream"
    case .future: "future"
    case .map: "map"
    }
  }
}
