import ModuleGenerator
import Needletail

/// The observable behaviour of a module: the outcome of each call, and the contents of globals, tables and memories
/// afterwards.
///
/// All exported functions are called with random numbers and null references. If the module exports fuel as `g0`, it is
/// refilled before each call. Every import is defined: those of ``HostFunction``, and stand-ins for all others. Of
/// unordered functions (see `ModuleGenerator`) only complaints are recorded.
public struct Execution: Equatable {
  public struct Call: Equatable {
    public var function: String
    public var arguments: [Value]
    public var outcome: Outcome
    /// The fuel that is left, if the engine counts it.
    public var fuel: UInt64?

    public static func == (a: Call, b: Call) -> Bool {
      a.function == b.function && a.outcome == b.outcome && a.fuel == b.fuel
    }
  }

  public enum Outcome: Equatable {
    case results([String])
    /// The trap's message, and the frames: functions and offsets.
    case trap(String, frames: [String])
    case exception([String], frames: [String])
    case error(String)
    /// The call was ended by a limit, by stack overflow or by the watchdog. Engines reach these at different times.
    case unfinished(String)
  }

  /// Limits on resources and time, for modules that may not terminate.
  public struct Bounds: Sendable {
    public var store: Store.Limits
    /// The time limit for instantiation and all calls together. The engine must be interruptible.
    public var milliseconds: Int

    public init(store: Store.Limits, milliseconds: Int) {
      self.store = store
      self.milliseconds = milliseconds
    }
  }

  /// The calls; only one, named ``instantiation``, if instantiation failed.
  public private(set) var calls: [Call] = []
  public private(set) var globals: [(name: String, value: String)] = []
  public private(set) var tables: [(name: String, content: String)] = []
  public private(set) var memories: [(name: String, hash: UInt32)] = []

  /// Calls of stand-ins that take only numbers.
  public private(set) var log: [String] = []
  /// The first error that the module itself reported.
  public private(set) var complaint: String?

  private let fuel: Int32
  private let onlyNumbers: Bool
  private let isPaused: Bool

  public static let instantiation = "(instantiation)"

  /// Whether no call was ended early. Nothing is recorded after an unfinished call.
  public var isFinished: Bool { if case .unfinished = calls.last?.outcome { false } else { true } }

  public static func == (a: Execution, b: Execution) -> Bool { a.difference(to: b) == nil }

  /// The number of calls of each function, with different arguments, and the fuel for them together.
  private static let callCount = 3
  static let usualFuel: Int32 = 200
  /// The number of elements compared per table.
  private static let elementCount: UInt64 = 100

  /// - Parameters:
  ///   - throughArtifact: whether to compile the module, write it, and load the result.
  ///   - fuel: the fuel for each call, if the module uses fuel.
  ///   - onlyNumbers: whether to skip functions that take or return vectors or references.
  ///   - bounds: limits; nil for modules that terminate.
  ///   - isPaused: whether calls get their fuel in parts, and are suspended at random points.
  /// - Throws: an error if the module cannot be loaded.
  public init(
    _ bytes: [UInt8], seed: UInt64, engine: Engine, throughArtifact: Bool = false, fuel: Int32? = nil,
    onlyNumbers: Bool = false, bounds: Bounds? = nil, isPaused: Bool = false
  ) throws {
    self.fuel = fuel ?? Self.usualFuel
    self.onlyNumbers = onlyNumbers
    self.isPaused = isPaused
    var module = try Module(engine, bytes: bytes)
    if throughArtifact { module = try Module(engine, unsafeArtifact: Artifact(module.artifact(), .whenUsed)) }
    let store = try Store(engine, limits: bounds?.store ?? Store.Limits())
    if let bounds {
      Watchdog.shared.watch(store, milliseconds: bounds.milliseconds) { run(module, in: store, seed) }
    } else {
      run(module, in: store, seed)
    }
  }

  private mutating func run(_ module: Module, in store: Store, _ seed: UInt64) {
    // The number of frames to compare: finding all offsets is slow.
    let frameCount = seed % 8 == 0 ? 20 : 1
    let host = StandInHost()
    // Objects that remain when the store is destroyed must not call the guest.
    defer { host.objects.released = nil }
    let instance: Instance
    store.fuel = .max
    do {
      instance = try host.linker(for: module, in: store).instantiate(module, in: store)
    } catch {
      let outcome = Self.outcome(of: error, frameCount, store)
      calls.append(Call(function: Self.instantiation, arguments: [], outcome: outcome))
      return
    }
    callExports(of: instance, host.objects, seed, frameCount)
    log = host.log
    complaint = host.complaint
    if isFinished { describe(instance.exports) }
  }

