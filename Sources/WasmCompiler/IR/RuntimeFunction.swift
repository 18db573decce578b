/// The functions, written in Swift, that compiled code calls for rare or large operations. The raw value is the index in the table of
/// `InstanceContext.runtimeTable`. The first argument is the instance's context; at most five more follow.
///
/// Indices of memories, tables, segments and tags, canonical types, lengths of arrays and flags are `i32`; addresses, indices into
/// tables, counts of bytes and elements, references and the bits of values are `i64`. (A C function may take either as 64 bits, since the
/// upper half of an `i32`'s register is zero.)
///
/// A status is an `i32`: 1, or 0 after a trap, whose reason is recorded in the store. A function that returns a reference returns 0 then.
/// Compiled code traps with ``Instruction/recordedTrap``.
package enum RuntimeFunction: UInt32, CaseIterable {
  /// (memory, pages) → old size in pages, -1, or ``trappedGrowth``, as i64.
  case memoryGrow
  /// (memory) → its current size in bytes, as i64. Updates the memory's cell, after other threads grew a shared memory.
  case memoryByteCount
  /// (memory, address, value as i32, count) → status.
  case memoryFill
  /// (target memory, source memory, target address, source address, count) → status.
  case memoryCopy
  /// (segment, memory, target address, offset in the segment, count) → status.
  case memoryInit
  /// (segment)
  case dataDrop
  /// (table, value, count) → old size, -1, or ``trappedGrowth``, as i64.
  case tableGrow
  /// (table, start, value, count) → status.
  case tableFill
  /// (target table, source table, target index, source index, count) → status.
  case tableCopy
  /// (segment, table, target index, offset in the segment, count) → status.
  case tableInit
  /// (segment)
  case elementDrop
  /// (canonical type, size in bytes as i32) → a structure of that type, or an array of length 0 in memory of that size; all bytes after
  /// the header are zero. 0 if the heap is exhausted, without a recorded trap. Called when the window is used up, and for large
  /// structures with default values. (Memory from a window is not cleared: there compiled code writes the whole object.)
  case allocateStructure
  /// (canonical type, length) → a zeroed array; 0 if the heap is exhausted, without a recorded trap.
  case allocateArray
  /// (canonical type, segment, offset in bytes as i32, length) → array, or 0.
  case arrayNewData
  /// (canonical type, segment, offset as i32, length) → array, or 0.
  case arrayNewElement
  /// (array, offset as i32, value's bits, its upper half, length) → status. The array's header gives the element size.
  case arrayFill
  /// (target, target offset as i32, source, source offset as i32, length) → status.
  case arrayCopy
  /// (segment, array, offset as i32, offset in the segment as i32, length) → status.
  case arrayInitData
  case arrayInitElement
  /// (tag index) — does not return. The payload's slots are in the overflow buffer, as later in the ``ExceptionCell``: 8 bytes each, 16
  /// for a vector.
  case throwException
  /// (exception, not null) — does not return. Rethrows it.
  case rethrowException
  /// (exception) — does not return. Passes on an exception that a landing pad received and does not catch.
  case passException
  /// (memory, effective address, expected value as i64, timeout) → i32 result, or -1 for a recorded trap. Checks everything itself.
  case atomicWait32
  case atomicWait64
  /// (memory, effective address, count as i32) → i32 result, or -1 for a recorded trap.
  case atomicNotify
  /// (table, index): records why an indirect call finds no function; compiled code then traps with the recorded reason.
  case recordMissingCallee
  /// (function, type as i32): records that an indirect call finds a function with another type than this one of the module; compiled code
  /// then traps with the recorded reason.
  case recordMismatch
  /// (count as i64, cost, count's base-2 logarithm) → status. Takes the fuel for a number of units: see `FuelRate`.
  case chargeFuel

  // Called or jumped to only by stubs.
  /// What ``allocateStructure`` and the other allocating functions do: those are stubs that record the caller's frame for the collector.
  case makeStructure, makeArray, makeArrayFromData, makeArrayFromElements
  /// () → the size of the trap instruction at which fuel was used up, if there is more; 0 if the code traps there.
  case obtainFuel
  /// (function index, address of the `NativeModule`) → the address of the function's entry.
  case compileFunction
  /// (function's reference) → the address of the stub that calls out for functions of its shape, which also becomes the function's native
  /// entry; 0 if there is no memory for the stub, and then the store has the error.
  case exitStub
  /// (function's reference, slots) → 0, or an ``UnwindStatus``: calls a function that is not compiled.
  case callOut
  /// (tag index, frame) → ``UnwindStatus``.
  case raise
  /// (exception, frame) → ``UnwindStatus``.
  case raiseAgain
  case raiseFurther
  /// Continues according to the ``UnwindStatus`` in `eax`.
  case resume
  /// The return address of a function that was entered by a tail call from another instance: see ``Assembler/putRestoringContext()``.
  case restoreContext

  /// What a function that grows something returns after a trap, whose reason is recorded: -2, which is no size.
  package static let trappedGrowth = UInt64.max - 1
}
