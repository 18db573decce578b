import NeedletailSystem
import WasmCompiler
import WasmRuntime
import WebAssembly

// Structures and arrays. The collector finds the references of compiled code on the machine stack and in saved registers.
extension Runtime {
  private static func heap(_ context: Context) -> Heap { context.storeState.heap }

  private static func stackTop(_ context: Context) -> UnsafeMutablePointer<Slot> {
    context.pointee.store.pointee.stackTop
  }

  /// See ``RuntimeFunction/allocateStructure``: the object has its type, and everything else in it is zero.
  static func allocateStructure(_ context: Context, _ type: UInt64, _ byteCount: UInt64) -> UInt64 {
    let size = Int(byteCount)
    guard let object = heap(context).allocate(size, sizeClass: SizeClass.of(size), stackTop: stackTop(context)) else {
      return 0
    }
    object.storeBytes(of: UInt64(UInt32(truncatingIfNeeded: type)), as: UInt64.self)
    NeedletailSystem.memoryFill(object + HeapObject.payloadOffset, 0, size - HeapObject.payloadOffset)
    return UInt64(UInt(bitPattern: object))
  }

  static func allocateArray(_ context: Context, _ type: UInt64, _ length: UInt64) -> UInt64 {
    guard let array = makeArray(context, type, length) else { return 0 }
    let byteCount = context.elementByteCount(UInt32(truncatingIfNeeded: type)) * Int(length)
    guard context.fillBytes(array + HeapObject.payloadOffset, 0, byteCount) == nil else {
      HeapObject.makeEmpty(array)
      return 0
    }
    return UInt64(UInt(bitPattern: array))
  }

  private static func makeArray(
    _ context: Context, _ type: UInt64, _ length: UInt64
  ) -> UnsafeMutableRawPointer? {
    heap(context).makeArray(
      UInt32(truncatingIfNeeded: type), length: UInt32(truncatingIfNeeded: length), stackTop: stackTop(context))
  }

  private static func array(
    _ context: Context, _ type: UInt64, _ length: UInt64, of bytes: UnsafeRawBufferPointer?, else code: TrapCode
  ) -> UInt64 {
    guard let bytes else { return fail(context, code) }
    guard let array = makeArray(context, type, length) else { return fail(context, .allocationFailure) }
    if let code = context.copyBytes(bytes, to: array + HeapObject.payloadOffset) {
      HeapObject.makeEmpty(array)
      return fail(context, code)
    }
    return UInt64(UInt(bitPattern: array))
  }

  static func arrayNewData(
    _ context: Context, _ type: UInt64, _ segment: UInt64, _ start: UInt64, _ length: UInt64
  ) -> UInt64 {
    let byteCount = context.elementByteCount(UInt32(truncatingIfNeeded: type)) * Int(length)
    return array(
      context, type, length, of: context.data(Int(segment), at: start, count: byteCount), else: .outOfBoundsMemoryAccess
    )
  }

  static func arrayNewElement(
    _ context: Context, _ type: UInt64, _ segment: UInt64, _ start: UInt64, _ length: UInt64
  ) -> UInt64 {
    array(
      context, type, length, of: context.elements(Int(segment), at: start, count: Int(length)),
      else: .outOfBoundsTableAccess)
  }

  /// The size of an array's elements in bytes, by its header; 0 for null.
  private static func elementByteCount(_ context: Context, of array: UInt64) -> Int {
    guard let object = UnsafeRawPointer(bitPattern: UInt(array)) else { return 0 }
    return context.elementByteCount(object.load(as: UInt32.self))
  }

  static func arrayFill(
    _ context: Context, _ array: UInt64, _ index: UInt64, _ low: UInt64, _ high: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context,
      context.fillArray(
        array, at: UInt32(truncatingIfNeeded: index), with: (low, high), count: UInt32(truncatingIfNeeded: count),
        elementByteCount: elementByteCount(context, of: array)))
  }

  static func arrayCopy(
    _ context: Context, _ target: UInt64, _ index: UInt64, _ source: UInt64, _ sourceIndex: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context,
      context.copyArray(
        target, at: UInt32(truncatingIfNeeded: index), from: source, at: UInt32(truncatingIfNeeded: sourceIndex),
        count: UInt32(truncatingIfNeeded: count), elementByteCount: elementByteCount(context, of: target)))
  }

  static func arrayInitData(
    _ context: Context, _ segment: UInt64, _ array: UInt64, _ index: UInt64, _ start: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context,
      context.initializeArray(
        array, at: UInt32(truncatingIfNeeded: index), fromData: Int(segment), at: start,
        count: UInt32(truncatingIfNeeded: count), elementByteCount: elementByteCount(context, of: array)))
  }

  static func arrayInitElement(
    _ context: Context, _ segment: UInt64, _ array: UInt64, _ index: UInt64, _ start: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context,
      context.initializeArray(
        array, at: UInt32(truncatingIfNeeded: index), fromElements: Int(segment), at: start,
        count: UInt32(truncatingIfNeeded: count)))
  }
}