  private mutating func callExports(
    of instance: Instance, _ objects: GuestObjects, _ seed: UInt64, _ frameCount: Int
  ) {
    var choices = Choices(seed: seed ^ 0x5EED)
    var pauses = Choices(seed: seed ^ 0xFA5E)
    let exports = instance.exports
    let fuel = exports.lazy.compactMap { Self.fuel($0.name, $0.item) }.first
    // When objects are released, which calls a function, is not determined.
    let isMetered = instance.store.engine.configuration.fuel != nil && instance.function("released") == nil
    for (name, item) in exports {
      guard case .function(let function) = item, name != "released",
        function.type.parameters.allSatisfy(\.isDefaultable)
      else { continue }
      if onlyNumbers, !(function.type.parameters + function.type.results).allSatisfy(\.isNumber) { continue }
      if name.hasPrefix("u"), let released = instance.function("released") {
        callUnordered(name, function, objects, released)
        continue
      }
      for _ in 0..<Self.callCount {
        try? fuel?.set(.i32(self.fuel))
        instance.store.fuel = isMetered ? Self.amount(&choices) : .max
        let arguments = function.type.parameters.map { Self.argument($0, &choices) }
        let outcome: Outcome
        do {
          let results =
            isPaused && isMetered ? try pausedCall(function, arguments, &pauses) : try function.call(arguments)
          outcome = .results(results.map(Self.text))
        } catch {
          outcome = Self.outcome(of: error, frameCount, instance.store)
        }
        calls.append(
          Call(
            function: name, arguments: arguments, outcome: outcome, fuel: isMetered ? instance.store.fuel : nil))
        guard isFinished else { return }
      }
    }
  }

  /// Calls a function that gets the store's fuel in parts, and is suspended between them.
  private func pausedCall(_ function: Function, _ arguments: [Value], _ pauses: inout Choices) throws -> [Value] {
    let store = function.store
    let rest = FuelParts(store.fuel, Choices(seed: pauses.bits()))
    store.fuel = rest.next()
    store.yieldInterval = pauses.below(4) == 0 ? nil : UInt64(1 + pauses.below(3_000))
    defer {
      store.yieldInterval = nil
      store.fuel += rest.amount
    }
    do {
      return try InlineExecutor.run {
        try await function.callAsync(
          arguments,
          refill: { request in
            if rest.isRare { await Task.yield() }
            return rest.next(request.missing)
          })
      }
    } catch let trap as Trap where trap.code == .outOfFuel {
      // A cost above the largest amount is refused at once.
      rest.amount = 0
      throw trap
    }
  }

  /// Fuel for a call: often enough for all of it.
  private static func amount(_ choices: inout Choices) -> UInt64 {
    switch choices.below(4) {
    case 0: UInt64(choices.below(300))
    case 1: UInt64(choices.below(30_000))
    default: .max
    }
  }

  /// Calls a function that creates objects whose release calls another function.
  private func callUnordered(_ name: String, _ function: Function, _ objects: GuestObjects, _ released: Function) {
    objects.released = released
    for _ in 0..<Self.callCount {
      do { try function.call() } catch { objects.complain(of: name, error) }
    }
  }

  private static func fuel(_ name: String, _ item: Extern) -> Global? {
    guard name == "g0", case .global(let global) = item, global.type.value == .i32, global.type.isMutable else {
      return nil
    }
    return global
  }

  private static func argument(_ type: ValueType, _ choices: inout Choices) -> Value {
    switch type {
    case .i32: return .i32(Int32(truncatingIfNeeded: choices.interesting()))
    case .i64: return .i64(Int64(bitPattern: choices.interesting()))
    case .f32: return .f32(Float(choices.interestingFloat()))
    case .f64: return .f64(choices.interestingFloat())
    default:
      if let reference = type.referenceType { return .null(reference.heapType) }
      var vector = SIMD2<UInt64>()
      for lane in 0..<2 { vector[lane] = choices.bits() }
      return .v128(unsafeBitCast(vector, to: SIMD16<UInt8>.self))
    }
  }

