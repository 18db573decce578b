import WasmBinary
import WebAssembly

/// Writes a component in the binary format. (Component model, "Binary Format".)
///
/// Numbers and types are written in their shortest forms; modules keep their bytes.
public enum ComponentEncoder {
  /// The binary form of a component.
  ///
  /// - Complexity: O(size of the component).
  public static func encode(_ component: Component) -> [UInt8] {
    var writer = BinaryWriter()
    writer.component(component)
    return writer.bytes
  }
}

extension BinaryWriter {
  mutating func component(_ component: Component) {
    raw(Component.header)
    for section in component.sections { self.section(section.contents) }
  }

  private mutating func section(_ contents: Component.Contents) {
    switch contents {
    case .custom(let section):
      self.section(.custom) { writer in
        writer.name(section.name)
        writer.raw(section.data)
      }
    case .coreModule(let module):
      byte(ComponentSectionID.coreModule.rawValue)
      count(module.module.bytes.count)
      raw(module.module.bytes)
    case .component(let component): self.section(.component) { writer in writer.component(component) }
    case .start(let start):
      self.section(.start) { writer in
        writer.u32(start.function)
        writer.vector(start.arguments) { writer, index in writer.u32(index) }
        writer.u32(start.resultCount)
      }
    case .coreInstances(let entries): self.section(.coreInstances, entries) { $0.coreInstance($1) }
    case .coreTypes(let entries): self.section(.coreTypes, entries) { $0.coreType($1) }
    case .instances(let entries): self.section(.instances, entries) { $0.instance($1) }
    case .aliases(let entries): self.section(.aliases, entries) { $0.alias($1) }
    case .types(let entries): self.section(.types, entries) { $0.typeDefinition($1) }
    case .canonicals(let entries): self.section(.canonicals, entries) { $0.canonical($1) }
    case .imports(let entries): self.section(.imports, entries) { $0.importEntry($1) }
    case .exports(let entries): self.section(.exports, entries) { $0.exportEntry($1) }
    case .values(let entries):
      self.section(.values, entries) { writer, value in
        writer.componentValueType(value.type)
        writer.byteVector(value.bytes)
      }
    }
  }

  private mutating func section(_ id: ComponentSectionID, _ write: (inout BinaryWriter) -> Void) {
    byte(id.rawValue)
    sized(write)
  }

  private mutating func section<Entry>(
    _ id: ComponentSectionID, _ entries: [Entry], _ write: (inout BinaryWriter, Entry) -> Void
  ) {
    section(id) { writer in writer.vector(entries, write) }
  }

  // MARK: Definitions

  private mutating func coreInstance(_ instance: Component.CoreInstance) {
    switch instance {
    case .instantiate(let module, let arguments):
      byte(0x00)
      u32(module)
      vector(arguments) { writer, argument in
        writer.name(argument.name)
        writer.byte(Component.CoreSort.instance.rawValue)
        writer.u32(argument.instance)
      }
    case .exports(let exports):
      byte(0x01)
      vector(exports) { writer, export in
        writer.name(export.name)
        writer.byte(export.sort.rawValue)
        writer.u32(export.index)
      }
    }
  }

  private mutating func instance(_ instance: Component.Instance) {
    switch instance {
    case .instantiate(let component, let arguments):
      byte(0x00)
      u32(component)
      vector(arguments) { writer, argument in
        writer.name(argument.name)
        writer.sortIndex(argument.value)
      }
    case .exports(let exports):
      byte(0x01)
      vector(exports) { writer, export in
        writer.externName(export.name)
        writer.sortIndex(export.value)
      }
    }
  }

  private mutating func sort(_ sort: Component.Sort) {
    byte(sort.code)
    if case .core(let core) = sort { byte(core.rawValue) }
  }

  private mutating func sortIndex(_ value: Component.SortIndex) {
    sort(value.sort)
    u32(value.index)
  }

  private mutating func alias(_ alias: Component.Alias) {
    sort(alias.sort)
    switch alias {
    case .export(_, let instance, let name):
      byte(0x00)
      u32(instance)
      self.name(name)
    case .coreExport(_, let instance, let name):
      byte(0x01)
      u32(instance)
      self.name(name)
    case .outer(_, let scopesOut, let index):
      byte(0x02)
      u32(scopesOut)
      u32(index)
    }
  }

