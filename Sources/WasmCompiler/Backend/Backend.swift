import WebAssembly

/// An instruction set: compiles a function's graph to machine code.
///
/// Everything that names a register, an encoding or a processor feature is in the folder of one backend. The rest of the compiler and
/// `WasmNative` use only these declarations. A backend keeps its memory between functions; each compiling thread has one.
///
/// Its ``StubAssembler`` is the nested type `Stubs`. (Swift 6.3 has no associated types without copies.)
///
/// The three stages run in this order for each function. ``Pipeline`` calls them.
package protocol Backend: ~Copyable {
  /// Reads and changes the registers of a thread in a signal handler.
  associatedtype Registers: InterruptedRegisters

  static var architecture: Architecture { get }

  /// The features of this machine's processor; none if it cannot be queried, or has another instruction set.
  static var nativeFeatures: ProcessorFeatures { get }

  /// What code for the baseline needs, for people: `x86-64 with SSE4.1`.
  static var baselineName: String { get }

  /// The usual name of each feature.
  static var featureNames: [(name: String, feature: ProcessorFeatures)] { get }

  init(_ facts: ModuleFacts, _ options: CompilerOptions)

  /// Lowers a graph to machine instructions with virtual registers.
  ///
  /// - Parameters:
  ///   - flow: the current control flow of the graph.
  ///   - knownBits: the known bits of values from the optimizer, by value; may be empty.
  mutating func select(
    _ graph: borrowing FunctionGraph, _ flow: borrowing ControlFlow, _ knownBits: borrowing FlatArray<KnownBits>
  ) throws(CompilationRefusal)

  /// Replaces virtual registers by registers and spill slots.
  mutating func allocateRegisters() throws(CompilationRefusal)

  /// Encodes the instructions.
  mutating func emit() throws(CompilationRefusal) -> CompiledFunction

  /// The machine instructions as text, before or after register allocation: for tests and `explore`.
  var listing: String { get }

  /// Writes the distance from a relocation to its target.
  ///
  /// - Parameters:
  ///   - place: the address of the relocation's bytes.
  ///   - distance: from there to the target, in bytes; less than ``CompiledFunction/maximumByteCount``.
  static func relocate(_ place: UnsafeMutableRawPointer, distance: Int)

  /// Whether the instruction at an address is the one that raises a trap (`ud2`, `udf`). Safe in signal handlers.
  static func isTrapInstruction(at address: UInt) -> Bool
  /// Its size.
  static var trapInstructionByteCount: Int { get }

  /// The byte that fills gaps between functions: executing it faults.
  static var fillByte: UInt8 { get }
}

/// The registers of an interrupted thread that trap handling needs. Safe in signal handlers: it allocates nothing.
package protocol InterruptedRegisters {
  /// - Parameter machineContext: the address of the thread's saved registers (`uc_mcontext`).
  init(_ machineContext: UnsafeMutableRawPointer)

  /// The address of the instruction that was interrupted.
  var programCounter: UInt { get nonmutating set }
  var stackPointer: UInt { get nonmutating set }
  var framePointer: UInt { get }
  /// The register that holds the `InstanceContext` in compiled code.
  var instanceContext: UInt { get }
  /// At the trap instruction of a check of an access: the address in the memory, or the index of the element; and the memory's index, or the
  /// address of the `TableCell` or the array.
  var accessAddress: UInt { get }
  var accessContainer: UInt { get }
  /// Whether the access that raised a fault was a write.
  var isWriting: Bool { get }
}
