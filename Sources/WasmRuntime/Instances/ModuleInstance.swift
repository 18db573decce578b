import NeedletailSystem
import WebAssembly

/// An instance of a module: the memories, tables, globals and functions that it defines and imports.
/// (Core specification 3.0, 4.2.6 "Module Instances".)
package final class ModuleInstance {
  package let image: ModuleImage
  package unowned let store: StoreState
  package let context: UnsafeMutablePointer<InstanceContext>
  /// Imported ones first, then those that the module defines, as in the index spaces.
  package private(set) var memories: [MemoryInstance] = []
  package private(set) var tables: [TableInstance] = []
  package private(set) var globals: [GlobalInstance] = []
  package private(set) var tags: [TagInstance] = []
  /// The defined globals, and the segments, that can hold references to heap objects.
  private let collectedGlobals: [Int]
  private let collectedSegments: [Int]
  /// The functions that the module defines.
  package let functions: ModuleFunctions
  private let area: InstanceArea
  private let ownFunctions: UnsafeMutablePointer<FunctionReference>
  /// See ``HeapConfiguration/poisonsUnusedMemory``.
  private let poisonsUnusedMemory: Bool

  /// Allocates an instance and the memories, tables, globals and functions that it defines, links its imports, evaluates initializers,
  /// and copies segments. (Core specification 3.0, 4.7.2 "Instantiation", all steps except the start function.)
  ///
  /// - Parameters:
  ///   - functions: the functions of the module.
  ///   - imports: one for each import, in order.
  ///   - willLink: called with the instance before anything outside can refer to it.
  /// - Throws: `LinkError` if an import does not match, `LimitExceeded`, or `Trap` if a segment does not fit. In the last case earlier
  ///   segments stay copied, as the standard requires.
  package init(
    _ functions: ModuleFunctions, imports: [ExternalValue], store: StoreState, willLink: (ModuleInstance) -> Void
  ) throws {
    let image = functions.image
    let module = image.module
    try Self.check(imports, against: image)
    try store.countInstance()
    store.hold(image)
    collectedGlobals = module.globals.indices.filter {
      store.registry.isCollected(image.canonical(module.globals[$0].type.value))
    }
    collectedSegments = module.elementSegments.indices.filter {
      store.registry.isCollected(ValueType(image.canonical(module.elementSegments[$0].type)))
    }
    self.image = image
    self.store = store
    self.functions = functions
    poisonsUnusedMemory = store.heap.configuration.poisonsUnusedMemory

    area = try InstanceArea(module)
    context = area.context
    ownFunctions = area.ownFunctions
    for (index, type) in image.types.enumerated() { area.types[index] = type }
    for (index, segment) in module.dataSegments.enumerated() {
      area.dataSegments[index] = DataCell(
        bytes: image.base + segment.data.lowerBound, count: UInt64(segment.data.count))
    }
    area.noMemory.initialize(
      to: MemoryCell(base: UnsafeMutableRawPointer(bitPattern: 16)!, byteCount: 0, owner: nil))
    context.initialize(
      to: InstanceContext(
        store: store.context, stackLimit: store.context.pointee.stackLimit, memoryBase: area.noMemory.pointee.base,
        nativeStackLimit: store.context.pointee.nativeStackLimit,
        runtimeTable: store.nativeEngine?.runtimeTable ?? UnsafePointer(store.context.pointee.stoppedAddresses),
        overflow: store.context.pointee.overflow, memory: area.noMemory, memories: area.memories, memoryCount: 0,
        tables: area.tables,
        importedGlobals: area.importedGlobals, functions: area.functions, types: area.types,
        elementSegments: area.elementSegments, dataSegments: area.dataSegments, tags: area.tags,
        owner: UnsafeRawPointer(area.context)))
    context.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    store.add(self)
    willLink(self)

    try link(imports)
    for (index, function) in module.functions.enumerated() {
      let reference = ownFunctions + index
      reference.initialize(
        to: FunctionReference(
          code: functions[index], context: context, type: image.types[Int(function.typeIndex)],
          index: UInt32(module.importedFunctions.count + index), host: nil))
      area.functions[module.importedFunctions.count + index] = reference
    }
    let images = image.takeDataImages()
    try makeMemories(images)
    try makeGlobals(area.globals)
    try makeTables()
    for type in module.tags { add(store.makeTag(type: image.canonical(type))) }
    do {
      try initializeTables()
    } catch {
      // No data segment was copied, and functions that are in imported tables already can see the memories.
      for memory in memories.dropFirst(module.importedMemories.count) { memory.removeImage() }
      throw error
    }
    try initializeMemories(images)
  }

  deinit {
    let module = image.module
    for index in module.elementSegments.indices { dropElements(index) }
    area.deallocate()
  }

  /// The reference to function `index`.
  package func function(_ index: UInt32) -> UnsafeMutablePointer<FunctionReference> {
    context.pointee.functions[Int(index)]
  }

  /// The item with this kind and index.
  package func external(_ kind: ExternalKind, _ index: UInt32) -> ExternalValue {
    switch kind {
    case .function: .function(function(index))
    case .table: .table(tables[Int(index)])
    case .memory: .memory(memories[Int(index)])
    case .global: .global(globals[Int(index)])
    case .tag: .tag(tags[Int(index)])
    }
  }

  package func dropElements(_ index: Int) {
    let cell = context.pointee.elementSegments + index
    if let elements = cell.pointee.elements {
      if poisonsUnusedMemory { Poison.fill(elements, count: Int(cell.pointee.count)) }
      SystemMemory.deallocate(elements)
    }
    cell.pointee = ElementCell(elements: nil, count: 0)
  }

  package func dropData(_ index: Int) {
    context.pointee.dataSegments[index] = DataCell(bytes: nil, count: 0)
  }

  /// Marks the references in globals and segments. Imported globals are marked by their owners.
  func mark(_ marker: inout Marker) {
    let cells = (UnsafeMutableRawPointer(context) + InstanceContext.globalsOffset).assumingMemoryBound(to: Slot.self)
    for index in collectedGlobals { marker.mark(cells[2 * index]) }
    for index in collectedSegments {
      let cell = context.pointee.elementSegments[index]
      if let elements = cell.elements { marker.mark(elements, count: Int(cell.count)) }
    }
  }

  // MARK: Steps of instantiation

  private static func check(_ imports: [ExternalValue], against image: ModuleImage) throws(LinkError) {
    guard imports.count == image.module.imports.count else {
      throw LinkError("expected \(image.module.imports.count) imports, found \(imports.count)")
    }
    for (value, wanted) in zip(imports, image.module.imports) {
      let type = wanted.type.mapTypeIndices { image.types[Int($0)] }
      guard value.matches(type, in: image.registry) else {
        throw LinkError("incompatible import type for \"\(wanted.module.printable)\" \"\(wanted.name.printable)\"")
      }
    }
  }

  private func link(_ imports: [ExternalValue]) throws(LimitExceeded) {
    var functionIndex = 0
    for value in imports {
      switch value {
      case .function(let reference):
        context.pointee.functions[functionIndex] = reference
        functionIndex += 1
      case .table(let table): add(table)
      case .memory(let memory): try add(memory)
      case .global(let global):
        context.pointee.importedGlobals[globals.count] = global.cell
        globals.append(global)
      case .tag(let tag): add(tag)
      }
    }
  }

  private func add(_ memory: MemoryInstance) throws(LimitExceeded) {
    // Compiled code does not check accesses to such a memory: the address space after it must be reserved.
    guard
      store.nativeEngine?.needsReservations != true || !memory.type.neverMoves || memory.isReservedInFull
        || functions.tierPolicy?.stayInterpreted() == true
    else {
      throw LimitExceeded(
        systemRefused: .memoryBytes, requested: MemoryInstance.fullReservation,
        "no address space for a memory of compiled code, which reserves \(ByteCount.format(MemoryInstance.fullReservation))\(MemoryReservation.refusalReason)"
      )
    }
    context.pointee.memories[memories.count] = memory.cell
    if memories.isEmpty {
      context.pointee.memory = memory.cell
      context.pointee.memoryBase = memory.cell.pointee.base
    }
    memories.append(memory)
    context.pointee.memoryCount = memories.count
  }

  private func add(_ table: TableInstance) {
    context.pointee.tables[tables.count] = table.cell
    tables.append(table)
  }

  private func add(_ tag: TagInstance) {
    context.pointee.tags[tags.count] = tag.cell
    tags.append(tag)
  }

  private func makeMemories(_ images: DataImages) throws {
    for (index, type) in image.module.memories.enumerated() {
      try add(try store.makeMemory(type, image: images[index], needsGuard: store.needsGuards))
    }
  }

  private func makeGlobals(_ cells: UnsafeMutablePointer<Slot>) throws {
    for (index, global) in image.module.globals.enumerated() {
      let value = try evaluate(global.initializer)
      let cell = cells + 2 * index
      cell[0] = value.0
      cell[1] = value.1
      let type = GlobalType(value: image.canonical(global.type.value), isMutable: global.type.isMutable)
      globals.append(GlobalInstance(type, cell: cell))
    }
  }

  private func makeTables() throws {
    for table in image.module.tables {
      var type = table.type
      type.element = image.canonical(type.element)
      let initial = try table.initializer.map { try evaluate($0).0 } ?? 0
      add(try store.makeTable(type, filledWith: initial) { context.isInterrupted })
    }
  }

  /// Evaluates the elements of a segment in place, where the collector sees the earlier ones.
  private func evaluateElements(_ index: Int) throws {
    let segment = image.module.elementSegments[index]
    let count = segment.elements.count
    guard let elements = SystemMemory.allocate(Slot.self, count: count) else {
      throw VirtualMemory.refusal(
        of: "element segment of \(counted(count, "element"))", .elements, UInt64(count))
    }
    context.pointee.elementSegments[index] = ElementCell(elements: elements, count: UInt64(count))
    switch segment.elements {
    case .functions(let indices):
      for (position, function) in indices.enumerated() {
        elements[position] = Slot(UInt(bitPattern: self.function(function)))
      }
    case .expressions(let expressions):
      for (position, expression) in expressions.enumerated() { elements[position] = try evaluate(expression).0 }
    }
  }

  private func initializeTables() throws {
    for (index, segment) in image.module.elementSegments.enumerated() {
      switch segment.mode {
      case .declarative: break
      case .passive: try evaluateElements(index)
      case .active(let table, let offset):
        let destination = tables[Int(table)]
        let start: Slot
        let fits: Bool
        if case .functions(let indices) = segment.elements {
          start = try evaluate(offset).0
          fits = destination.initialize(at: start, from: indices, of: context.pointee.functions) {
            context.isInterrupted
          }
          if context.isInterrupted { throw store.trap(.interrupted) }
        } else {
          try evaluateElements(index)
          let cell = context.pointee.elementSegments[index]
          start = try evaluate(offset).0
          fits = destination.initialize(at: start, from: cell.elements, count: cell.count)
        }
        guard fits else {
          throw Trap(
            .outOfBoundsTableAccess,
            message: """
              \(TrapCode.outOfBoundsTableAccess.message): element segment \(index) of \(segment.elements.count) \
              elements at \(start) does not fit table \(table) of \(counted(destination.count, "element"))
              """)
        }
        dropElements(index)
      }
    }
  }

  private func initializeMemories(_ images: DataImages) throws {
    let importedCount = image.module.importedMemories.count
    for (index, segment) in image.module.dataSegments.enumerated() {
      guard case .active(let memory, let offset) = segment.mode else { continue }
      if images.contain(index, of: Int(memory) - importedCount) {
        dropData(index)
        continue
      }
      let start = try evaluate(offset).0
      let data = UnsafeBufferPointer(start: image.base + segment.data.lowerBound, count: segment.data.count)
      let destination = memories[Int(memory)]
      guard destination.initialize(at: start, from: data) else {
        throw Trap(
          .outOfBoundsMemoryAccess,
          message: """
            \(TrapCode.outOfBoundsMemoryAccess.message): data segment \(index) of \(counted(data.count, "byte")) at \
            \(start) does not fit memory \(memory) of \(counted(destination.byteCount, "byte"))
            """)
      }
      dropData(index)
    }
  }
}
