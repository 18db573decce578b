import WebAssembly

// Poisoning and checking, for tests: see ``HeapConfiguration/poisonsUnusedMemory``.

extension Heap {
  /// Fills slots above the stack's end, and unused machine stack. Cells are filled before they can be allocated, and by ``poisonDead()``.
  func poisonUnused(above stackTop: UnsafeMutablePointer<Slot>) {
    Poison.fill(stackTop, count: Self.poisonedSlotCount)
    Poison.fillUnusedNativeStack()
  }

  /// The number of slots that always exist above the stack's end (see `StoreState`).
  private static let poisonedSlotCount = 256

  /// Fills the cells of objects that were not marked. Must run before the marked objects become the existing ones.
  func poisonDead() {
    guard let space else { return }
    for index in 0..<space.blockCount where space.blocks[index].kind == .cells {
      let size = Int(windows[Int(space.blocks[index].sizeClass)].cellSize)
      space.forEachCell(inBlock: index, of: { space.starts[$0] & ~space.marks[$0] }) { offset in
        Poison.fill(space.base + offset, byteCount: size)
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
      switch space.blocks[index].kind {
      case .cells:
        space.forEachCell(inBlock: index, of: { space.starts[$0] }) { check(space.base + $0, in: space) }
      case .large: check(space.address(ofBlock: index), in: space)
      case .free, .continuation: break
      }
    }
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

extension HeapSpace {
  /// Calls a function with the offset of each cell of a block whose bit is set.
  ///
  /// - Parameter bits: the word of a bitmap with an index.
  fileprivate func forEachCell(inBlock block: Int, of bits: (Int) -> UInt64, _ body: (Int) -> Void) {
    for index in block * Self.wordsPerBlock..<(block + 1) * Self.wordsPerBlock {
      var word = bits(index)
      while word != 0 {
        body(index << 9 + word.trailingZeroBitCount << 3)
        word &= word - 1
      }
    }
  }
}
