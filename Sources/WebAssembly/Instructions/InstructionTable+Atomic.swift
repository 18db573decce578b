extension InstructionTable {
  /// The rows of atomic instructions.
  static let atomic: [InstructionDefinition] = [
    // Atomic instructions
    .init(
      .memoryAtomicNotify, 0xFE_000, "memory.atomic.notify", "addr i32 -> i32", .memory, align: 2, feature: .threads),
    .init(
      .memoryAtomicWait32, 0xFE_001, "memory.atomic.wait32", "addr i32 i64 -> i32", .memory, align: 2, feature: .threads
    ),
    .init(
      .memoryAtomicWait64, 0xFE_002, "memory.atomic.wait64", "addr i64 i64 -> i32", .memory, align: 3, feature: .threads
    ),
    .init(.atomicFence, 0xFE_003, "atomic.fence", "->", .fence, feature: .threads),
    .init(.i32AtomicLoad, 0xFE_010, "i32.atomic.load", "addr -> i32", .memory, align: 2, feature: .threads),
    .init(.i64AtomicLoad, 0xFE_011, "i64.atomic.load", "addr -> i64", .memory, align: 3, feature: .threads),
    .init(.i32AtomicLoad8U, 0xFE_012, "i32.atomic.load8_u", "addr -> i32", .memory, align: 0, feature: .threads),
    .init(.i32AtomicLoad16U, 0xFE_013, "i32.atomic.load16_u", "addr -> i32", .memory, align: 1, feature: .threads),
    .init(.i64AtomicLoad8U, 0xFE_014, "i64.atomic.load8_u", "addr -> i64", .memory, align: 0, feature: .threads),
    .init(.i64AtomicLoad16U, 0xFE_015, "i64.atomic.load16_u", "addr -> i64", .memory, align: 1, feature: .threads),
    .init(.i64AtomicLoad32U, 0xFE_016, "i64.atomic.load32_u", "addr -> i64", .memory, align: 2, feature: .threads),
    .init(.i32AtomicStore, 0xFE_017, "i32.atomic.store", "addr i32 ->", .memory, align: 2, feature: .threads),
    .init(.i64AtomicStore, 0xFE_018, "i64.atomic.store", "addr i64 ->", .memory, align: 3, feature: .threads),
    .init(.i32AtomicStore8, 0xFE_019, "i32.atomic.store8", "addr i32 ->", .memory, align: 0, feature: .threads),
    .init(.i32AtomicStore16, 0xFE_01A, "i32.atomic.store16", "addr i32 ->", .memory, align: 1, feature: .threads),
    .init(.i64AtomicStore8, 0xFE_01B, "i64.atomic.store8", "addr i64 ->", .memory, align: 0, feature: .threads),
    .init(.i64AtomicStore16, 0xFE_01C, "i64.atomic.store16", "addr i64 ->", .memory, align: 1, feature: .threads),
    .init(.i64AtomicStore32, 0xFE_01D, "i64.atomic.store32", "addr i64 ->", .memory, align: 2, feature: .threads),
    .init(.i32AtomicRmwAdd, 0xFE_01E, "i32.atomic.rmw.add", "addr i32 -> i32", .memory, align: 2, feature: .threads),
    .init(.i64AtomicRmwAdd, 0xFE_01F, "i64.atomic.rmw.add", "addr i64 -> i64", .memory, align: 3, feature: .threads),
    .init(
      .i32AtomicRmw8AddU, 0xFE_020, "i32.atomic.rmw8.add_u", "addr i32 -> i32", .memory, align: 0, feature: .threads),
    .init(
      .i32AtomicRmw16AddU, 0xFE_021, "i32.atomic.rmw16.add_u", "addr i32 -> i32", .memory, align: 1, feature: .threads),
    .init(
      .i64AtomicRmw8AddU, 0xFE_022, "i64.atomic.rmw8.add_u", "addr i64 -> i64", .memory, align: 0, feature: .threads),
    .init(
      .i64AtomicRmw16AddU, 0xFE_023, "i64.atomic.rmw16.add_u", "addr i64 -> i64", .memory, align: 1, feature: .threads),
    .init(
      .i64AtomicRmw32AddU, 0xFE_024, "i64.atomic.rmw32.add_u", "addr i64 -> i64", .memory, align: 2, feature: .threads),
    .init(.i32AtomicRmwSub, 0xFE_025, "i32.atomic.rmw.sub", "addr i32 -> i32", .memory, align: 2, feature: .threads),
    .init(.i64AtomicRmwSub, 0xFE_026, "i64.atomic.rmw.sub", "addr i64 -> i64", .memory, align: 3, feature: .threads),
    .init(
      .i32AtomicRmw8SubU, 0xFE_027, "i32.atomic.rmw8.sub_u", "addr i32 -> i32", .memory, align: 0, feature: .threads),
    .init(
      .i32AtomicRmw16SubU, 0xFE_028, "i32.atomic.rmw16.sub_u", "addr i32 -> i32", .memory, align: 1, feature: .threads),
    .init(
      .i64AtomicRmw8SubU, 0xFE_029, "i64.atomic.rmw8.sub_u", "addr i64 -> i64", .memory, align: 0, feature: .threads),
    .init(
      .i64AtomicRmw16SubU, 0xFE_02A, "i64.atomic.rmw16.sub_u", "addr i64 -> i64", .memory, align: 1, feature: .threads),
    .init(
      .i64AtomicRmw32SubU, 0xFE_02B, "i64.atomic.rmw32.sub_u", "addr i64 -> i64", .memory, align: 2, feature: .threads),
    .init(.i32AtomicRmwAnd, 0xFE_02C, "i32.atomic.rmw.and", "addr i32 -> i32", .memory, align: 2, feature: .threads),
    .init(.i64AtomicRmwAnd, 0xFE_02D, "i64.atomic.rmw.and", "addr i64 -> i64", .memory, align: 3, feature: .threads),
    .init(
      .i32AtomicRmw8AndU, 0xFE_02E, "i32.atomic.rmw8.and_u", "addr i32 -> i32", .memory, align: 0, feature: .threads),
    .init(
      .i32AtomicRmw16AndU, 0xFE_02F, "i32.atomic.rmw16.and_u", "addr i32 -> i32", .memory, align: 1, feature: .threads),
    .init(
      .i64AtomicRmw8AndU, 0xFE_030, "i64.atomic.rmw8.and_u", "addr i64 -> i64", .memory, align: 0, feature: .threads),
    .init(
      .i64AtomicRmw16AndU, 0xFE_031, "i64.atomic.rmw16.and_u", "addr i64 -> i64", .memory, align: 1, feature: .threads),
    .init(
      .i64AtomicRmw32AndU, 0xFE_032, "i64.atomic.rmw32.and_u", "addr i64 -> i64", .memory, align: 2, feature: .threads),
    .init(.i32AtomicRmwOr, 0xFE_033, "i32.atomic.rmw.or", "addr i32 -> i32", .memory, align: 2, feature: .threads),
    .init(.i64AtomicRmwOr, 0xFE_034, "i64.atomic.rmw.or", "addr i64 -> i64", .memory, align: 3, feature: .threads),
    .init(.i32AtomicRmw8OrU, 0xFE_035, "i32.atomic.rmw8.or_u", "addr i32 -> i32", .memory, align: 0, feature: .threads),
    .init(
      .i32AtomicRmw16OrU, 0xFE_036, "i32.atomic.rmw16.or_u", "addr i32 -> i32", .memory, align: 1, feature: .threads),
    .init(.i64AtomicRmw8OrU, 0xFE_037, "i64.atomic.rmw8.or_u", "addr i64 -> i64", .memory, align: 0, feature: .threads),
    .init(
      .i64AtomicRmw16OrU, 0xFE_038, "i64.atomic.rmw16.or_u", "addr i64 -> i64", .memory, align: 1, feature: .threads),
    .init(
      .i64AtomicRmw32OrU, 0xFE_039, "i64.atomic.rmw32.or_u", "addr i64 -> i64", .memory, align: 2, feature: .threads),
    .init(.i32AtomicRmwXor, 0xFE_03A, "i32.atomic.rmw.xor", "addr i32 -> i32", .memory, align: 2, feature: .threads),
    .init(.i64AtomicRmwXor, 0xFE_03B, "i64.atomic.rmw.xor", "addr i64 -> i64", .memory, align: 3, feature: .threads),
    .init(
      .i32AtomicRmw8XorU, 0xFE_03C, "i32.atomic.rmw8.xor_u", "addr i32 -> i32", .memory, align: 0, feature: .threads),
    .init(
      .i32AtomicRmw16XorU, 0xFE_03D, "i32.atomic.rmw16.xor_u", "addr i32 -> i32", .memory, align: 1, feature: .threads),
    .init(
      .i64AtomicRmw8XorU, 0xFE_03E, "i64.atomic.rmw8.xor_u", "addr i64 -> i64", .memory, align: 0, feature: .threads),
    .init(
      .i64AtomicRmw16XorU, 0xFE_03F, "i64.atomic.rmw16.xor_u", "addr i64 -> i64", .memory, align: 1, feature: .threads),
    .init(
      .i64AtomicRmw32XorU, 0xFE_040, "i64.atomic.rmw32.xor_u", "addr i64 -> i64", .memory, align: 2, feature: .threads),
    .init(.i32AtomicRmwXchg, 0xFE_041, "i32.atomic.rmw.xchg", "addr i32 -> i32", .memory, align: 2, feature: .threads),
    .init(.i64AtomicRmwXchg, 0xFE_042, "i64.atomic.rmw.xchg", "addr i64 -> i64", .memory, align: 3, feature: .threads),
    .init(
      .i32AtomicRmw8XchgU, 0xFE_043, "i32.atomic.rmw8.xchg_u", "addr i32 -> i32", .memory, align: 0, feature: .threads),
    .init(
      .i32AtomicRmw16XchgU, 0xFE_044, "i32.atomic.rmw16.xchg_u", "addr i32 -> i32", .memory, align: 1, feature: .threads
    ),
    .init(
      .i64AtomicRmw8XchgU, 0xFE_045, "i64.atomic.rmw8.xchg_u", "addr i64 -> i64", .memory, align: 0, feature: .threads),
    .init(
      .i64AtomicRmw16XchgU, 0xFE_046, "i64.atomic.rmw16.xchg_u", "addr i64 -> i64", .memory, align: 1, feature: .threads
    ),
    .init(
      .i64AtomicRmw32XchgU, 0xFE_047, "i64.atomic.rmw32.xchg_u", "addr i64 -> i64", .memory, align: 2, feature: .threads
    ),
    .init(
      .i32AtomicRmwCmpxchg, 0xFE_048, "i32.atomic.rmw.cmpxchg", "addr i32 i32 -> i32", .memory, align: 2,
      feature: .threads),
    .init(
      .i64AtomicRmwCmpxchg, 0xFE_049, "i64.atomic.rmw.cmpxchg", "addr i64 i64 -> i64", .memory, align: 3,
      feature: .threads),
    .init(
      .i32AtomicRmw8CmpxchgU, 0xFE_04A, "i32.atomic.rmw8.cmpxchg_u", "addr i32 i32 -> i32", .memory, align: 0,
      feature: .threads),
    .init(
      .i32AtomicRmw16CmpxchgU, 0xFE_04B, "i32.atomic.rmw16.cmpxchg_u", "addr i32 i32 -> i32", .memory, align: 1,
      feature: .threads),
    .init(
      .i64AtomicRmw8CmpxchgU, 0xFE_04C, "i64.atomic.rmw8.cmpxchg_u", "addr i64 i64 -> i64", .memory, align: 0,
      feature: .threads),
    .init(
      .i64AtomicRmw16CmpxchgU, 0xFE_04D, "i64.atomic.rmw16.cmpxchg_u", "addr i64 i64 -> i64", .memory, align: 1,
      feature: .threads),
    .init(
      .i64AtomicRmw32CmpxchgU, 0xFE_04E, "i64.atomic.rmw32.cmpxchg_u", "addr i64 i64 -> i64", .memory, align: 2,
      feature: .threads),
  ]
}
