import WasmBinary
import WebAssembly

// Unordered functions: those that the host calls when an object is released, and those that create such objects.

extension ModuleGenerator {
  var hasReleases: Bool { segmentShape != nil }
  /// `released` and `u0`, `u1`, …
  var releaseFunctionCount: Int { hasReleases ? 4 : 0 }
  /// The array of objects of ``segmentShape``.
  var segmentArray: Int { segmentShape! + 1 }
  /// A memory that only unordered functions use.
  var releaseMemory: Int { memoryIndex(memories.count) }
  var hasReleaseMemory: Bool { hasReleases && options.features.contains(.multiMemory) }
  static let releaseBytes = [UInt8](repeating: 0x5A, count: 256)

  /// Adds the shapes for the segments of these functions.
  mutating func chooseReleases() {
    let shape = shapes.count
    add(
      .structure([
        FieldType(storage: .value(.i32), isMutable: true), FieldType(storage: .value(.i64), isMutable: true),
        FieldType(storage: .value(shapeType(shape)), isMutable: true),
      ]))
    add(.array(FieldType(storage: .value(shapeType(shape)), isMutable: true)))
    segmentShape = shape
  }

  private mutating func add(_ type: CompositeType) {
    shapes.append(Shape(type: SubType(type), superShape: nil))
    finishGroup(shapes.count - 1)
  }

  /// Objects with their tag and position.
  func writeShapeElements(_ writer: inout BinaryWriter) {
    guard let segmentShape else { return }
    writer.byte(5)
    writer.valueType(shapeType(segmentShape))
    writer.vector(0..<Self.shapeElementCount) { writer, index in
      writer.opcode(.i32Const)
      writer.s32(Int32(shapes[segmentShape].identity + 1))
      writer.opcode(.i64Const)
      writer.s64(Int64(index))
      writer.opcode(.refNull)
      writer.heapType(.none)
      writer.opcode(.structNew)
      writer.u32(typeIndex(ofShape: segmentShape))
      writer.opcode(.end)
    }
  }
}
