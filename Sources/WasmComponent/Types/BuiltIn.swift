extension Component {
  /// A canonical built-in function; the raw value is its code in the binary format. (Component model, "Canonical Built-ins".)
  public enum BuiltIn: UInt8, Hashable, Sendable, CaseIterable {
    case resourceNew = 0x02
    case resourceDrop = 0x03
    case resourceRep = 0x04
    case taskCancel = 0x05
    case subtaskCancel = 0x06
    case taskReturn = 0x09
    case contextGet = 0x0A
    case contextSet = 0x0B
    case threadYield = 0x0C
    case subtaskDrop = 0x0D
    case streamNew = 0x0E
    case streamRead = 0x0F
    case streamWrite = 0x10
    case streamCancelRead = 0x11
    case streamCancelWrite = 0x12
    case streamDropReadable = 0x13
    case streamDropWritable = 0x14
    case futureNew = 0x15
    case futureRead = 0x16
    case futureWrite = 0x17
    case futureCancelRead = 0x18
    case futureCancelWrite = 0x19
    case futureDropReadable = 0x1A
    case futureDropWritable = 0x1B
    case errorContextNew = 0x1C
    case errorContextDebugMessage = 0x1D
    case errorContextDrop = 0x1E
    case waitableSetNew = 0x1F
    case waitableSetWait = 0x20
    case waitableSetPoll = 0x21
    case waitableSetDrop = 0x22
    case waitableJoin = 0x23
    case backpressureInc = 0x24
    case backpressureDec = 0x25
    case threadIndex = 0x26
    case threadNewIndirect = 0x27
    case threadResumeLater = 0x28
    case threadSuspend = 0x29
    case threadSuspendThenResume = 0x2A
    case threadYieldThenResume = 0x2B
    case threadSuspendThenPromote = 0x2C
    case threadYieldThenPromote = 0x2D
    case threadSpawnRef = 0x40
    case threadSpawnIndirect = 0x41
    case threadAvailableParallelism = 0x42

    /// A part of the definition after the name.
    public enum Immediate: Hashable, Sendable {
      case type, options, memory, coreType, table, result
      /// The type and the number of a slot.
      case slot
      case async, cancellable, shared

      /// The word in the text format, if it is a flag.
      public var flag: String? {
        switch self {
        case .async: "async"
        case .cancellable: "cancellable"
        case .shared: "shared"
        default: nil
        }
      }
    }

    /// A row of the table of built-in functions.
    public struct Row: Sendable {
      public var builtIn: BuiltIn
      /// The word in the text format.
      public var name: String
      /// In the order of both formats.
      public var immediates: [Immediate]
    }

    /// One row for each function.
    public static let rows: [Row] = [
      Row(builtIn: .resourceNew, name: "resource.new", immediates: [.type]),
      Row(builtIn: .resourceDrop, name: "resource.drop", immediates: [.type]),
      Row(builtIn: .resourceRep, name: "resource.rep", immediates: [.type]),
      Row(builtIn: .taskCancel, name: "task.cancel", immediates: []),
      Row(builtIn: .subtaskCancel, name: "subtask.cancel", immediates: [.async]),
      Row(builtIn: .taskReturn, name: "task.return", immediates: [.result, .options]),
      Row(builtIn: .contextGet, name: "context.get", immediates: [.slot]),
      Row(builtIn: .contextSet, name: "context.set", immediates: [.slot]),
      Row(builtIn: .threadYield, name: "thread.yield", immediates: [.cancellable]),
      Row(builtIn: .subtaskDrop, name: "subtask.drop", immediates: []),
      Row(builtIn: .streamNew, name: "stream.new", immediates: [.type]),
      Row(builtIn: .streamRead, name: "stream.read", immediates: [.type, .options]),
      Row(builtIn: .streamWrite, name: "stream.write", immediates: [.type, .options]),
      Row(builtIn: .streamCancelRead, name: "stream.cancel-read", immediates: [.type, .async]),
      Row(builtIn: .streamCancelWrite, name: "stream.cancel-write", immediates: [.type, .async]),
      Row(builtIn: .streamDropReadable, name: "stream.drop-readable", immediates: [.type]),
      Row(builtIn: .streamDropWritable, name: "stream.drop-writable", immediates: [.type]),
      Row(builtIn: .futureNew, name: "future.new", immediates: [.type]),
      Row(builtIn: .futureRead, name: "future.read", immediates: [.type, .options]),
      Row(builtIn: .futureWrite, name: "future.write", immediates: [.type, .options]),
      Row(builtIn: .futureCancelRead, name: "future.cancel-read", immediates: [.type, .async]),
      Row(builtIn: .futureCancelWrite, name: "future.cancel-write", immediates: [.type, .async]),
      Row(builtIn: .futureDropReadable, name: "future.drop-readable", immediates: [.type]),
      Row(builtIn: .futureDropWritable, name: "future.drop-writable", immediates: [.type]),
      Row(builtIn: .errorContextNew, name: "error-context.new", immediates: [.options]),
      Row(builtIn: .errorContextDebugMessage, name: "error-context.debug-message", immediates: [.options]),
      Row(builtIn: .errorContextDrop, name: "error-context.drop", immediates: []),
      Row(builtIn: .waitableSetNew, name: "waitable-set.new", immediates: []),
      Row(builtIn: .waitableSetWait, name: "waitable-set.wait", immediates: [.cancellable, .memory]),
      Row(builtIn: .waitableSetPoll, name: "waitable-set.poll", immediates: [.cancellable, .memory]),
      Row(builtIn: .waitableSetDrop, name: "waitable-set.drop", immediates: []),
      Row(builtIn: .waitableJoin, name: "waitable.join", immediates: []),
      Row(builtIn: .backpressureInc, name: "backpressure.inc", immediates: []),
      Row(builtIn: .backpressureDec, name: "backpressure.dec", immediates: []),
      Row(builtIn: .threadIndex, name: "thread.index", immediates: []),
      Row(builtIn: .threadNewIndirect, name: "thread.new-indirect", immediates: [.coreType, .table]),
      Row(builtIn: .threadResumeLater, name: "thread.resume-later", immediates: []),
      Row(builtIn: .threadSuspend, name: "thread.suspend", immediates: [.cancellable]),
      Row(builtIn: .threadSuspendThenResume, name: "thread.suspend-then-resume", immediates: [.cancellable]),
      Row(builtIn: .threadYieldThenResume, name: "thread.yield-then-resume", immediates: [.cancellable]),
      Row(builtIn: .threadSuspendThenPromote, name: "thread.suspend-then-promote", immediates: [.cancellable]),
      Row(builtIn: .threadYieldThenPromote, name: "thread.yield-then-promote", immediates: [.cancellable]),
      Row(builtIn: .threadSpawnRef, name: "thread.spawn-ref", immediates: [.shared, .coreType]),
      Row(builtIn: .threadSpawnIndirect, name: "thread.spawn-indirect", immediates: [.shared, .coreType, .table]),
      Row(builtIn: .threadAvailableParallelism, name: "thread.available-parallelism", immediates: [.shared]),
    ]

    private static let rowsByCode: [UInt8: Row] = Dictionary(
      uniqueKeysWithValues: rows.map { ($0.builtIn.rawValue, $0) })

    /// The row of this function.
    public var row: Row {
      guard let row = Self.rowsByCode[rawValue] else { preconditionFailure("each built-in function has a row") }
      return row
    }

    /// The function with a name of the text format.
    public init?(name: String) {
      guard let row = Self.rows.first(where: { $0.name == name }) else { return nil }
      self = row.builtIn
    }
  }
}
