/// The functions, written in Swift, that compiled code calls for what is rare or large. The raw value is the place in the table that
/// `InstanceContext.runtimeTable` points to. All get the instance's context first; references and pointers are 64-bit.
///
/// What may trap returns 0, having recorded why in the store; compiled code then traps as "recorded".
package enum RuntimeFunction: UInt32, CaseIterable {
  /// (memory, pages as i64) → old size in pages, or -1, as i64.
  case memoryGrow
  /// (memory, address, value as i32, count; all else i64) → i32 status.
  case memoryFill
  /// (target memory << 32 | source memory, target, source, count) → i32 status.
  case memoryCopy
  /// (segment << 32 | memory, target, source, count) → i32 status.
  case memoryInit
  /// (segment)
  case dataDrop
  /// (table, value, count) → old size or -1, as i64.
  case tableGrow
  /// (table, start, value, count) → i32 status.
  case tableFill
  /// (target table << 32 | source table, target, source, count) → i32 status.
  case tableCopy
  /// (segment << 32 | table, target, source, count) → i32 status.
  case tableInit
  /// (segment)
  case elementDrop
  /// (canonical type, size in bytes) → a zeroed structure, or 0. Called when the window is used up.
  case allocateStructure
  /// (canonical type, length) → a zeroed array, or 0.
  case allocateArray
  /// (canonical type << 32 | segment, offset, length) → array, or 0.
  case arrayNewData
  case arrayNewElement
  /// (canonical type, array, offset, value bits, length, value's upper half) → i32 status.
  case arrayFill
  /// (canonical target type, target, target offset, source, source offset, length) → i32 status.
  case arrayCopy
  /// (canonical type << 32 | segment, array, offset, source offset, length) → i32 status.
  case arrayInitData
  case arrayInitElement
  /// (reference, heap type to test for in canonical form, flags) → i32; for tests that inline code does not decide.
  case isInstance
  /// (tag index, payload slots in the overflow buffer) — does not return.
  case throwException
  /// (exception) — does not return.
  case rethrowException
  /// (effective host address, expected, timeout, memory) → i32 result, -1 recorded trap.
  case atomicWait32
  case atomicWait64
  /// (effective host address, count, memory) → i32.
  case atomicNotify
}
