/// The registers that calls use, and those of the allocator.
enum RegisterConvention {
  static let integerArguments: [PhysicalRegister] = [.rdi, .rsi, .rdx, .rcx, .r8, .r9]
  static let integerResults: [PhysicalRegister] = [.rax, .rdx, .rcx, .rsi, .rdi, .r8]
  /// The number of registers for float and vector arguments or results, from `xmm0` on.
  static let vectorCount = 8
  /// After the context, which is the first argument.
  static let runtimeArguments: [PhysicalRegister] = [.rsi, .rdx, .rcx, .r8, .r9]

  /// Dedicated registers for values that generated code needs everywhere.
  static let context = PhysicalRegister.r15
  static let memoryBase = PhysicalRegister.r14
  /// Available within each instruction; the allocator uses them for its moves.
  static let scratch = PhysicalRegister.r11
  static let vectorScratch = PhysicalRegister.xmm15

  /// Where the out-of-line trap of an access's check leaves the address and the memory's index, for the message.
  static let accessAddress = scratch
  static let accessContainer = PhysicalRegister.rax

  static let registerFile = RegisterFile(
    // Registers with short encodings first, and among them those that calls do not use.
    integers: [.rax, .rcx, .rdx, .rsi, .rdi, .rbx, .r8, .r9, .r10, .r12, .r13],
    vectors: (0..<15).map { .xmm($0) }, integerScratch: scratch, vectorScratch: vectorScratch)

  /// The sets of registers that instructions clobber, by ``MachineInstruction/clobber``.
  static let clobbers: [RegisterSet] = [[], everything, everything.subtracting(calleeSaved), RegisterSet(.rax)]
  static let callClobber: UInt8 = 1
  static let runtimeCallClobber: UInt8 = 2
  static let raxClobber: UInt8 = 3

  private static let everything = RegisterSet(
    (registerFile.integers + registerFile.vectors).map { RegisterSet($0) })
  /// The registers that C functions preserve.
  private static let calleeSaved: RegisterSet = [RegisterSet(.rbx), RegisterSet(.r12), RegisterSet(.r13)]

  /// Assigns locations to arguments or results in order: a register, or the next cell of the overflow buffer.
  struct Places {
    let integers: [PhysicalRegister]
    private var integerCount = 0
    private var vectorCount = 0
    private(set) var overflowCount = 0

    init(_ integers: [PhysicalRegister]) { self.integers = integers }

    /// Nil if the value is in the overflow buffer, in cell ``overflowCount`` - 1.
    mutating func next(_ type: IRType) -> PhysicalRegister? {
      if type.isFloatOrVector {
        if vectorCount < RegisterConvention.vectorCount {
          vectorCount += 1
          return .xmm(vectorCount - 1)
        }
      } else if integerCount < integers.count {
        integerCount += 1
        return integers[integerCount - 1]
      }
      overflowCount += 1
      return nil
    }

    /// The offset in the overflow buffer of the last value from ``next(_:)``.
    var overflowOffset: Int32 { Int32(16 * (overflowCount - 1)) }
  }
}
