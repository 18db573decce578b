import WebAssembly

// Arguments and results.
extension ScriptReader {
  /// A constant.
  mutating func value() throws(ParseError) -> ScriptValue {
    if let value = try componentValue() { return .component(value) }
    let token = cursor.following
    try openParenthesis("a constant")
    let value: ScriptValue
    switch token.opcode {
    case .i32Const: value = .i32(UInt32(truncatingIfNeeded: try cursor.integer(bits: 32)))
    case .i64Const: value = .i64(try cursor.integer(bits: 64))
    case .f32Const: value = .f32(UInt32(truncatingIfNeeded: try cursor.float(.f32)))
    case .f64Const: value = .f64(try cursor.float(.f64))
    case .v128Const:
      let vector = try cursor.vector()
      value = .v128(vector.low, vector.high)
    case .refNull: value = .refNull(try heapType())
    default:
      switch token.keyword {
      case .refExtern: value = .refExtern(try cursor.natural32("a number"))
      case .refHost: value = .refHost(try cursor.natural32("a number"))
      default: throw cursor.unexpected("a constant", at: token)
      }
    }
    try cursor.close()
    return value
  }

  /// An expected result. `(either …)` contains only simple results.
  mutating func result() throws(ParseError) -> ScriptResult {
    guard try cursor.open(.either) else { return try simpleResult() }
    var choices: [ScriptResult] = []
    while cursor.current.kind == .leftParenthesis { choices.append(try simpleResult()) }
    try cursor.close()
    return .either(choices)
  }

  private mutating func simpleResult() throws(ParseError) -> ScriptResult {
    if let value = try componentValue() { return .component(value) }
    let token = cursor.following
    try openParenthesis("a result")
    let result: ScriptResult
    switch token.opcode {
    case .i32Const: result = .i32(UInt32(truncatingIfNeeded: try cursor.integer(bits: 32)))
    case .i64Const: result = .i64(try cursor.integer(bits: 64))
    case .f32Const: result = .f32(try pattern32())
    case .f64Const: result = .f64(try pattern64())
    case .v128Const: result = try vectorResult()
    case .refNull: result = .refNull(cursor.current.kind == .rightParenthesis ? nil : try heapType())
    case .refFunc: result = .refFunc(try optionalNumber())
    case .refEq: result = .refEq
    case .refI31: result = .refI31
    default:
      switch token.keyword {
      case .refExtern: result = .refExtern(try optionalNumber())
      case .refHost: result = .refHost(try optionalNumber())
      case .refAny: result = .refAny
      case .refStruct: result = .refStruct
      case .refArray: result = .refArray
      case .refExn: result = .refExn
      default: throw cursor.unexpected("a result", at: token)
      }
    }
    try cursor.close()
    return result
  }

  /// Skips an opening parenthesis and the word after it.
  private mutating func openParenthesis(_ expected: String) throws(ParseError) {
    guard cursor.current.kind == .leftParenthesis, cursor.following.isKnownKeyword else {
      throw cursor.unexpected(expected)
    }
    try cursor.advance()
    try cursor.advance()
  }

  private mutating func heapType() throws(ParseError) -> HeapType {
    guard let type = ModuleAssembler.abstractHeapType(cursor.current.keyword) else {
      throw cursor.unexpected("a heap type")
    }
    try cursor.advance()
    return type
  }

  private mutating func optionalNumber() throws(ParseError) -> UInt32? {
    cursor.isNatural ? try cursor.natural32("a number") : nil
  }

  // MARK: Float patterns

  mutating func pattern32() throws(ParseError) -> FloatPattern<UInt32> {
    if try cursor.accept(.nanCanonical) { return .canonicalNaN }
    if try cursor.accept(.nanArithmetic) { return .arithmeticNaN }
    return .bits(UInt32(truncatingIfNeeded: try cursor.float(.f32)))
  }

  mutating func pattern64() throws(ParseError) -> FloatPattern<UInt64> {
    if try cursor.accept(.nanCanonical) { return .canonicalNaN }
    if try cursor.accept(.nanArithmetic) { return .arithmeticNaN }
    return .bits(try cursor.float(.f64))
  }

  private mutating func vectorResult() throws(ParseError) -> ScriptResult {
    switch cursor.current.keyword {
    case .f32x4:
      try cursor.advance()
      var lanes: [FloatPattern<UInt32>] = []
      for _ in 0..<4 { lanes.append(try pattern32()) }
      return .f32x4(lanes)
    case .f64x2:
      try cursor.advance()
      var lanes: [FloatPattern<UInt64>] = []
      for _ in 0..<2 { lanes.append(try pattern64()) }
      return .f64x2(lanes)
    default:
      let vector = try cursor.vector()
      return .v128(vector.low, vector.high)
    }
  }
}
