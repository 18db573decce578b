import WasmRuntime
import WebAssembly

// Charges for fuel: see ``FuelCosts``.

/// Charges the segment that begins here.
enum ChargeFuel: Operation {
  typealias Format = FuelFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let store = machine.context.pointee.store
    let left = store.pointee.fuel &- Int64(machine[Format.self].cost.value)
    store.pointee.fuel = left
    guard left >= 0 else { return machine.outOfFuel(Format.self) }
    machine.advance(Format.self)
    return true
  }
}

/// Charges the next instruction for its last operand.
enum ChargeFuelByCount: Operation {
  typealias Format = CountedFuelFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard charge(machine.operands) else { return machine.outOfFuel(Format.self) }
    machine.advance(Format.self)
    return true
  }

  @inline(never)
  private static func charge(_ operands: Operands) -> Bool {
    let charge = operands[Format.self]
    let rate = FuelRate(cost: charge.cost, countLog2: UInt8(truncatingIfNeeded: charge.countLog2))
    return operands.context.pointee.store.pointee.charge(
      rate.cost(of: operands.address(charge.count, is64: charge.is64.isSet)))
  }
}
