/// Assembles stubs, which are the code between Swift and compiled functions, one after another.
package protocol StubAssembler: ~Copyable {
  init()

  /// The number of bytes so far, which is the offset of the next stub.
  var count: Int { get }

  /// The C function (slots, context, entry) → status by which Swift calls compiled functions of a shape. The status is 0 if the function
  /// returned, and a value of ``UnwindStatus`` otherwise.
  mutating func putEntryStub(_ shape: CallShape)

  /// Puts the entry, for compiled code, of functions that are not compiled: host functions and interpreted ones.
  ///
  /// - Returns: the offset of the instruction that traps if the stack of slots is exhausted.
  mutating func putExitStub(_ shape: CallShape) -> Int

  /// Puts the code of an interpreted function in a module's code: it enters the interpreter.
  ///
  /// - Parameter index: the function's index in the index space of the module.
  mutating func putRefusedFunction(_ index: UInt32)

  /// Puts the stubs that all code shares.
  ///
  /// - Returns: the offset of each of them, by its number.
  mutating func putCommonStubs() -> [Int]

  /// Puts a stub of ``lazyStubByteCount`` bytes for each function, which jumps to the address in a word; and after them the code for
  /// functions that are not compiled.
  ///
  /// - Parameters:
  ///   - count: the number of functions that the module defines.
  ///   - importedCount: the number of imported functions, which is the index of the first stub's function.
  ///   - compilesAtFirstCall: whether that code has the function compiled, or calls it by its record, in the interpreter.
  ///   - word: the offset, from the first stub, of a function's word, by number; word `count` holds the address of the `NativeModule`.
  mutating func putLazyStubs(count: Int, importedCount: Int, compilesAtFirstCall: Bool, word: (Int) -> Int)

  /// The size of a lazy stub.
  static var lazyStubByteCount: Int { get }
  /// The offset, in a lazy stub, of its code for a function that is not compiled. The stub's word first points to it.
  static var uncompiledOffset: Int { get }

  /// Resolves jumps.
  ///
  /// - Returns: the code.
  mutating func finishStubs() -> [UInt8]
}

/// A stub that all engines of a process share.
package enum CommonStub: Int, CaseIterable, Sendable {
  /// Continues an activation that ends early: jumped to with ``StoreContext/activation`` as the stack pointer.
  case landing
  /// Continues after a runtime function returned an ``UnwindStatus``: at a landing pad, or at ``landing``.
  case resume
  /// The entries of ``RuntimeFunction`` with the same names.
  case throwException, rethrowException, passException
  /// The entries of ``RuntimeFunction`` with the same names.
  case allocateStructure, allocateArray, arrayNewData, arrayNewElement
  /// The C function (body, argument) that calls `body` (argument, stack pointer) with all registers saved on the stack.
  case savingRegisters
  /// The C function (target, source, count) that copies words, at least one. It reads other functions' frames, which Swift code under
  /// a sanitizer must not do.
  case copyingWords
  /// The C function (function, argument, top) that calls a function on another stack.
  case switchingStacks
  /// See `StackSwitch`: the C functions (function, argument, top, saved) and (saved, target).
  case startingStack, changingStack
  /// Entered at the trap instruction of a charge, whose address is on the stack, with all registers as they are there: obtains fuel, and
  /// continues after the instruction, or at it if there is none.
  case obtainingFuel
  /// Returned to after a tail call to another instance: restores the caller's context.
  case restoreContext
  /// The first native entry of functions without compiled code: finds the stub for the function's shape, and enters it.
  case firstEntry
}

/// How compiled code continues after a runtime function that throws.
package enum UnwindStatus {
  /// The activation ends. The store has the error.
  package static let endActivation: Int32 = 1
  /// At the address in the store's `resumption…` fields.
  package static let landingPad: Int32 = 2
  /// The activation ends by a tail call of a function that is not compiled: see ``StoreContext/tailCallee``.
  package static let tailCall: Int32 = 3
}
