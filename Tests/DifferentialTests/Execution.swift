import ModuleGenerator
import Needletail

/// What running a module did: results or the reason of the end of each call, and what is in globals and memory behind it.
struct Execution: Equatable {
  struct Call: Equatable, CustomStringConvertible {
    var description: String
  }

  var calls: [Call] = []
  var globals: [String] = []
  var memoryHash: UInt64 = 0

  /// How often each function is called, with other arguments, and how many loop iterations and calls those have together.
  private static let callCount = 3
  private static let fuel: Int32 = 300

  /// Runs all functions of a module.
  init(_ generated: ModuleGenerator.GeneratedModule, seed: UInt64, engine: Engine) throws {
    var random = RandomSource(seed: seed ^ 0x5EED)
    let module = try Module(engine, bytes: generated.bytes)
    let instance = try Linker(engine).instantiate(module, in: try Store(engine))
    let fuel = instance.global("g0")!
    for (index, type) in generated.functions.enumerated() {
      let function = instance.function("f\(index)")!
      for _ in 0..<Self.callCount {
        try fuel.set(.i32(Self.fuel))
        let arguments = type.parameters.map { Self.argument($0, &random) }
        calls.append(Call(description: Self.outcome(of: function, arguments)))
      }
    }
    globals = generated.globals.indices.map { Self.text(instance.global("g\($0)")!.value) }
    let memory = instance.memory("memory")!
    memoryHash = memory.withUnsafeMutableBytes { bytes in
      // FNV-1a over words; nearly all of them are zero.
      var hash = UInt64(bytes.count)
      for offset in stride(from: 0, to: bytes.count, by: 8) {
        let word = bytes.load(fromByteOffset: offset, as: UInt64.self)
        if word != 0 { hash = (hash ^ word ^ UInt64(offset) << 40) &* 0x0000_0100_0000_01B3 }
      }
      return hash
    }
  }

  private static func argument(_ type: ValueType, _ random: inout RandomSource) -> Value {
    switch type {
    case .i32: .i32(Int32(truncatingIfNeeded: random.interesting()))
    case .i64: .i64(Int64(bitPattern: random.interesting()))
    case .f32: .f32(Float(random.interestingFloat()))
    case .f64: .f64(random.interestingFloat())
    default: .v128(SIMD16((0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) }))
    }
  }

  private static func outcome(of function: Function, _ arguments: [Value]) -> String {
    do {
      return try function.call(arguments).map(text).joined(separator: " ")
    } catch let trap as Trap {
      return
        "trap: \(trap.message) in \(trap.backtrace.first?.functionIndex ?? 0) at \(trap.backtrace.first?.offset ?? 0)"
    } catch let exception as Exception {
      return "exception: \(exception.payload.map(text))"
    } catch {
      return "\(error)"
    }
  }

  /// A value, by its bits.
  private static func text(_ value: Value) -> String {
    switch value {
    case .i32(let value): "i32:\(value)"
    case .i64(let value): "i64:\(value)"
    case .f32(let value): "f32:\(String(value.bitPattern, radix: 16))"
    case .f64(let value): "f64:\(String(value.bitPattern, radix: 16))"
    case .v128(let value): "v128:\(value)"
    default: "reference"
    }
  }
}
