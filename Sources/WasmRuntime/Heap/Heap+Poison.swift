import WebAssembly

// Poisoning and checking, for tests: see ``HeapConfiguration/poisonsUnusedMemory``.

extension Heap {
  /// Fills cells without an object, slots above the stack's end, and unused machine stack. Must run after a collection has determined
  /// which cells are free.
  func poisonUnused(above stackTop: UnsafeMutablePointer<Slot>) {
    Poison.fill(stackTop, count: Self.poisonedSlotCount)
    Poison.fillUnusedNativeStack()
    poisonFreeCells()
  }

  /// The number of slots that always exist above the stack's end (see `StoreState`).
  private static let poisonedSlotCount = 256

  private func poisonFreeCells() {
    guard let space else { return }
    for index in 0..<space.blockCount where space.blocks[index].kind == .cells {
      let size = Int(windows[Int(space.blocks[index].sizeClass)].cellSize)
      forEachCell(inBlock: index, size) { offset in
        if !space.isStart(offset) { Poison.fill(space.base + offset, byteCount: size) }
      }
    }
  }

  /// Checks that each cell that counts as an object is one, and that each of its references is null, an `i31`, outside the heap, or
  /// refers to an object. Must run before marking, with no window open.
  ///
  /// - Complexity: O(bytes of objects).
  func checkObjects() {
    guard let space else { return }
    for index in 0..<space.blockCount {
      let block = space.blocks[index]
      switch block.kind {
      case .cells:
        forEachCell(inBlock: index, Int(windows[Int(block.sizeClass)].cellSize)) { offset in
          if space.isStart(offset) { check(space.base + offset, in: space) }
        }
      case .large: check(space.address(ofBlock: index), in: space)
      case .free, .continuation: break
      }
    }
  }

  private func forEachCell(inBlock index: Int, _ size: Int, _ body: (Int) -> Void) {
    let first = index << HeapSpace.blockSizeLog2
    for offset in stride(from: first, to: first + HeapSpace.blockSize / size * size, by: size) { body(offset) }
  }

  private func check(_ object: UnsafeMutableRawPointer, in space: HeapSpace) {
    let type = Int(object.load(as: UInt32.self))
    precondition(type < HeapObject.typeCount, "heap: a cell that counts as an object holds none")
    let descriptor = types.base + type
    switch descriptor.pointee.kind {
    case TypeDescriptor.Kind.structure:
      for index in 0..<Int(descriptor.pointee.referenceCount) {
        let offset = Int(descriptor.pointee.referenceOffsets[index])
        checkReference(object.load(fromByteOffset: offset, as: Slot.self), in: space)
      }
    case TypeDescriptor.Kind.array where descriptor.pointee.hasReferenceElements:
      let length = Int(object.load(fromByteOffset: HeapObject.lengthOffset, as: UInt32.self))
      let elements = (object + HeapObject.payloadOffset).assumingMemoryBound(to: Slot.self)
      for index in 0..<length { checkReference(elements[index], in: space) }
    case TypeDescriptor.Kind.array, TypeDescriptor.Kind.external, TypeDescriptor.Kind.exception: break
    default: preconditionFailure("heap: an object has a type of no objects")
    }
  }

  private func checkReference(_ reference: Slot, in space: HeapSpace) {
    precondition(reference != Poison.word, "heap: a field or element was never written, or is of a freed object")
    let offset = UInt(reference) &- UInt(bitPattern: space.base)
    guard reference & 1 == 0, offset < UInt(space.usedByteCount) else { return }
    precondition(offset & 7 == 0 && space.isStart(Int(offset)), "heap: a reference to a freed object")
  }
}
