import WasmBinary
import WebAssembly

extension ModuleGenerator {
  /// The body of the function that takes an `anyref` and reports an object without the claimed type.
  ///
  /// An object that passes a cast to a shape must have the tag of that shape or of a subtype, or no tag yet. An object
  /// with a tag must pass casts to its supertypes and to no other shapes.
  func verifier() -> [UInt8] {
    var writer = BinaryWriter()
    let (object, tag, passed) = (0, 1, 2)
    writer.locals([.i32, .i32])
    func emit(_ opcode: Opcode, _ index: Int) {
      writer.opcode(opcode)
      writer.count(index)
    }
    func constant(_ value: Int32) {
      writer.opcode(.i32Const)
      writer.s32(value)
    }
    func emit(_ opcode: Opcode) { writer.opcode(opcode) }
    func report(_ check: Check) {
      emit(.if)
      writer.blockType(.empty)
      constant(check.rawValue)
      emit(.call, Self.index(of: .wrong))
      emit(.end)
    }
    let tagged = shapes.indices.filter { shapes[$0].identity == $0 && shapes[$0].isTagged }
    for shape in tagged {
      let type = HeapType.concrete(typeIndex(ofShape: shape))
      emit(.localGet, object)
      emit(.refTest)
      writer.heapType(type)
      emit(.if)
      writer.blockType(.empty)
      emit(.localGet, object)
      emit(.refCast)
      writer.heapType(type)
      emit(.structGet, Int(typeIndex(ofShape: shape)))
      writer.count(0)
      emit(.localSet, tag)
      emit(.localGet, passed)
      constant(1 << Int32(shape))
      emit(.i32Or)
      emit(.localSet, passed)
      // Tags above 31 are ignored. 0 means that an object has no tag.
      emit(.localGet, tag)
      constant(31)
      emit(.i32GtU)
      constant(Int32(bitPattern: tags(below: shape) | 1))
      emit(.localGet, tag)
      emit(.i32ShrU)
      constant(1)
      emit(.i32And)
      emit(.i32Eqz)
      emit(.i32Or)
      report(.tag)
      emit(.end)
    }
    for shape in tagged {
      emit(.localGet, tag)
      constant(Int32(shape + 1))
      emit(.i32Eq)
      emit(.localGet, passed)
      constant(Int32(bitPattern: shapes(above: shape)))
      emit(.i32Ne)
      emit(.i32And)
      report(.types)
    }
    emit(.end)
    return writer.bytes
  }

  /// A bit for each tagged shape to which objects of a shape can be cast, by identity.
  private func shapes(above shape: Int) -> UInt32 {
    var result: UInt32 = 0
    var next: Int? = shape
    while let current = next {
      if shapes[current].isTagged { result |= 1 << UInt32(shapes[current].identity) }
      next = shapes[current].superShape
    }
    return result
  }

  /// A bit for each tag of the objects that can be cast to a shape.
  private func tags(below shape: Int) -> UInt32 {
    var result: UInt32 = 0
    for other in shapes.indices where shapes(above: other) & 1 << UInt32(shape) != 0 {
      result |= 1 << UInt32(shapes[other].identity + 1)
    }
    return result
  }
}
