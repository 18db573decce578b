// What instruction selection makes, register allocation fills in, and emission encodes. Nothing here knows what an instruction
// does, only which registers it reads and writes.

enum RegisterClass: UInt8, BitwiseCopyable {
  case integer, vector
}

/// A register of the machine: 0 to 31 in the integer class, 32 to 63 in the vector class.
struct PhysicalRegister: Hashable, BitwiseCopyable {
  var number: UInt8

  init(_ registerClass: RegisterClass, _ index: Int) { number = UInt8(index) + (registerClass == .vector ? 32 : 0) }
  init(number: UInt8) { self.number = number }

  var registerClass: RegisterClass { number < 32 ? .integer : .vector }
  /// Its number in its class, as encodings have it.
  var index: Int { Int(number & 31) }
}

/// A set of physical registers.
struct RegisterSet: OptionSet, BitwiseCopyable {
  var rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }
  init(_ register: PhysicalRegister) { rawValue = 1 << UInt64(register.number) }

  func contains(_ register: PhysicalRegister) -> Bool { rawValue >> UInt64(register.number) & 1 != 0 }
}

/// A register of which there are as many as selection wants. It has one definition, or is a block's parameter.
struct VirtualRegister: Hashable, BitwiseCopyable {
  var number: UInt32

  init(_ number: Int) { self.number = UInt32(number) }

  var index: Int { Int(number) }
}

/// Where an operand is: in a register, or in a spill slot of the frame.
struct Allocation: Hashable, BitwiseCopyable {
  /// Registers as their numbers; spill slots from 64 on.
  var bits: UInt32

  static let none = Allocation(bits: .max)
  static func register(_ register: PhysicalRegister) -> Allocation { Allocation(bits: UInt32(register.number)) }
  /// A spill slot: 8 bytes of the frame; a vector of 128 bits takes two, and its number is even.
  static func slot(_ index: Int) -> Allocation { Allocation(bits: UInt32(index) + 64) }

  var register: PhysicalRegister? { bits < 64 ? PhysicalRegister(number: UInt8(bits)) : nil }
  var slot: Int? { bits >= 64 && self != .none ? Int(bits) - 64 : nil }
}

/// What an instruction does with a virtual register, and where it wants it.
struct MachineOperand: BitwiseCopyable {
  enum Role: UInt8, BitwiseCopyable {
    /// Read before anything is written: its register may be that of a result.
    case use
    /// Read, perhaps, after results were written: shares a register with no result.
    case lateUse
    /// Written after all `use`s were read.
    case definition
    /// Written, perhaps, before operands were read: shares a register with no operand. With a register that nobody reads, a
    /// temporary.
    case earlyDefinition
  }

  enum Constraint: UInt8, BitwiseCopyable {
    /// A register of its class.
    case register
    /// A register or a spill slot, whatever is cheaper: the instruction can take either.
    case any
    /// Exactly the physical register `detail`. The value may live elsewhere: it is copied there for the instruction, or from there
    /// behind it. So two uses may want one value in two registers, and a value that is used so may live on.
    case fixed
    /// A result in the same register as operand `detail` of the instruction, counted from 0, which is a `use` of constraint
    /// `register` or `any` that no other result is tied to. If that operand's value lives on, it is copied first.
    case sameAs
  }

  var register: VirtualRegister
  var role: Role
  var constraint: Constraint
  var detail: UInt8 = 0
  /// Filled in by the allocator.
  var allocation: Allocation = .none
}

/// One machine instruction. What is not about registers belongs to the backend.
struct MachineInstruction: BitwiseCopyable {
  /// The backend's.
  var opcode: UInt16
  /// Operand size, condition, scale: the backend's.
  var detail: UInt16 = 0
  var operandCount: UInt8 = 0
  /// Which registers it destroys, after uses were read and before definitions are written: an index of
  /// ``MachineFunction/clobbers``. Uses may stand in them, and so may definitions; late uses, early definitions and values that live
  /// on may not.
  var clobber: UInt8 = 0
  /// Raw value of a ``TrapCode``, or 0.
  var trap: UInt8 = 0
  /// Of an instruction with a `sameAs` result: that operand and the one behind it, a `use` of constraint `register` or `any` in the
  /// same class, mean the same in either order. The allocator exchanges them if that saves a copy.
  var isCommutative = false
  var firstOperand: UInt32 = 0
  var displacement: Int32 = 0
  var immediate: UInt64 = 0
  /// The offset in the module's binary.
  var source: UInt32 = 0
}

