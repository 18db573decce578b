import WasmCompiler
import WasmRuntime

/// Checks that tables from an artifact refer only to its code, and are in the order in which they are searched.
struct ArtifactTables {
  private let tables: CodeTables
  private let codeByteCount: UInt32
  private let isPartial: Bool

  /// - Parameter isPartial: whether functions may have neither code nor a refusal.
  init(_ tables: CodeTables, codeByteCount: Int, isPartial: Bool) throws(ArtifactError) {
    guard codeByteCount <= CompiledFunction.maximumByteCount else {
      throw .altered(part: ArtifactFormat.Section.code.name)
    }
    self.tables = tables
    self.codeByteCount = UInt32(codeByteCount)
    self.isPartial = isPartial
  }

  /// Checks the Boolean bytes in raw rows of functions, before they are read as rows.
  static func checkFlags(_ rows: UnsafeRawBufferPointer) throws(ArtifactError) {
    let place = MemoryLayout<NativeModule.FunctionRange>.offset(of: \.isCompiled)!
    var flags: UInt8 = 0
    for start in stride(from: 0, to: rows.count, by: MemoryLayout<NativeModule.FunctionRange>.stride) {
      flags |= rows[start + place]
    }
    guard flags <= 1 else { throw .altered(part: ArtifactFormat.Section.functions.name) }
  }

  static func refusals(
    _ rows: UnsafeBufferPointer<ArtifactFormat.RefusalRow>, text: UnsafeRawBufferPointer
  ) throws(ArtifactError) -> [FunctionRefusal] {
    var refusals: [FunctionRefusal] = []
    refusals.reserveCapacity(rows.count)
    // The texts follow each other, so together they are not larger than the section.
    var start: UInt64 = 0
    for row in rows {
      let middle = UInt64(row.textStart) + UInt64(row.textByteCount)
      let end = middle + UInt64(row.nameByteCount)
      guard UInt64(row.textStart) == start, end <= UInt64(text.count) else {
        throw .altered(part: ArtifactFormat.Section.refusals.name)
      }
      start = end
      let name = text[Int(middle)..<Int(end)]
      refusals.append(
        FunctionRefusal(
          function: Int(row.function), reason: String(decoding: text[Int(row.textStart)..<Int(middle)], as: UTF8.self),
          name: name.isEmpty ? nil : String(decoding: name, as: UTF8.self)))
    }
    return refusals
  }

  /// - Parameter readsAll: whether tables are checked that are read when they are used. Their readers check what could lead them astray.
  func check(_ profile: [ArtifactFormat.ProfileRow], readsAll: Bool) throws(ArtifactError) {
    guard functionsAreWhole else { throw .altered(part: ArtifactFormat.Section.functions.name) }
    guard orderIsWhole else { throw .altered(part: ArtifactFormat.Section.order.name) }
    guard refusalsAreWhole else { throw .altered(part: ArtifactFormat.Section.refusals.name) }
    let isWhole = profile.allSatisfy { $0.function < tables.functions.count } && (isPartial || profile.isEmpty)
    guard isWhole else { throw .altered(part: ArtifactFormat.Section.profile.name) }
    guard readsAll else { return }
    guard trapsAreWhole else { throw .altered(part: ArtifactFormat.Section.traps.name) }
    guard callsAreWhole else { throw .altered(part: ArtifactFormat.Section.calls.name) }
    guard liveSitesAreWhole else { throw .altered(part: ArtifactFormat.Section.liveSites.name) }
    guard inlinedPositionsAreWhole else { throw .altered(part: ArtifactFormat.Section.inlinedPositions.name) }
  }

  private var functionsAreWhole: Bool {
    tables.functions.allSatisfy { function in
      function.start <= function.end && function.end <= codeByteCount && function.stub < codeByteCount
        && function.start < codeByteCount && function.isCompiled == (function.start < function.end)
    }
  }

  /// Whether each function with code occurs once, in the order of their addresses, which do not overlap.
  private var orderIsWhole: Bool {
    guard tables.order.count == tables.functions.lazy.filter(\.isCompiled).count else { return false }
    var end: UInt32 = 0
    for index in tables.order {
      guard Int(index) < tables.functions.count else { return false }
      let function = tables.functions[Int(index)]
      guard function.isCompiled, function.start >= end else { return false }
      end = function.end
    }
    return true
  }

  private var trapsAreWhole: Bool {
    var last: UInt32 = 0
    return tables.traps.allSatisfy { trap in
      defer { last = trap.offset }
      let isKnown = trap.code == Instruction.recordedTrap || Instruction.reason(trap.code) != nil
      return trap.offset >= last && trap.offset < codeByteCount && isKnown
        && isPosition(trap.source, before: tables.inlinedPositions.count)
    }
  }

  private var callsAreWhole: Bool {
    var last: UInt32 = 0
    return tables.calls.allSatisfy { call in
      defer { last = call.offset }
      return call.offset >= last && call.offset <= codeByteCount
        && (call.landingPad == CompiledFunction.CallSite.none || call.landingPad < codeByteCount)
        && isPosition(call.source, before: tables.inlinedPositions.count)
    }
  }

  private var liveSitesAreWhole: Bool {
    var last: UInt32 = 0
    let words = tables.liveWords
    return tables.liveSites.allSatisfy { site in
      defer { last = site.offset }
      guard Int(site.start) < words.count else { return false }
      return site.offset >= last && site.offset <= codeByteCount
        && words[Int(site.start)] >> 32 <= UInt64(words.count - 1 - Int(site.start))
    }
  }

  /// Whether each position is in a defined function and refers only to earlier ones, so that chains end.
  private var inlinedPositionsAreWhole: Bool {
    tables.inlinedPositions.indices.allSatisfy { index in
      let position = tables.inlinedPositions[index]
      return Int(position.function) < tables.functions.count && isPosition(position.caller, before: index)
    }
  }

  private func isPosition(_ position: UInt32, before count: Int) -> Bool {
    InlinedPosition.index(of: position).map { $0 < count } ?? true
  }

  /// Whether each function without code occurs once, in order.
  private var refusalsAreWhole: Bool {
    var last = -1
    let areInOrder = tables.refusals.allSatisfy { refusal in
      defer { last = refusal.function }
      return refusal.function > last && refusal.function < tables.functions.count
        && !tables.functions[refusal.function].isCompiled
    }
    return areInOrder && (isPartial || tables.refusals.count + tables.order.count == tables.functions.count)
  }
}
