/// Gives each operand of a machine function a register or a spill slot.
///
/// Linear scan over the live segments of SSA values in the order of their beginnings (Poletto & Sarkar 1999; Wimmer & Franz 2010), which
/// splits: a value may change its place at any instruction, and where it does is chosen by loop depth. The steps, each in a file:
/// liveness, live segments, the scan, spill slots, moves. One allocator serves for all functions that a thread compiles.
///
/// Time is linear in the size of the code, but for liveness: bits of blocks times values that live across blocks.
struct RegisterAllocator: ~Copyable {
  let registerFile: RegisterFile
  /// Numbers of the registers of each class, in the order of preference.
  let integers: FlatArray<UInt8>
  let vectors: FlatArray<UInt8>
  /// What there is to allocate, by class.
  let allocatable: (integers: RegisterSet, vectors: RegisterSet)

  let isOptimizing: Bool

  // What is known of the function.
  var records = FlatArray<RegisterRecord>(minimumCapacity: 1 << 11)
  var segments = FlatArray<LiveSegment>(minimumCapacity: 1 << 11)
  var uses = FlatArray<RegisterUse>(minimumCapacity: 1 << 12)
  /// By instruction: its block.
  var blockOfInstruction = FlatArray<UInt32>(minimumCapacity: 1 << 12)
  var blocks = FlatArray<BlockState>(minimumCapacity: 1 << 8)
  var loops = FlatArray<LoopRecord>(minimumCapacity: 1 << 5)
  var hasLandingPads = false
  var liveness = Liveness()

  // What the scan works with.
  /// By instruction: the first of the segments that wait for it; later, the first of the moves in front of it.
  var queue = FlatArray<UInt32>(minimumCapacity: 1 << 12)
  /// By physical register.
  var states = FlatArray<RegisterState>(minimumCapacity: 64)
  var reservations = FlatArray<Reservation>(minimumCapacity: 1 << 10)
  /// By set of clobbered registers: its instructions. Behind those of the function, the set of all.
  var clobbers = FlatArray<ClobberList>(minimumCapacity: 8)
  var clobberEvents = FlatArray<ClobberEvent>(minimumCapacity: 1 << 8)

  var slots = SpillSlots()
  // What moves are made of.
  var pendingMoves = FlatArray<PendingMove>(minimumCapacity: 1 << 8)
  var boundaryPlaces = FlatArray<BoundaryPlace>(minimumCapacity: 1 << 8)
  /// Whether there are slots that are written where values go to them.
  var hasLateStores = false
  var parallelMoves: ParallelMoves

  /// - Parameter isOptimizing: Whether it looks for the rarest place at which to write a spill slot.
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

  /// Fills in the operands' allocations, the moves and the number of spill slots.
  mutating func allocate(_ function: inout MachineFunction) throws(RegisterAllocationError) {
    prepare(function)
    try findLiveRegisters(function)
    buildSegments(&function)
    scan(function)
    assignSlots(&function)
    insertMoves(&function)
  }

  /// How many words of bits liveness may take: 16 MiB.
  static let maximumLivenessWords = 1 << 21
}

enum RegisterAllocationError: Error, Hashable {
  /// Liveness would take too much memory.
  case functionTooComplex(blocks: Int, liveValues: Int)
}

/// What the allocator knows of a block.
struct BlockState: BitwiseCopyable {
  /// Positions.
  var start: UInt32
  var end: UInt32
  /// The innermost loop, in ``RegisterAllocator/loops``, that it stands in.
  var loop: UInt32
  /// How often it runs: two for each loop around it, less if it is cold.
  var weight: UInt8
  /// In ``RegisterAllocator/boundaryPlaces``: registers with values that live in at its start, and out at its end.
  var startPlaces = LiveSegment.none
  var endPlaces = LiveSegment.none
}

/// A loop as the layout shows it: neighbouring blocks.
struct LoopRecord: BitwiseCopyable {
  var header: UInt32
  /// Positions.
  var start: UInt32
  var end: UInt32
  var parent: UInt32
}

/// A physical register as the scan goes on.
struct RegisterState: BitwiseCopyable {
  /// The segment that has it, or had it last, up to a position.
  var segment = LiveSegment.none
  var end: UInt32 = 0
  /// The next time that no segment may have it.
  var blockedFrom: UInt32 = 0
  var blockedTo: UInt32 = 0
  /// The next of its reservations.
  var reservation = LiveSegment.none
}

/// A time at which an instruction has a register for itself, for an operand that must stand in it.
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

/// A move in front of an instruction.
struct PendingMove: BitwiseCopyable {
  var from: Allocation
  var to: Allocation
  var type: IRType
  var next: UInt32
}

/// That a virtual register with several segments stands in a physical one at a block's start or end.
struct BoundaryPlace: BitwiseCopyable {
  var register: UInt32
  var place: UInt8
  var next: UInt32
}
