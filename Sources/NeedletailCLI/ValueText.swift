import Needletail

/// Values as text: as arguments on the command line, and as printed results.
enum ValueText {
  /// How to write a value of a type, for hints.
  ///
  /// - Parameter isFunctionType: whether the type with this index is one of functions.
  static func hint(for type: ValueType, isFunctionType: (UInt32) -> Bool) -> String {
    forms(of: type, isFunctionType).map { "write \($0)" }
      ?? "no value of this type can be written here: only code of the module can make one"
  }

  /// The forms of a value of a type; nil if there are none.
  private static func forms(of type: ValueType, _ isFunctionType: (UInt32) -> Bool) -> String? {
    switch type {
    case .i32, .i64: range(of: type).map { "an integer from \($0), such as 42, -1 or 0xff" }
    case .f32, .f64: "a number such as 1.5, -1e9, 0x1.8p3, inf or nan"
    case .v128: "a vector such as i32x4:1,2,3,4, f64x2:0.5,1 or 0x and up to 32 digits"
    default:
      type.referenceType.flatMap { type in
        let value =
          if type.heapType == .external {
            "any text, which the program gets as an opaque reference"
          } else if let index = type.heapType.typeIndex {
            isFunctionType(index) ? "the name of an exported function, if it is of this type" : nil
          } else if type.heapType == .function {
            "the name of an exported function"
          } else if takesIntegers(type) {
            "an integer from \(smallIntegers.lowerBound) to \(smallIntegers.upperBound), which becomes an i31"
          } else {
            nil as String?
          }
        let choices = (type.isNullable ? ["null"] : []) + (value.map { [$0] } ?? [])
        return choices.isEmpty ? nil : choices.joined(separator: ", or ")
      }
    }
  }

  /// The smallest and largest value of a type of numbers, of integers signed or unsigned; nil for any other type.
  static func range(of type: ValueType) -> String? {
    switch type {
    case .i32: "\(Int32.min) to \(UInt32.max)"
    case .i64: "\(Int64.min) to \(UInt64.max)"
    case .f32: "\(-Float.greatestFiniteMagnitude) to \(Float.greatestFiniteMagnitude)"
    case .f64: "\(-Double.greatestFiniteMagnitude) to \(Double.greatestFiniteMagnitude)"
    default:
      type.referenceType.flatMap {
        takesIntegers($0) ? "\(smallIntegers.lowerBound) to \(smallIntegers.upperBound)" : nil
      }
    }
  }

  /// Whether a text is a number of a type that is out of its range.
  static func isOutOfRange(_ text: String, _ type: ValueType) -> Bool {
    switch type {
    case .i32, .i64: isInteger(text)
    case .f32: isNumeric(text) && Float(text.filter { $0 != "_" })?.isInfinite ?? false
    case .f64: isNumeric(text) && Double(text.filter { $0 != "_" })?.isInfinite ?? false
    default: type.referenceType.map(takesIntegers) ?? false && isInteger(text)
    }
  }

  /// Whether functions are values of a type; for a concrete type, only those of that type.
  private static func takesFunctions(_ type: ReferenceType) -> Bool {
    type.heapType == .function || type.heapType.isConcrete
  }

  /// The same for any type.
  static func takesFunctions(_ type: ValueType) -> Bool { type.referenceType.map(takesFunctions) ?? false }

  /// Whether an `i31` is a value of a type.
  private static func takesIntegers(_ type: ReferenceType) -> Bool { [.i31, .equatable, .any].contains(type.heapType) }

  /// The integers that an `i31` can hold, signed or unsigned.
  private static let smallIntegers = -0x4000_0000...0x7FFF_FFFF

  /// Parses a value; nil if the text is not a value of the type.
  ///
  /// - Parameter function: looks up an exported function by name.
  static func parse(_ text: String, as type: ValueType, function: (String) -> Function?) -> Value? {
    switch type {
    case .i32: return integer(text, UInt32.self).map { .i32(Int32(bitPattern: $0)) }
    case .i64: return integer(text, UInt64.self).map { .i64(Int64(bitPattern: $0)) }
    case .f32: return float32(text).map { .f32($0) }
    case .f64: return float64(text).map { .f64($0) }
    case .v128: return vector(text).map { .v128($0) }
    default: break
    }
    guard let reference = type.referenceType else { return nil }
    if text == "null" { return reference.isNullable ? .null(reference.heapType) : nil }
    if reference.heapType == .external { return .external(ExternalReference(OpaqueText(text))) }
    if takesIntegers(reference) {
      guard let bits = integer(text, UInt64.self), smallIntegers.contains(Int(Int64(bitPattern: bits))) else {
        return nil
      }
      return .reference(Reference(i31: Int32(truncatingIfNeeded: bits)))
    }
    return takesFunctions(reference) ? function(text).map { .function($0) } : nil
  }

