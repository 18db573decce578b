import WebAssembly

// The output of instruction selection, which register allocation completes and emission encodes. Nothing here knows what an instruction
// does, only which registers it reads and writes.

package enum RegisterClass: UInt8, BitwiseCopyable {
  case integer, vector
}

/// A machine register: 0 to 31 in the integer class, 32 to 63 in the vector class.
package struct PhysicalRegister: Hashable, BitwiseCopyable {
  package var number: UInt8

  package init(_ registerClass: RegisterClass, _ index: Int) {
    number = UInt8(index) + (registerClass == .vector ? 32 : 0)
  }
  package init(number: UInt8) { self.number = number }

  package var registerClass: RegisterClass { number < 32 ? .integer : .vector }
  /// Its number in its class, as in encodings.
  package var index: Int { Int(number & 31) }
}

/// A set of physical registers.
package struct RegisterSet: OptionSet, BitwiseCopyable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package init(_ register: PhysicalRegister) { rawValue = 1 << UInt64(register.number) }

  package func contains(_ register: PhysicalRegister) -> Bool { rawValue >> UInt64(register.number) & 1 != 0 }
}

/// One of an unlimited number of registers. It has one definition, or is a block's parameter.
package struct VirtualRegister: Hashable, BitwiseCopyable {
  package var number: UInt32

  package init(_ number: Int) { self.number = UInt32(number) }

  package var index: Int { Int(number) }
}

/// The location of an operand: a register, or a spill slot of the frame.
package struct Allocation: Hashable, BitwiseCopyable {
  /// Registers as their numbers; spill slots from 64 on.
  package var bits: UInt32

  package static let none = Allocation(bits: .max)
  package static func register(_ register: PhysicalRegister) -> Allocation { Allocation(bits: UInt32(register.number)) }
  /// A spill slot: 8 bytes of the frame; a vector of 128 bits takes two, and its number is even.
  package static func slot(_ index: Int) -> Allocation { Allocation(bits: UInt32(index) + 64) }

  package var register: PhysicalRegister? { bits < 64 ? PhysicalRegister(number: UInt8(bits)) : nil }
  package var slot: Int? { bits >= 64 && self != .none ? Int(bits) - 64 : nil }
}

/// How an instruction uses a virtual register, and the constraint on its location.
package struct MachineOperand: BitwiseCopyable {
  package enum Role: UInt8, BitwiseCopyable {
    /// Read before anything is written: a result may share its register.
    case use
    /// Possibly read after results were written: no result may share its register.
    case lateUse
    /// Written after all `use`s were read.
    case definition
    /// Possibly written before operands were read: no operand may share its register. If the register is never read, it is a temporary.
    case earlyDefinition
  }

  package enum Constraint: UInt8, BitwiseCopyable {
    /// A register of its class.
    case register
    /// A register or a spill slot: the instruction can take either.
    case any
    /// Exactly the physical register `detail`. The value may live elsewhere: it is copied there before the instruction, or from there
    /// after it. So two uses can require one value in two registers, and the value can live on.
    case fixed
    /// A result in the same register as operand `detail` of the instruction, counted from 0. That operand is a `use` with constraint
    /// `register` or `any`, and no other result is tied to it. If its value lives on, it is copied first.
    case sameAs
  }

  package var register: VirtualRegister
  package var role: Role
  package var constraint: Constraint
  package var detail: UInt8 = 0
  /// Set by the allocator.
  package var allocation: Allocation = .none
}

/// One machine instruction. Everything except registers belongs to the backend.
package struct MachineInstruction: BitwiseCopyable {
  /// The backend's opcode.
  package var opcode: UInt16
  /// Operand size, condition or scale, as the backend defines it.
  package var detail: UInt16 = 0
  package var operandCount: UInt8 = 0
  /// The clobbered registers, as an index in ``MachineFunction/clobbers``. They are clobbered after uses were read and before definitions
  /// are written: uses and definitions may be in them; late uses, early definitions and values that live on may not.
  package var clobber: UInt8 = 0
  /// The raw value of a ``TrapCode``, or 0.
  package var trap: UInt8 = 0
  /// For an instruction with a `sameAs` result: whether that operand and the next one, a `use` with constraint `register` or `any` in the
  /// same class, can be swapped. The allocator swaps them if that saves a copy.
  package var isCommutative = false
  package var firstOperand: UInt32 = 0
  package var displacement: Int32 = 0
  package var immediate: UInt64 = 0
  /// The offset in the module's binary.
  package var source: UInt32 = 0
}