  private mutating func externName(_ name: Component.ExternName) {
    byte(name.attributes != nil ? 2 : name.hasLegacyForm ? 1 : 0)
    self.name(name.name)
    guard let attributes = name.attributes else { return }
    vector(attributes) { writer, attribute in
      switch attribute {
      case .implements: writer.byte(0)
      case .versionSuffix: writer.byte(1)
      case .externalID: writer.byte(2)
      }
      writer.name(attribute.value)
    }
  }

  private mutating func externType(_ type: Component.ExternType) {
    sort(type.sort)
    switch type {
    case .coreModule(let index), .function(let index), .component(let index), .instance(let index): u32(index)
    case .type(.equal(let index)):
      byte(0)
      u32(index)
    case .type(.resource): byte(1)
    case .value(.equal(let index)):
      byte(0)
      u32(index)
    case .value(.type(let type)):
      byte(1)
      componentValueType(type)
    }
  }

  private mutating func importEntry(_ entry: Component.Import) {
    externName(entry.name)
    externType(entry.type)
  }

  private mutating func exportEntry(_ entry: Component.Export) {
    externName(entry.name)
    sortIndex(entry.value)
    optional(entry.type) { writer, type in writer.externType(type) }
  }

  fileprivate mutating func optional<Item>(_ item: Item?, _ write: (inout BinaryWriter, Item) -> Void) {
    byte(item == nil ? 0 : 1)
    if let item { write(&self, item) }
  }

  // MARK: Types that nest

  private mutating func coreType(_ type: Component.CoreType) {
    switch type {
    case .group(let types):
      // A module type begins with the same byte as a type that is not final.
      if types.count == 1, !types[0].isFinal { byte(0x00) }
      recursionGroup(types)
    case .module(let declarations):
      byte(ComponentTypeCode.coreModule)
      vector(declarations) { writer, declaration in writer.coreDeclaration(declaration.kind) }
    }
  }

  private mutating func coreDeclaration(_ declaration: Component.CoreDeclaration.Kind) {
    switch declaration {
    case .import(let module, let name, let type):
      byte(0x00)
      self.name(module)
      self.name(name)
      importDescription(type)
    case .type(let type):
      byte(0x01)
      coreType(type)
    case .outerAlias(let scopesOut, let index):
      raw([0x02, Component.CoreSort.type.rawValue, 0x01])
      u32(scopesOut)
      u32(index)
    case .export(let name, let type):
      byte(0x03)
      self.name(name)
      importDescription(type)
    }
  }

  private mutating func typeDefinition(_ type: Component.TypeDefinition) {
    switch type {
    case .defined(let type): definedType(type)
    case .function(let type): componentFunctionType(type)
    case .component(let declarations):
      byte(ComponentTypeCode.component)
      vector(declarations) { writer, declaration in writer.declaration(declaration.kind) }
    case .instance(let declarations):
      byte(ComponentTypeCode.instance)
      vector(declarations) { writer, declaration in writer.declaration(declaration.kind) }
    case .resource(let type):
      byte(ComponentTypeCode.resource)
      valueType(type.representation)
      optional(type.destructor) { writer, index in writer.u32(index) }
    }
  }

  private mutating func declaration(_ declaration: Component.Declaration.Kind) {
    switch declaration {
    case .coreType(let type):
      byte(0x00)
      coreType(type)
    case .type(let type):
      byte(0x01)
      typeDefinition(type)
    case .alias(let alias):
      byte(0x02)
      self.alias(alias)
    case .import(let entry):
      byte(0x03)
      importEntry(entry)
    case .export(let name, let type):
      byte(0x04)
      externName(name)
      externType(type)
    }
  }
}

// MARK: Value types and canonical definitions

extension BinaryWriter {
  fileprivate mutating func componentValueType(_ type: Component.ValueType) {
    switch type {
    case .primitive(let type): byte(type.rawValue)
    case .index(let index): s33(Int64(index))
    }
  }

  private mutating func field(_ field: Component.Field) {
    name(field.name)
    componentValueType(field.type)
  }

