import WebAssembly

// The bodies of the atomic instructions.

extension HandlerTable {
  mutating func registerAtomics() {
    load([.i32AtomicLoad8U, .i64AtomicLoad8U], UInt8.self)
    load([.i32AtomicLoad16U, .i64AtomicLoad16U], UInt16.self)
    load([.i32AtomicLoad, .i64AtomicLoad32U], UInt32.self)
    load([.i64AtomicLoad], UInt64.self)
    store([.i32AtomicStore8, .i64AtomicStore8], UInt8.self)
    store([.i32AtomicStore16, .i64AtomicStore16], UInt16.self)
    store([.i32AtomicStore, .i64AtomicStore32], UInt32.self)
    store([.i64AtomicStore], UInt64.self)
    modify(
      AtomicAdd.self, [.i32AtomicRmw8AddU, .i64AtomicRmw8AddU], [.i32AtomicRmw16AddU, .i64AtomicRmw16AddU],
      [.i32AtomicRmwAdd, .i64AtomicRmw32AddU], [.i64AtomicRmwAdd])
    modify(
      AtomicSubtract.self, [.i32AtomicRmw8SubU, .i64AtomicRmw8SubU], [.i32AtomicRmw16SubU, .i64AtomicRmw16SubU],
      [.i32AtomicRmwSub, .i64AtomicRmw32SubU], [.i64AtomicRmwSub])
    modify(
      AtomicAnd.self, [.i32AtomicRmw8AndU, .i64AtomicRmw8AndU], [.i32AtomicRmw16AndU, .i64AtomicRmw16AndU],
      [.i32AtomicRmwAnd, .i64AtomicRmw32AndU], [.i64AtomicRmwAnd])
    modify(
      AtomicOr.self, [.i32AtomicRmw8OrU, .i64AtomicRmw8OrU], [.i32AtomicRmw16OrU, .i64AtomicRmw16OrU],
      [.i32AtomicRmwOr, .i64AtomicRmw32OrU], [.i64AtomicRmwOr])
    modify(
      AtomicXor.self, [.i32AtomicRmw8XorU, .i64AtomicRmw8XorU], [.i32AtomicRmw16XorU, .i64AtomicRmw16XorU],
      [.i32AtomicRmwXor, .i64AtomicRmw32XorU], [.i64AtomicRmwXor])
    modify(
      AtomicExchange.self, [.i32AtomicRmw8XchgU, .i64AtomicRmw8XchgU], [.i32AtomicRmw16XchgU, .i64AtomicRmw16XchgU],
      [.i32AtomicRmwXchg, .i64AtomicRmw32XchgU], [.i64AtomicRmwXchg])
    compareExchange([.i32AtomicRmw8CmpxchgU, .i64AtomicRmw8CmpxchgU], UInt8.self)
    compareExchange([.i32AtomicRmw16CmpxchgU, .i64AtomicRmw16CmpxchgU], UInt16.self)
    compareExchange([.i32AtomicRmwCmpxchg, .i64AtomicRmw32CmpxchgU], UInt32.self)
    compareExchange([.i64AtomicRmwCmpxchg], UInt64.self)
    register(.atomicFence, AtomicFence.self)
    register(.memoryAtomicNotify, .far, AtomicWait.self)
    register(.memoryAtomicWait32, .far, AtomicWait.self)
    register(.memoryAtomicWait64, .far, AtomicWait.self)
  }

  @inline(__always)
  private mutating func load<T: AtomicInteger>(_ opcodes: [Opcode], _: T.Type) {
    for opcode in opcodes {
      register(opcode, .slots, AtomicLoad<T, NearAddress>.self)
      register(opcode, .far, AtomicLoad<T, FarAddress>.self)
    }
  }

  @inline(__always)
  private mutating func store<T: AtomicInteger>(_ opcodes: [Opcode], _: T.Type) {
    for opcode in opcodes {
      register(opcode, .slots, AtomicStore<T, NearAddress>.self)
      register(opcode, .far, AtomicStore<T, FarAddress>.self)
    }
  }

  /// Registers an instruction of all widths: the opcodes for 8, 16, 32 and 64 bits.
  @inline(__always)
  private mutating func modify<M: AtomicModification>(
    _ modification: M.Type, _ opcodes8: [Opcode], _ opcodes16: [Opcode], _ opcodes32: [Opcode], _ opcodes64: [Opcode]
  ) {
    modify(modification, opcodes8, UInt8.self)
    modify(modification, opcodes16, UInt16.self)
    modify(modification, opcodes32, UInt32.self)
    modify(modification, opcodes64, UInt64.self)
  }

  @inline(__always)
  private mutating func modify<M: AtomicModification, T: AtomicInteger>(_: M.Type, _ opcodes: [Opcode], _: T.Type) {
    for opcode in opcodes {
      register(opcode, .slots, AtomicModify<M, T, NearAddress>.self)
      register(opcode, .far, AtomicModify<M, T, FarAddress>.self)
    }
  }

  @inline(__always)
  private mutating func compareExchange<T: AtomicInteger>(_ opcodes: [Opcode], _: T.Type) {
    for opcode in opcodes {
      register(opcode, .slots, AtomicCompareExchange<T, NearAddress>.self)
      register(opcode, .far, AtomicCompareExchange<T, FarAddress>.self)
    }
  }
}