  /// A text that a program holds as an `externref`.
  private final class OpaqueText {
    let text: String

    init(_ text: String) { self.text = text }
  }

  // MARK: Numbers

  /// An integer, signed or unsigned, decimal or hexadecimal, with underscores between digits; its bits.
  private static func integer<Bits: FixedWidthInteger & UnsignedInteger>(_ text: String, _: Bits.Type) -> Bits? {
    var digits = text[...]
    let isNegative = digits.hasPrefix("-")
    if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
    var radix = 10
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
      radix = 16
      digits = digits.dropFirst(2)
    }
    guard let first = digits.first, first.isHexDigit, digits.last != "_" else { return nil }
    guard let magnitude = Bits(digits.filter { $0 != "_" }, radix: radix) else { return nil }
    guard isNegative else { return magnitude }
    return magnitude <= Bits(1) << (Bits.bitWidth - 1) ? 0 &- magnitude : nil
  }

  /// Whether a text is an integer of any size.
  private static func isInteger(_ text: String) -> Bool {
    var digits = text[...]
    if digits.hasPrefix("-") || digits.hasPrefix("+") { digits.removeFirst() }
    let isHexadecimal = digits.hasPrefix("0x") || digits.hasPrefix("0X")
    if isHexadecimal { digits = digits.dropFirst(2) }
    return !digits.isEmpty && digits.last != "_" && digits.first != "_"
      && digits.allSatisfy { $0 == "_" || (isHexadecimal ? $0.isHexDigit : $0.isASCII && $0.isNumber) }
  }

  private static func float32(_ text: String) -> Float? {
    if let bits = notANumber(text, exponent: UInt32(0x7F80_0000), canonical: 0x40_0000) {
      return Float(bitPattern: bits)
    }
    return isNumeric(text) ? finite(text, Float(text.filter { $0 != "_" })) : nil
  }

  private static func float64(_ text: String) -> Double? {
    if let bits = notANumber(text, exponent: UInt64(0x7FF0_0000_0000_0000), canonical: 0x8_0000_0000_0000) {
      return Double(bitPattern: bits)
    }
    return isNumeric(text) ? finite(text, Double(text.filter { $0 != "_" })) : nil
  }

  /// Swift reads a number that is too large as infinity: nil for that.
  private static func finite<Number: BinaryFloatingPoint>(_ text: String, _ value: Number?) -> Number? {
    guard let value, value.isInfinite, !text.lowercased().includes("inf") else { return value }
    return nil
  }

  /// Whether the text may be converted by Swift, which accepts more spellings of NaN than the text format.
  private static func isNumeric(_ text: String) -> Bool {
    !text.lowercased().includes("nan") && text.last != "_"
  }

  /// The bits of `nan` or `nan:0x` and a payload, with or without sign, in any case: other languages print `NaN`.
  private static func notANumber<Bits: FixedWidthInteger & UnsignedInteger>(
    _ text: String, exponent: Bits, canonical: Bits
  ) -> Bits? {
    var rest = text.lowercased()[...]
    let isNegative = rest.hasPrefix("-")
    if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
    let sign = isNegative ? Bits(1) << (Bits.bitWidth - 1) : 0
    if rest == "nan" { return sign | exponent | canonical }
    guard rest.hasPrefix("nan:0x"), let payload = Bits(rest.dropFirst(6), radix: 16) else { return nil }
    return payload > 0 && payload < canonical << 1 ? sign | exponent | payload : nil
  }

  // MARK: Vectors

  /// A shape of a vector.
  private struct Shape: Sendable {
    var name: String
    var laneCount: Int
    /// What a lane is, for errors.
    var lane: String
    /// The bits of a lane; nil if the text is no lane.
    var bits: @Sendable (String) -> UInt64?

    static let all = [
      Shape(name: "i8x16", laneCount: 16, lane: "an integer from -128 to 255") {
        integer($0, UInt8.self).map { .init($0) }
      },
      Shape(name: "i16x8", laneCount: 8, lane: "an integer from -32768 to 65535") {
        integer($0, UInt16.self).map { .init($0) }
      },
      Shape(name: "i32x4", laneCount: 4, lane: "an i32") { integer($0, UInt32.self).map { .init($0) } },
      Shape(name: "i64x2", laneCount: 2, lane: "an i64") { integer($0, UInt64.self) },
      Shape(name: "f32x4", laneCount: 4, lane: "an f32") { (float32($0)?.bitPattern).map { .init($0) } },
      Shape(name: "f64x2", laneCount: 2, lane: "an f64") { float64($0)?.bitPattern },
    ]
  }

  /// What a text is, read as a vector.
  private enum VectorReading {
    case vector(SIMD16<UInt8>)
    case fault(expected: String, found: String)
  }

  private static func vector(_ text: String) -> SIMD16<UInt8>? {
    if case .vector(let vector) = readVector(text) { vector } else { nil }
  }

  /// What is wrong with the text of a vector: `expected 4 lanes of i32x4, found 2`.
  static func fault(ofVector text: String) -> String? {
    guard case .fault(let expected, let found) = readVector(text) else { return nil }
    return "expected \(expected), found \(found)"
  }

  private static func readVector(_ text: String) -> VectorReading {
    if let digits = text.split(separator: "x", maxSplits: 1).last, text.hasPrefix("0x") {
      return number128(digits).map { .vector($0) }
        ?? .fault(expected: "1 to 32 hexadecimal digits after 0x", found: "'\(text)'")
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      return .fault(expected: "v128", found: text.isEmpty ? "an empty argument" : "'\(text)'")
    }
    guard let shape = Shape.all.first(where: { $0.name == parts[0] }) else {
      let names = Shape.all.map(\.name)
      return .fault(
        expected: "a shape, \(names.dropLast().joined(separator: ", ")) or \(names[names.count - 1])",
        found: "'\(parts[0])'")
    }
    let lanes = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard lanes.count == shape.laneCount else {
      return .fault(expected: "\(shape.laneCount) lanes of \(shape.name)", found: "\(lanes.count)")
    }
    var bytes = SIMD16<UInt8>()
    let width = 16 / shape.laneCount
    for (index, lane) in lanes.enumerated() {
      guard let bits = shape.bits(lane) else {
        return .fault(expected: "\(shape.lane) as lane \(index)", found: lane.isEmpty ? "nothing" : "'\(lane)'")
      }
      for byte in 0..<width { bytes[index * width + byte] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte)) }
    }
    return .vector(bytes)
  }

  /// A vector as one number of 128 bits.
  private static func number128(_ digits: Substring) -> SIMD16<UInt8>? {
    let digits = digits.filter { $0 != "_" }
    guard !digits.isEmpty, digits.count <= 32, digits.allSatisfy(\.isHexDigit) else { return nil }
    var bytes = SIMD16<UInt8>()
    for (position, digit) in digits.reversed().enumerated() {
      bytes[position / 2] |= UInt8(digit.hexDigitValue!) << UInt8(position % 2 * 4)
    }
    return bytes
  }

  // MARK: Printing

  /// A result as it is printed. ``parse(_:as:function:)`` reads the same numbers and vectors.
  ///
  /// - Parameter module: the module whose function returned it, for the names of types.
  static func format(_ value: Value, of module: Module) -> String {
    switch value {
    case .reference(let reference): format(reference, of: module)
    case .i32(let value): "\(value)"
    case .i64(let value): "\(value)"
    case .f32(let value): format(value, bits: UInt64(value.bitPattern), exponentBits: 8, fractionBits: 23)
    case .f64(let value): format(value, bits: value.bitPattern, exponentBits: 11, fractionBits: 52)
    case .v128(let value):
      "0x" + (0..<16).reversed().map { (value[$0] < 16 ? "0" : "") + String(value[$0], radix: 16) }.joined()
    default: "\(value)"
    }
  }

  private static func format(_ reference: Reference, of module: Module) -> String {
    let value = Value.reference(reference)
    guard !reference.isNull, reference.i31 == nil, let canonical = reference.heapType?.typeIndex else {
      return "\(value)"
    }
    guard let index = module.typeIndex(ofCanonical: canonical) else { return "(ref of another module)" }
    return TypeText(module.structure).describe(
      ValueType(ReferenceType(isNullable: false, heapType: .concrete(index))))
  }

  /// A float in the fewest digits that determine it; a NaN with its payload, unless it is canonical.
  private static func format(
    _ value: some BinaryFloatingPoint & CustomStringConvertible, bits: UInt64, exponentBits: UInt64,
    fractionBits: UInt64
  ) -> String {
    guard value.isNaN else { return value.description }
    let payload = bits & (1 << fractionBits - 1)
    let sign = bits >> (exponentBits + fractionBits) == 1 ? "-" : ""
    return payload == 1 << (fractionBits - 1) ? "\(sign)nan" : "\(sign)nan:0x\(String(payload, radix: 16))"
  }
}
