import WebAssembly

/// What the lowering must know of a value's type: its size, and which accumulator holds it.
enum ValueKind: UInt8 {
  case integer32, integer64, reference, float32, float64, vector

  init(_ type: ValueType) {
    switch type {
    case .i32: self = .integer32
    case .i64: self = .integer64
    case .f32: self = .float32
    case .f64: self = .float64
    case .v128: self = .vector
    default: self = .reference
    }
  }

  /// From a code of a ``Signature``; `address` stands for the address type.
  init(code: UInt8, address: ValueKind = .integer32) {
    switch code {
    case 0x7F: self = .integer32
    case 0x7E: self = .integer64
    case 0x7D: self = .float32
    case 0x7C: self = .float64
    case 0x7B: self = .vector
    default: self = address
    }
  }

  var slotCount: Int { self == .vector ? 2 : 1 }

  enum AccumulatorClass { case integer, float32, float64 }

  var accumulatorClass: AccumulatorClass? {
    switch self {
    case .integer32, .integer64, .reference: .integer
    case .float32: .float32
    case .float64: .float64
    case .vector: nil
    }
  }
}

/// A value on the operand stack at lowering time. Each has a slot of its own in the frame, but need not be there yet.
struct Operand {
  enum Location: Equatable {
    /// In its own slot.
    case own
    /// In the slot of a local, which has not been written since.
    case local(Int)
    /// The sum of a local, which has not been written since, and a constant: an address, most often, which loads and
    /// stores add up themselves.
    case sum(local: Int, constant: Int32)
    case constant(UInt64)
  }

  var kind: ValueKind
  var location: Location

  /// The local that the value depends on.
  var local: Int? {
    switch location {
    case .local(let local), .sum(let local, _): local
    case .own, .constant: nil
    }
  }

  /// Its own slot.
  var slot: Int

  /// Whether an instruction can read it as it is, without one before that writes its own slot.
  var isInSlot: Bool {
    switch location {
    case .own, .local: true
    case .sum, .constant: false
    }
  }
}
