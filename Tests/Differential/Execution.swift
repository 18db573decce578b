import ModuleGenerator
import Needletail

/// What running a module did: results or the reason of the end of each call, and what is in globals and memories behind it.
///
/// All exported functions are called with random numbers. If the module exports fuel as `g0`, it is filled up before each call. The
/// functions of ``HostFunction`` can be imported.
public struct Execution: Equatable {
  public struct Call: Equatable {
    public var function: String
    public var arguments: [Value]
    public var outcome: Outcome

    public static func == (a: Call, b: Call) -> Bool { a.function == b.function && a.outcome == b.outcome }
  }

  public enum Outcome: Equatable {
    case results([String])
    /// The reason, and the frames: functions and offsets.
    case trap(String, frames: [String])
    case exception([String], frames: [String])
    case error(String)
  }

  public private(set) var calls: [Call] = []
  public private(set) var globals: [(name: String, value: String)] = []
  public private(set) var memories: [(name: String, hash: UInt32)] = []

  public static func == (a: Execution, b: Execution) -> Bool { a.difference(to: b) == nil }

  /// How often each function is called, with other arguments, and how many loop iterations and calls those have together.
  private static let callCount = 3
  private static let fuel: Int32 = 200

  /// - Parameter throughArtifact: whether the module is compiled, written, and loaded from that.
  public init(_ bytes: [UInt8], seed: UInt64, engine: Engine, throughArtifact: Bool = false) throws {
    var choices = Choices(seed: seed ^ 0x5EED)
    var module = try Module(engine, bytes: bytes)
    if throughArtifact { module = try Module(engine, artifact: Artifact(module.artifact())) }
    let instance = try Self.linker(engine).instantiate(module, in: try Store(engine))
    // How far down frames are compared: all offsets take long to find.
    let frameCount = seed % 8 == 0 ? 20 : 1
    let exports = instance.exports
    let fuel = exports.lazy.compactMap { Self.fuel($0.name, $0.item) }.first
    for (name, item) in exports {
      guard case .function(let function) = item, let parameters = Self.numbers(function.type) else { continue }
      for _ in 0..<Self.callCount {
        try fuel?.set(.i32(Self.fuel))
        let arguments = parameters.map { Self.argument($0, &choices) }
        let outcome = Self.outcome(of: function, arguments, frameCount)
        calls.append(Call(function: name, arguments: arguments, outcome: outcome))
      }
    }
    for (name, item) in exports {
      switch item {
      case .global(let global) where !global.type.value.isReference: globals.append((name, Self.text(global.value)))
      case .memory(let memory): memories.append((name, Self.hash(memory)))
      default: break
      }
    }
  }

  private static func fuel(_ name: String, _ item: Extern) -> Global? {
    guard name == "g0", case .global(let global) = item, global.type.value == .i32, global.type.isMutable else {
      return nil
    }
    return global
  }

  /// The types of parameters, if arguments can be made for all of them.
  private static func numbers(_ type: FunctionType) -> [ValueType]? {
    type.parameters.contains(where: \.isReference) ? nil : type.parameters
  }

  // MARK: The host

  private static func linker(_ engine: Engine) throws -> Linker {
    let linker = Linker(engine)
    try linker.define("host", HostFunction.mix.rawValue) { (_: Caller, x: Int32, y: Int64) in HostFunction.mix(x, y) }
    try linker.define("host", HostFunction.trip.rawValue) { (_: Caller, x: Double, y: Int32) in
      guard let result = HostFunction.trip(x, y) else { throw Tripped() }
      return result
    }
    return linker
  }

  private struct Tripped: Error {}

  // MARK: Values

  private static func argument(_ type: ValueType, _ choices: inout Choices) -> Value {
    switch type {
    case .i32: return .i32(Int32(truncatingIfNeeded: choices.interesting()))
    case .i64: return .i64(Int64(bitPattern: choices.interesting()))
    case .f32: return .f32(Float(choices.interestingFloat()))
    case .f64: return .f64(choices.interestingFloat())
    default:
      var vector = SIMD2<UInt64>()
      for lane in 0..<2 { vector[lane] = choices.bits() }
      return .v128(unsafeBitCast(vector, to: SIMD16<UInt8>.self))
    }
  }

  private static func outcome(of function: Function, _ arguments: [Value], _ frameCount: Int) -> Outcome {
    do {
      return .results(try function.call(arguments).map(text))
    } catch let trap as Trap {
      return .trap(trap.message, frames: frames(trap.backtrace, frameCount))
    } catch let exception as Exception {
      return .exception(exception.payload.map(text), frames: frames(exception.backtrace, frameCount))
    } catch {
      return .error("\(error)")
    }
  }

  private static func frames(_ backtrace: [Trap.Frame], _ count: Int) -> [String] {
    backtrace.prefix(count).map { "function \($0.functionIndex) at \($0.offset ?? 0)" }
  }

  /// A value, by its bits.
  public static func text(_ value: Value) -> String {
    switch value {
    case .i32(let value): return "i32:\(value)"
    case .i64(let value): return "i64:\(value)"
    case .f32(let value): return "f32:\(value.bitPattern)"
    case .f64(let value): return "f64:\(value.bitPattern)"
    case .v128(let value):
      let halves = unsafeBitCast(value, to: SIMD2<UInt64>.self)
      return "v128:\(halves[0]),\(halves[1])"
    default: return "reference"
    }
  }

  /// The CRC-32 of a memory's bytes from the first to the last that is not zero, continued with how many there are in all.
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

  /// The first thing that is not the same.
  public func difference(to other: Execution) -> String? {
    for (index, (x, y)) in zip(calls, other.calls).enumerated() where x != y {
      return "call \(index), of \(x.function) with \(x.arguments.map(Self.text)): \(x.outcome) became \(y.outcome)"
    }
    for (x, y) in zip(globals, other.globals) where x != y { return "\(x.name): \(x.value) became \(y.value)" }
    for (x, y) in zip(memories, other.memories) where x != y { return "the content of \(x.name)" }
    return calls.count == other.calls.count ? nil : "other exports"
  }
}
