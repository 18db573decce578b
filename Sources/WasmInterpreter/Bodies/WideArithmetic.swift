import WasmRuntime

// 128-bit results in two slots, the low half first. (Wide arithmetic proposal.)

/// Slots 8 and 8+1 ← slots 10 and 12 + slots 14 and 16.
enum WideAdd: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let (low, carry) = machine.slot(10).pointee.addingReportingOverflow(machine.slot(14).pointee)
    let high = machine.slot(12).pointee &+ machine.slot(16).pointee &+ (carry ? 1 : 0)
    let target = machine.slot(8)
    target[0] = low
    target[1] = high
    machine.advance(3)
    return true
  }
}

enum WideSubtract: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let (low, borrow) = machine.slot(10).pointee.subtractingReportingOverflow(machine.slot(14).pointee)
    let high = machine.slot(12).pointee &- machine.slot(16).pointee &- (borrow ? 1 : 0)
    let target = machine.slot(8)
    target[0] = low
    target[1] = high
    machine.advance(3)
    return true
  }
}

/// Slots 8 and 8+1 ← slot 10 × slot 12.
enum WideMultiplySigned: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let product = machine.slot(10).pointee.signed.multipliedFullWidth(by: machine.slot(12).pointee.signed)
    let target = machine.slot(8)
    target[0] = product.low
    target[1] = UInt64(bitPattern: product.high)
    machine.advance(2)
    return true
  }
}

enum WideMultiplyUnsigned: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let product = machine.slot(10).pointee.multipliedFullWidth(by: machine.slot(12).pointee)
    let target = machine.slot(8)
    target[0] = product.low
    target[1] = product.high
    machine.advance(2)
    return true
  }
}