/// A function in machine instructions.
package struct MachineFunction: ~Copyable {
  package struct BlockRecord: BitwiseCopyable {
    /// At least one instruction. The last one has no definitions except temporaries, and clobbers nothing; if the block has only one
    /// edge, it has no operands, since moves to the target's parameters are inserted before it.
    package var firstInstruction: UInt32 = 0
    package var instructionCount: UInt32 = 0
    /// A range of ``registers``.
    package var firstParameter: UInt32 = 0
    package var parameterCount: UInt32 = 0
    /// A range of ``edges``. The successors of a block with several have only one predecessor: critical edges are split.
    package var firstEdge: UInt32 = 0
    package var edgeCount: UInt32 = 0
    /// A range of ``predecessors``, which are block numbers.
    package var firstPredecessor: UInt32 = 0
    package var predecessorCount: UInt32 = 0
    /// The number of loops that contain it.
    package var loopDepth: UInt32 = 0
    /// How often it runs per iteration of its loops, estimated from branches.
    package var likelihood: Float = 1
    package var isCold = false
    package var isLoopHeader = false
    /// For a loop header, the number of the loop's last block in layout order. Like depth, likelihood and coldness, it affects only the
    /// quality of the allocation.
    package var loopEnd: UInt32 = 0
    /// Entered when the last call of its only predecessor (the last clobber there) ends with an exception. No register survives.
    /// Arguments and values that are live into the block are defined before the call. Results of the first instruction in fixed registers
    /// (the exception) are valid from the block's start.
    package var isLandingPad = false
    /// The start in ``moves`` of the moves before its instructions, up to the next block's. Set by the allocator.
    package var firstMove: UInt32 = 0
  }

  package struct EdgeRecord: BitwiseCopyable {
    package var target: UInt32
    /// A range of ``registers``, as long as the target's parameters.
    package var firstArgument: UInt32 = 0
    package var argumentCount: UInt32 = 0
  }

  /// A move inserted by the allocator. It must preserve the flags.
  package struct Move: BitwiseCopyable {
    /// The instruction before which it happens.
    package var position: UInt32
    package var from: Allocation
    package var to: Allocation
    /// The type of the value. A number can pass through a scratch register of the other class.
    package var registerType: IRType
  }

  /// Blocks in layout order, all reachable. The first is the entry, which has no predecessors and no parameters: arguments are results of
  /// its first instruction. Blocks of a loop are adjacent, except for cold ones, which are at the end.
  package var blocks = FlatArray<BlockRecord>(minimumCapacity: 1 << 8)
  /// In the order of blocks, without gaps.
  package var instructions = FlatArray<MachineInstruction>(minimumCapacity: 1 << 12)
  package var operands = FlatArray<MachineOperand>(minimumCapacity: 1 << 13)
  package var edges = FlatArray<EdgeRecord>(minimumCapacity: 1 << 8)
  package var predecessors = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// Block parameters and arguments of edges.
  package var registers = FlatArray<VirtualRegister>(minimumCapacity: 1 << 8)
  /// By virtual register: the type, which also gives the class and the size of its spill slot.
  package var types = FlatArray<IRType>(minimumCapacity: 1 << 11)
  /// The sets of clobbered registers; number 0 is empty. The same for all functions.
  package var clobbers: [RegisterSet] = [[]]

  // The output of the allocator, besides the operands' allocations.
  /// In the order of their positions. Moves at one position are in execution order and have the effect of parallel moves; cycles are
  /// broken by the scratch registers.
  package var moves = FlatArray<Move>(minimumCapacity: 1 << 8)
  /// The number of spill slots in the frame, 8 bytes each.
  package var spillSlotCount = 0

  package init() {}

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

  /// The range of a block's moves in ``moves``.
  @inline(__always)
  package func moves(of block: Int) -> Range<Int> {
    let end = block + 1 < blocks.count ? Int(blocks[block + 1].firstMove) : moves.count
    return Int(blocks[block].firstMove)..<end
  }

  @inline(__always)
  package func operands(of instruction: Int) -> FlatSlice<MachineOperand> {
    let start = Int(instructions[instruction].firstOperand)
    return operands[start..<start + Int(instructions[instruction].operandCount)]
  }
}

/// The registers of a machine that the allocator can use.
package struct RegisterFile {
  /// In the order of preference.
  package var integers: [PhysicalRegister]
  package var vectors: [PhysicalRegister]
  /// For slot-to-slot moves and cycles; never allocated.
  package var integerScratch: PhysicalRegister
  package var vectorScratch: PhysicalRegister
}