  private static func outcome(of error: any Error, _ frameCount: Int, _ store: Store) -> Outcome {
    switch error {
    case let trap as Trap where trap.code.depends:
      .unfinished(trap.message)
    case let trap as Trap:
      .trap(trap.message, frames: frames(trap.backtrace, frameCount))
    case let exception as Exception:
      .exception(((try? exception.payload(in: store)) ?? []).map(text), frames: frames(exception.backtrace, frameCount))
    case let limit as LimitExceeded:
      .unfinished("\(limit)")
    default:
      .error("\(error)")
    }
  }

  private static func frames(_ backtrace: [Trap.Frame], _ count: Int) -> [String] {
    backtrace.prefix(count).map { "function \($0.functionIndex) at \($0.offset ?? 0)" }
  }

  private mutating func describe(_ exports: [(name: String, item: Extern)]) {
    for (name, item) in exports {
      switch item {
      case .global(let global): globals.append((name, Self.text(global.value)))
      case .table(let table):
        let elements = (0..<min(table.count, Self.elementCount)).map { (try? table.get($0)).map(Self.text) ?? "error" }
        tables.append((name, "\(table.count) elements: \(elements.joined(separator: " "))"))
      case .memory(let memory): memories.append((name, Self.hash(memory)))
      default: break
      }
    }
  }

  /// The CRC-32 of a memory's bytes up to the last non-zero one, continued with the size of the memory.
  private static func hash(_ memory: Memory) -> UInt32 {
    memory.withUnsafeMutableBytes { bytes in
      var count = bytes.count
      while count >= 8, bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self) == 0 { count -= 8 }
      var checksum = Checksum()
      checksum.add(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { checksum.add($0) }
      return checksum.value
    }
  }

  // MARK: Comparing

  /// The first difference. If one of the executions is unfinished, later parts are not compared.
  public func difference(to other: Execution) -> String? {
    if other.complaint != complaint { return other.complaint ?? "no complaint" }
    for (index, (x, y)) in zip(calls, other.calls).enumerated() {
      if case .unfinished = x.outcome { return nil }
      if case .unfinished = y.outcome { return nil }
      guard x.fuel == y.fuel || x.outcome != y.outcome else {
        return "call \(index), of \(x.function): fuel \(x.fuel ?? 0) became \(y.fuel ?? 0)"
      }
      guard x == y else {
        return "call \(index), of \(x.function) with \(x.arguments.map(Self.text)): \(x.outcome) became \(y.outcome)"
      }
    }
    guard calls.count == other.calls.count else { return "\(calls.count) calls became \(other.calls.count)" }
    for (x, y) in zip(log, other.log) where x != y { return "a call of the host's: \(x) became \(y)" }
    if log.count != other.log.count { return "\(log.count) calls of the host's became \(other.log.count)" }
    for (x, y) in zip(globals, other.globals) where x != y { return "\(x.name): \(x.value) became \(y.value)" }
    for (x, y) in zip(tables, other.tables) where x != y { return "\(x.name): \(x.content) became \(y.content)" }
    for (x, y) in zip(memories, other.memories) where x != y { return "the content of \(x.name)" }
    return nil
  }
}

/// Fuel that is given in parts of random size.
private final class FuelParts {
  var amount: UInt64
  private var choices: Choices
  private var count = 0

  init(_ amount: UInt64, _ choices: Choices) {
    self.amount = amount
    self.choices = choices
  }

  /// True for one part in four.
  var isRare: Bool { choices.below(4) == 0 }

  /// The next part, which may be less than what is missing. Later ones are larger, so that there are not too many.
  func next(_ missing: UInt64 = 0) -> UInt64 {
    count += 1
    let size = UInt64(1 + choices.below(count < 100 ? 500 : 1 << 30))
    let part = min(amount, choices.below(2) == 0 ? size : missing &+ size)
    amount -= part
    return part
  }
}

extension TrapCode {
  /// Whether engines may differ in when code ends for this reason.
  fileprivate var depends: Bool {
    switch self {
    case .callStackExhausted, .allocationFailure, .interrupted: true
    default: false
    }
  }
}