/// A function in machine instructions.
struct MachineFunction: ~Copyable {
  struct BlockRecord: BitwiseCopyable {
    /// At least one instruction. The last one has no definitions but temporaries, and destroys nothing; if the block has one edge
    /// only, it has no operands, since moves to the target's parameters happen in front of it.
    var firstInstruction: UInt32 = 0
    var instructionCount: UInt32 = 0
    /// In ``registers``.
    var firstParameter: UInt32 = 0
    var parameterCount: UInt32 = 0
    /// In ``edges``. A block with several successors leads to blocks with one predecessor only: critical edges are split.
    var firstEdge: UInt32 = 0
    var edgeCount: UInt32 = 0
    /// In ``predecessors``: numbers of blocks.
    var firstPredecessor: UInt32 = 0
    var predecessorCount: UInt32 = 0
    /// How many loops it stands in.
    var loopDepth: UInt32 = 0
    /// How often it runs, as far as branches tell, for each time that these go around.
    var likelihood: Float = 1
    var isCold = false
    var isLoopHeader = false
    /// The number of the last block, in layout order, of the loop that this is the header of. Like depths, likelihood and coldness, it matters for
    /// the quality of allocation, not for its correctness.
    var loopEnd: UInt32 = 0
    /// Entered when the last call of its only predecessor (what destroys registers there) ends with an exception. No register is as
    /// it was then. Arguments and values that live into the block are older than the call. Results of the first instruction in fixed
    /// registers (the exception) are there from the block's beginning.
    var isLandingPad = false
    /// In ``moves``: those in front of its instructions, up to the next block's. The allocator fills it in.
    var firstMove: UInt32 = 0
  }

  struct EdgeRecord: BitwiseCopyable {
    var target: UInt32
    /// In ``registers``; as many as the target's parameters.
    var firstArgument: UInt32 = 0
    var argumentCount: UInt32 = 0
  }

  /// A move that the allocator wants. It must leave the flags as they are.
  struct Move: BitwiseCopyable {
    /// The instruction in front of which it happens.
    var position: UInt32
    var from: Allocation
    var to: Allocation
    /// The type of what is moved. Via the scratch registers, numbers may go through a register of the other class.
    var registerType: IRType
  }

  /// Blocks in the order of their code, all reachable. The entry is the first; it has no predecessors and no parameters: arguments are
  /// results of its first instruction. Blocks of a loop are neighbours, but for cold ones, which stand at the end.
  var blocks = FlatArray<BlockRecord>(minimumCapacity: 1 << 8)
  /// In the order of blocks, without gaps.
  var instructions = FlatArray<MachineInstruction>(minimumCapacity: 1 << 12)
  var operands = FlatArray<MachineOperand>(minimumCapacity: 1 << 13)
  var edges = FlatArray<EdgeRecord>(minimumCapacity: 1 << 8)
  var predecessors = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// Block parameters and arguments of edges.
  var registers = FlatArray<VirtualRegister>(minimumCapacity: 1 << 8)
  /// By virtual register: the type, which also says the class and the size of its spill slot.
  var types = FlatArray<IRType>(minimumCapacity: 1 << 11)
  /// Sets of registers that instructions destroy; number 0 is empty. The same for all functions.
  var clobbers: [RegisterSet] = [[]]

  // What the allocator fills in, besides the operands' allocations.
  /// In the order of their positions; those of one position happen at the same time, in effect: the allocator has put them in order,
  /// and cycles are broken by the scratch registers.
  var moves = FlatArray<Move>(minimumCapacity: 1 << 8)
  /// The spill slots that the frame needs, 8 bytes each.
  var spillSlotCount = 0

  init() {}

  mutating func removeAll() {
    blocks.removeAll()
    instructions.removeAll()
    operands.removeAll()
    edges.removeAll()
    predecessors.removeAll()
    registers.removeAll()
    types.removeAll()
    moves.removeAll()
    spillSlotCount = 0
  }

  mutating func makeRegister(_ type: IRType) -> VirtualRegister {
    types.append(type)
    return VirtualRegister(types.count - 1)
  }

  /// Where the moves of a block stand in ``moves``.
  @inline(__always)
  func moves(of block: Int) -> Range<Int> {
    let end = block + 1 < blocks.count ? Int(blocks[block + 1].firstMove) : moves.count
    return Int(blocks[block].firstMove)..<end
  }

  @inline(__always)
  func operands(of instruction: Int) -> FlatSlice<MachineOperand> {
    let start = Int(instructions[instruction].firstOperand)
    return operands[start..<start + Int(instructions[instruction].operandCount)]
  }
}

/// The registers that a machine offers to the allocator.
struct RegisterFile {
  /// In the order in which they are preferred.
  var integers: [PhysicalRegister]
  var vectors: [PhysicalRegister]
  /// For moves from slot to slot and cycles; never allocated.
  var integerScratch: PhysicalRegister
  var vectorScratch: PhysicalRegister
}
