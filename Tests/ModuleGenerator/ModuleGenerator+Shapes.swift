import WebAssembly

// Random structure and array types, in recursion groups.

extension ModuleGenerator {
  mutating func chooseShapes() {
    guard options.features.contains(.gc), choices.chance(50) else { return }
    for _ in 0..<1 + choices.below(4) {
      if !shapeGroups.isEmpty, choices.chance(15) {
        repeatGroup(choices.pick(shapeGroups))
      } else {
        addGroup(choices.chance(60) ? 1 : 2 + choices.below(3))
      }
    }
    tableShape = choices.below(shapes.count)
  }

  func typeIndex(ofShape shape: Int) -> UInt32 { UInt32(firstShape + shape) }

  /// The shape to which a heap type refers.
  func shape(_ type: HeapType) -> Int? {
    guard let index = type.typeIndex, Int(index) >= firstShape, Int(index) < firstShape + shapes.count else {
      return nil
    }
    return Int(index) - firstShape
  }

  /// The nullable reference to a shape.
  func shapeType(_ shape: Int) -> ValueType { .reference(nullable: true, .concrete(typeIndex(ofShape: shape))) }

  // MARK: Groups

  private mutating func addGroup(_ count: Int) {
    let start = shapes.count
    for _ in 0..<count { shapes.append(makeShape(group: start..<start + count)) }
    finishGroup(start)
  }

  /// Repeats the types of a group under other indices.
  private mutating func repeatGroup(_ group: Range<Int>) {
    let start = shapes.count
    let first = firstShape
    let move = { (index: UInt32) in
      group.contains(Int(index) - first) ? UInt32(Int(index) - group.lowerBound + start) : index
    }
    let moved = shapes[group].map { shape in
      Shape(
        type: shape.type.mapTypeIndices(move),
        superShape: shape.superShape.map { group.contains($0) ? $0 - group.lowerBound + start : $0 })
    }
    shapes += moved
    finishGroup(start)
  }

  /// Finds an equal earlier group, if there is one.
  mutating func finishGroup(_ start: Int) {
    let group = start..<shapes.count
    // Types are identified by their position in the group, or else by the first equal type.
    let key = shapes[group].map { shape in
      shape.type.mapTypeIndices { index in
        let shape = Int(index) - firstShape
        if group.contains(shape) { return UInt32(HeapType.maximumTypeIndex) - UInt32(shape - start) }
        return shapes.indices.contains(shape) ? typeIndex(ofShape: shapes[shape].identity) : index
      }
    }
    let first = groupIdentities[key] ?? start
    groupIdentities[key] = first
    for shape in group { shapes[shape].identity = first + shape - start }
    shapeGroups.append(group)
  }

  // MARK: Types

  private mutating func makeShape(group: Range<Int>) -> Shape {
    choices.chance(35) ? makeArray(group) : makeStructure(group)
  }

  private mutating func pickSuperShape(where test: (Shape) -> Bool) -> Int? {
    guard choices.chance(35) else { return nil }
    let candidates = shapes.indices.filter { !shapes[$0].type.isFinal && test(shapes[$0]) }
    return candidates.isEmpty ? nil : choices.pick(candidates)
  }

  private mutating func makeStructure(_ group: Range<Int>) -> Shape {
    let superShape = pickSuperShape { $0.element == nil && $0.fields.count < 600 }
    var fields = superShape.map { shapes[$0].fields } ?? []
    var count = fieldCount()
    // Never equal to the structure that all modules have, whose first field is not a tag.
    if superShape == nil, count == Self.structureFields.count { count += 1 }
    if count > 0, fields.isEmpty { fields = [FieldType(storage: .value(.i32), isMutable: true)] }
    // Large structures repeat a few types.
    let pattern = (0..<min(count, 40)).map { _ in fieldType(group) }
    for index in 0..<count { fields.append(pattern[index % pattern.count]) }
    let type = SubType(
      .structure(fields), isFinal: choices.chance(20),
      supertypes: superShape.map { [typeIndex(ofShape: $0)] } ?? [])
    return Shape(type: type, superShape: superShape)
  }

  /// Often close to the sizes at which the allocation strategy changes.
  private mutating func fieldCount() -> Int {
    switch choices.below(40) {
    case ..<20: choices.below(7)
    case ..<27: 8 + choices.below(24)
    case ..<37: 28 + choices.below(40)
    case ..<39: 100 + choices.below(400)
    default: choices.chance(10) ? 2_000 + choices.below(6_500) : 1_000 + choices.below(1_001)
    }
  }

  private mutating func makeArray(_ group: Range<Int>) -> Shape {
    let superShape = pickSuperShape { $0.element != nil }
    let element = superShape.flatMap { shapes[$0].element } ?? fieldType(group)
    let type = SubType(
      .array(element), isFinal: choices.chance(20), supertypes: superShape.map { [typeIndex(ofShape: $0)] } ?? [])
    return Shape(type: type, superShape: superShape)
  }

  private mutating func fieldType(_ group: Range<Int>) -> FieldType {
    FieldType(storage: storage(group), isMutable: !choices.chance(15))
  }

  private mutating func storage(_ group: Range<Int>) -> StorageType {
    if choices.chance(50) { return .value(fieldReference(group)) }
    let numbers: [StorageType] = [.i8, .i16, .value(.i32), .value(.i64), .value(.f32), .value(.f64)]
    return options.features.contains(.simd) && choices.chance(15) ? .value(.v128) : choices.pick(numbers)
  }

  private mutating func fieldReference(_ group: Range<Int>) -> ValueType {
    if choices.chance(50) {
      // Types of the same group can refer to each other. Only a nullable reference has a default.
      let isNullable = group.lowerBound == 0 || !choices.chance(15)
      let shape = choices.below(isNullable ? group.upperBound : group.lowerBound)
      return .reference(nullable: isNullable, .concrete(typeIndex(ofShape: shape)))
    }
    let types: [HeapType] = [
      .any, .equatable, .i31, .structure, .array, .external, .function, .exception, .none, .concrete(Self.structure),
      .concrete(Self.longs), .concrete(Self.bytes),
    ]
    let type = choices.pick(types)
    let mayBeNonNull = type == .any || type == .equatable || type == .i31
    return .reference(nullable: !(mayBeNonNull && choices.chance(10)), type)
  }
}
