import WasmRuntime

// 128-bit results in two slots, the low half first. (Wide arithmetic proposal.)

/// `destination` and the slot after it ← first + second.
enum WideAdd: Operation {
  typealias Format = WideArithmeticFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let (low, carry) = machine.slot(machine[Format.self].firstLow).pointee.addingReportingOverflow(
      machine.slot(machine[Format.self].secondLow).pointee)
    let firstHigh = machine.slot(machine[Format.self].firstHigh).pointee
    let high = firstHigh &+ machine.slot(machine[Format.self].secondHigh).pointee &+ (carry ? 1 : 0)
    let target = machine.slot(machine[Format.self].destination)
    target[0] = low
    target[1] = high
    machine.advance(Format.self)
    return true
  }
}

enum WideSubtract: Operation {
  typealias Format = WideArithmeticFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let (low, borrow) = machine.slot(machine[Format.self].firstLow).pointee.subtractingReportingOverflow(
      machine.slot(machine[Format.self].secondLow).pointee)
    let firstHigh = machine.slot(machine[Format.self].firstHigh).pointee
    let high = firstHigh &- machine.slot(machine[Format.self].secondHigh).pointee &- (borrow ? 1 : 0)
    let target = machine.slot(machine[Format.self].destination)
    target[0] = low
    target[1] = high
    machine.advance(Format.self)
    return true
  }
}

/// `destination` and the slot after it ← `first` × `second`.
enum WideMultiplySigned: Operation {
  typealias Format = BinarySlots

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let product = machine.slot(machine[Format.self].first).pointee.signed.multipliedFullWidth(
      by: machine.slot(machine[Format.self].second).pointee.signed)
    let target = machine.slot(machine[Format.self].destination)
    target[0] = product.low
    target[1] = UInt64(bitPattern: product.high)
    machine.advance(Format.self)
    return true
  }
}

enum WideMultiplyUnsigned: Operation {
  typealias Format = BinarySlots

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let product = machine.slot(machine[Format.self].first).pointee.multipliedFullWidth(
      by: machine.slot(machine[Format.self].second).pointee)
    let target = machine.slot(machine[Format.self].destination)
    target[0] = product.low
    target[1] = product.high
    machine.advance(Format.self)
    return true
  }
}
