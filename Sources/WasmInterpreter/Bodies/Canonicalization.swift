import WasmRuntime

// Instructions that the lowering adds if the engine is deterministic or interruptible.

/// Replaces every NaN by the canonical one: positive, with only the quiet bit in its payload.
/// (Core specification 3.0, appendix "Profiles", deterministic profile.)
enum Canonicalize<T: WasmFloat>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T { a == a ? a : T.nan }
}

/// The same in each lane.
enum CanonicalizeLanes<T: FloatLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes) -> T.Lanes {
    a.replacing(with: T.Lanes(repeating: T.nan), where: T.unordered(a, a))
  }
}

/// Traps if the store is interrupted.
enum CheckInterruption: Operation {
  typealias Format = PlainFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard _fastPath(!machine.context.isInterrupted) else { return machine.trap(.interrupted) }
    machine.advance(Format.self)
    return true
  }
}

extension HandlerTable {
  mutating func registerOptions() {
    register(.canonicalizeFloat32, .slots, Unary<Canonicalize<Float>, SlotOperand>.self)
    register(.canonicalizeFloat32, .accumulator, Unary<Canonicalize<Float>, Accumulator>.self)
    register(.canonicalizeFloat64, .slots, Unary<Canonicalize<Double>, SlotOperand>.self)
    register(.canonicalizeFloat64, .accumulator, Unary<Canonicalize<Double>, Accumulator>.self)
    register(.canonicalizeFloat32Lanes, VectorUnary<CanonicalizeLanes<Float>>.self)
    register(.canonicalizeFloat64Lanes, VectorUnary<CanonicalizeLanes<Double>>.self)
    register(.checkInterruption, CheckInterruption.self)
    register(.chargeFuel, ChargeFuel.self)
    register(.chargeFuelByCount, ChargeFuelByCount.self)
    register(.countCall, CountCall.self)
    register(.countIteration, CountIteration.self)
  }
}