  private mutating func optionalValueType(_ type: Component.ValueType?) {
    optional(type) { writer, type in writer.componentValueType(type) }
  }

  fileprivate mutating func definedType(_ type: Component.DefinedType) {
    switch type {
    case .primitive(let type): byte(type.rawValue)
    case .record(let fields):
      byte(ComponentTypeCode.record)
      vector(fields) { writer, field in writer.field(field) }
    case .variant(let cases):
      byte(ComponentTypeCode.variant)
      vector(cases) { writer, entry in
        writer.name(entry.name)
        writer.optionalValueType(entry.type)
        writer.byte(0)
      }
    case .list(let type): prefixed(ComponentTypeCode.list, type)
    case .fixedLengthList(let type, let length):
      prefixed(ComponentTypeCode.fixedLengthList, type)
      u32(length)
    case .tuple(let types):
      byte(ComponentTypeCode.tuple)
      vector(types) { writer, type in writer.componentValueType(type) }
    case .flags(let names):
      byte(ComponentTypeCode.flags)
      vector(names) { writer, name in writer.name(name) }
    case .enumeration(let names):
      byte(ComponentTypeCode.enumeration)
      vector(names) { writer, name in writer.name(name) }
    case .option(let type): prefixed(ComponentTypeCode.option, type)
    case .result(let ok, let error):
      byte(ComponentTypeCode.result)
      optionalValueType(ok)
      optionalValueType(error)
    case .own(let index):
      byte(ComponentTypeCode.own)
      u32(index)
    case .borrow(let index):
      byte(ComponentTypeCode.borrow)
      u32(index)
    case .stream(let type):
      byte(ComponentTypeCode.stream)
      optionalValueType(type)
    case .future(let type):
      byte(ComponentTypeCode.future)
      optionalValueType(type)
    case .map(let key, let value):
      prefixed(ComponentTypeCode.map, key)
      componentValueType(value)
    }
  }

  private mutating func prefixed(_ code: UInt8, _ type: Component.ValueType) {
    byte(code)
    componentValueType(type)
  }

  fileprivate mutating func componentFunctionType(_ type: Component.FunctionType) {
    byte(type.isAsync ? ComponentTypeCode.asyncFunction : ComponentTypeCode.function)
    vector(type.parameters) { writer, field in writer.field(field) }
    resultList(type.result)
  }

  private mutating func resultList(_ type: Component.ValueType?) {
    if let type { prefixed(0, type) } else { raw([1, 0]) }
  }

  fileprivate mutating func canonical(_ definition: Component.Canonical) {
    switch definition {
    case .lift(let function, let options, let type):
      raw([0x00, 0x00])
      u32(function)
      canonicalOptions(options)
      u32(type)
    case .lower(let function, let options):
      raw([0x01, 0x00])
      u32(function)
      canonicalOptions(options)
    case .builtIn(let builtIn, let immediates):
      byte(builtIn.rawValue)
      for immediate in builtIn.row.immediates { write(immediate, of: immediates) }
    }
  }

  private mutating func write(
    _ immediate: Component.BuiltIn.Immediate, of immediates: Component.Canonical.Immediates
  ) {
    switch immediate {
    case .type: u32(immediates.type)
    case .options: canonicalOptions(immediates.options)
    case .memory: u32(immediates.memory)
    case .coreType: u32(immediates.coreType)
    case .table: u32(immediates.table)
    case .result: resultList(immediates.result)
    case .slot:
      valueType(immediates.valueType)
      u32(immediates.slot)
    case .async, .cancellable, .shared: byte(immediates.flag ? 1 : 0)
    }
  }

  private mutating func canonicalOptions(_ options: [Component.CanonicalOption]) {
    vector(options) { writer, option in
      switch option {
      case .encoding(let encoding): writer.byte(encoding.rawValue)
      case .memory(let index): writer.option(0x03, index)
      case .realloc(let index): writer.option(0x04, index)
      case .postReturn(let index): writer.option(0x05, index)
      case .async: writer.byte(0x06)
      case .callback(let index): writer.option(0x07, index)
      }
    }
  }

  private mutating func option(_ code: UInt8, _ index: UInt32) {
    byte(code)
    u32(index)
  }
}
