import WebAssembly

/// Assigns a register or a spill slot to each operand of a machine function.
///
/// A linear scan over the live segments of SSA values, in the order of their starts (Poletto & Sarkar 1999; Wimmer & Franz 2010), with
/// live range splitting: a value can change its location at any instruction, and loop depth decides where. The steps are in separate
/// files: liveness, live segments, the scan, spill slots, moves. One allocator serves all functions that a thread compiles.
///
/// Time is linear in the size of the code, except for liveness: blocks times values that are live across blocks, in bits.
struct RegisterAllocator: ~Copyable {
  let registerFile: RegisterFile
  /// The registers of each class, in the order of preference.
  let integers: FlatArray<UInt8>
  let vectors: FlatArray<UInt8>
  /// The allocatable registers, by class.
  let allocatable: (integers: RegisterSet, vectors: RegisterSet)

  let isOptimizing: Bool

  // Facts about the function.
  var records = FlatArray<RegisterRecord>(minimumCapacity: 1 << 11)
  var segments = FlatArray<LiveSegment>(minimumCapacity: 1 << 11)
  var uses = FlatArray<RegisterUse>(minimumCapacity: 1 << 12)
  /// By instruction: its block.
  var blockOfInstruction = FlatArray<UInt32>(minimumCapacity: 1 << 12)
  var blocks = FlatArray<BlockState>(minimumCapacity: 1 << 8)
  var loops = FlatArray<LoopRecord>(minimumCapacity: 1 << 5)
  var hasLandingPads = false
  var liveness = Liveness()

  // The state of the scan.
  /// By instruction: the first queued segment that begins there; later, the first move before it.
  var queue = FlatArray<UInt32>(minimumCapacity: 1 << 12)
  /// By physical register.
  var states = FlatArray<RegisterState>(minimumCapacity: 64)
  var reservations = FlatArray<Reservation>(minimumCapacity: 1 << 10)
  /// By set of clobbered registers: its instructions. After the function's sets, the set of all registers.
  var clobbers = FlatArray<ClobberList>(minimumCapacity: 8)
  var clobberEvents = FlatArray<ClobberEvent>(minimumCapacity: 1 << 8)

  var slots = SpillSlots()
  // The inputs of moves.
  var pendingMoves = FlatArray<PendingMove>(minimumCapacity: 1 << 8)
  var boundaryPlaces = FlatArray<BoundaryPlace>(minimumCapacity: 1 << 8)
  /// Whether any slots are written late, where values move to them.
  var hasLateStores = false
  var parallelMoves: ParallelMoves

  /// - Parameter isOptimizing: whether it searches for the least frequent point at which to write a spill slot.
  init(_ registerFile: RegisterFile, isOptimizing: Bool = true) {
    self.registerFile = registerFile
    self.isOptimizing = isOptimizing
    var integers = FlatArray<UInt8>()
    var vectors = FlatArray<UInt8>()
    for register in registerFile.integers { integers.append(register.number) }
    for register in registerFile.vectors { vectors.append(register.number) }
    allocatable = (
      RegisterSet(registerFile.integers.map { RegisterSet($0) }),
      RegisterSet(registerFile.vectors.map { RegisterSet($0) })
    )
    self.integers = integers
    self.vectors = vectors
    parallelMoves = ParallelMoves(registerFile)
  }

  /// Sets the operands' allocations, the moves and the number of spill slots.
  mutating func allocate(_ function: inout MachineFunction) throws(RegisterAllocationError) {
    prepare(function)
    try findLiveRegisters(function)
    buildSegments(&function)
    scan(function)
    assignSlots(&function)
    insertMoves(&function)
  }

  /// The largest number of words for liveness bits: 16 MiB.
  static let maximumLivenessWords = 1 << 21
}

enum RegisterAllocationError: Error, Hashable {
  /// Liveness would take too much memory.
  case functionTooComplex(blocks: Int, liveValues: Int)
}

/// The facts about a block.
struct BlockState: BitwiseCopyable {
  /// Positions.
  var start: UInt32
  var end: UInt32
  /// The innermost loop that contains it, in ``RegisterAllocator/loops``.
  var loop: UInt32
  /// The execution weight: two per enclosing loop, less if the block is cold.
  var weight: UInt8
  /// Lists in ``RegisterAllocator/boundaryPlaces``: the registers that are live in at its start, and out at its end.
  var startPlaces = LiveSegment.none
  var endPlaces = LiveSegment.none
}

/// A loop as a range of adjacent blocks in layout order.
struct LoopRecord: BitwiseCopyable {
  var header: UInt32
  /// Positions.
  var start: UInt32
  var end: UInt32
  var parent: UInt32
}

/// The state of a physical register during the scan.
struct RegisterState: BitwiseCopyable {
  /// The segment that has it, or had it last, up to a position.
  var segment = LiveSegment.none
  var end: UInt32 = 0
  /// The next range in which no segment may have it.
  var blockedFrom: UInt32 = 0
  var blockedTo: UInt32 = 0
  /// Its next reservation.
  var reservation = LiveSegment.none
}

/// A range in which an instruction uses a register for an operand with a fixed register.
struct Reservation: BitwiseCopyable {
  var from: UInt32
  var to: UInt32
  var next: UInt32
}

struct ClobberList: BitwiseCopyable {
  var registers: RegisterSet
  var next = LiveSegment.none
}

struct ClobberEvent: BitwiseCopyable {
  var position: UInt32
  var next: UInt32
}

/// A move before an instruction.
struct PendingMove: BitwiseCopyable {
  var from: Allocation
  var to: Allocation
  var type: IRType
  var next: UInt32
}

/// The physical register of a virtual register with several segments, at a block's start or end.
struct BoundaryPlace: BitwiseCopyable {
  var register: UInt32
  var place: UInt8
  var next: UInt32
}
