import WebAssembly

extension FunctionValidator {
  /// Checks the instructions of a body up to the `end` that closes it.
  ///
  /// This is the fast path: the position and the top of the stack are in local variables, and only the simple cases are decided here.
  /// Every other instruction, valid or not, is passed to ``validateInstruction(_:)``, which starts again after the opcode.
  mutating func walk() throws(LoadingError) {
    let bytes = module.bytes
    let byByte = module.rules.byByte
    let end = reader.end
    let locals = locals.elements
    let allLocalsAreSet = !hasUninitializedLocals
    // Without a memory: bits that no operand has.
    let address = module.memories.entry(0)?.pointee ?? ValueType(bits: .max)
    var position = reader.position
    var top = top
    var base = frameBase
    while true {
      guard position < end else { throw unexpectedEnd(position) }
      let start = position
      var rule = byByte + Int(bytes[position])
      position &+= 1
      if rule.pointee.kind == .prefix {
        rule = try readPrefixedRule(at: start)
        position = reader.position
      }
      let immediates = position
      switch rule.pointee.kind {
      case .binary:
        if top - base >= 2, Self.pair(top - 2) == rule.pointee.operands {
          top -= 1
          top[-1] = rule.pointee.result
          continue
        }
      case .unary:
        if top - base >= 1, UInt64(top[-1].bits) == rule.pointee.operands {
          top[-1] = rule.pointee.result
          continue
        }
      case .localGet:
        let index = Self.shortIndex(bytes, &position, end)
        if let local = locals.entry(index), allLocalsAreSet || local.pointee.isDefaultable {
          top.pointee = local.pointee
          top += 1
          continue
        }
      case .localSet:
        let index = Self.shortIndex(bytes, &position, end)
        if let local = locals.entry(index), top - base >= 1, top[-1] == local.pointee,
          allLocalsAreSet || top[-1].isDefaultable
        {
          top -= 1
          continue
        }
      case .localTee:
        let index = Self.shortIndex(bytes, &position, end)
        if let local = locals.entry(index), top - base >= 1, top[-1] == local.pointee,
          allLocalsAreSet || top[-1].isDefaultable
        {
          continue
        }
      case .globalGet:
        let index = Self.shortIndex(bytes, &position, end)
        if let global = module.globals.entry(index) {
          top.pointee = global.pointee.type
          top += 1
          continue
        }
      case .i32Const, .i64Const:
        // A number of up to four bytes is always in range.
        if Self.skipShortNumber(bytes, &position, end) {
          top.pointee = rule.pointee.result
          top += 1
          continue
        }
      case .f32Const:
        if end - position >= 4 {
          position &+= 4
          top.pointee = .f32
          top += 1
          continue
        }
      case .f64Const:
        if end - position >= 8 {
          position &+= 8
          top.pointee = .f64
          top += 1
          continue
        }
      case .load:
        if position < end, bytes[position] <= rule.pointee.alignmentLog2, top - base >= 1, top[-1] == address {
          position &+= 1
          if Self.skipOffset(bytes, &position, end) {
            top[-1] = rule.pointee.result
            continue
          }
        }
      case .store:
        if position < end, bytes[position] <= rule.pointee.alignmentLog2, top - base >= 2, top[-2] == address,
          UInt64(top[-1].bits) == rule.pointee.operands >> 32
        {
          position &+= 1
          if Self.skipOffset(bytes, &position, end) {
            top -= 2
            continue
          }
        }
      case .drop:
        if top > base {
          top -= 1
          continue
        }
      default: break
      }
      reader.position = immediates
      instructionOffset = start
      self.top = top
      try validateInstruction(rule.pointee)
      if frames.count == 0 { return }
      position = reader.position
      top = self.top
      base = frameBase
    }
  }

  @inline(never)
  private mutating func unexpectedEnd(_ position: Int) -> LoadingError {
    .malformed(DecodingError(reader.endMessage.description, offset: position))
  }

  @inline(never)
  private mutating func readPrefixedRule(at start: Int) throws(LoadingError) -> UnsafePointer<ValidationRule> {
    reader.position = start
    return module.rules.byOpcode + Int(try readOpcode().rawValue)
  }

  /// Two adjacent types, the higher one in the upper half.
  @inline(__always)
  private static func pair(_ types: UnsafeMutablePointer<ValueType>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(types).loadUnaligned(as: UInt64.self))
  }

  /// An index of one or two bytes; `UInt32.max` if it is longer.
  @inline(__always)
  private static func shortIndex(_ bytes: UnsafePointer<UInt8>, _ position: inout Int, _ end: Int) -> UInt32 {
    guard end - position >= 2 else { return .max }
    let first = UInt32(bytes[position])
    if first < 0x80 {
      position &+= 1
      return first
    }
    let second = UInt32(bytes[position &+ 1])
    guard second < 0x80 else { return .max }
    position &+= 2
    return first & 0x7F | second << 7
  }

  /// Skips a number of at most four bytes, which is always in range.
  @inline(__always)
  private static func skipShortNumber(_ bytes: UnsafePointer<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    guard end - position >= 4 else { return false }
    let word = UInt32(littleEndian: UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt32.self))
    let lastBytes = ~word & 0x8080_8080
    guard lastBytes != 0 else { return false }
    position &+= (lastBytes.trailingZeroBitCount &>> 3) &+ 1
    return true
  }

  /// Skips the offset of a memory access if it is short enough to be in range.
  @inline(__always)
  private static func skipOffset(_ bytes: UnsafePointer<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    if position < end, bytes[position] < 0x80 {
      position &+= 1
      return true
    }
    return skipShortNumber(bytes, &position, end)
  }
}
