import WebAssembly

/// The properties of a value's type that the lowering needs: its size, and its accumulator.
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

  /// From a code of a ``Signature``; `address` replaces the address type.
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

/// A value on the operand stack during lowering. Each has its own slot in the frame, but need not be stored there yet.
struct Operand {
  enum Location: Equatable {
    /// In its own slot.
    case own
    /// In the slot of a local, which has not been written since.
    case local(Int)
    /// The sum of a local, which has not been written since, and a constant: usually an address, which loads and stores compute themselves.
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

  /// Whether an instruction can read it directly, without an instruction that first writes its own slot.
  var isInSlot: Bool {
    switch location {
    case .own, .local: true
    case .sum, .constant: false
    }
  }
}
