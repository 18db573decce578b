import WebAssembly

// Imports. (Core specification 3.0, 6.6 "Modules"; compact import section proposal, "Text format".)
extension ModulePrinter {
  /// Writes all imports. Each group in the compact form of the binary is written as one field.
  mutating func printImports(_ sink: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    var indices: [ExternalKind: UInt32] = [:]
    var next = 0
    for group in module.importGroups {
      try printImports(next..<group.range.lowerBound, &indices, sink)
      try printGroup(group, &indices, sink)
      next = group.range.upperBound
    }
    try printImports(next..<module.imports.count, &indices, sink)
  }

  private mutating func printImports(
    _ range: Range<Int>, _ indices: inout [ExternalKind: UInt32], _ sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    for entry in module.imports[range] {
      startLine()
      out.write("(import ")
      out.nameLiteral(entry.module)
      out.byte(UInt8(ascii: " "))
      out.nameLiteral(entry.name)
      out.byte(UInt8(ascii: " "))
      importDescription(entry.type, index: Self.next(entry.type.kind, &indices))
      out.byte(UInt8(ascii: ")"))
      try flush(sink)
    }
  }

  private static func next(_ kind: ExternalKind, _ indices: inout [ExternalKind: UInt32]) -> UInt32 {
    defer { indices[kind, default: 0] += 1 }
    return indices[kind, default: 0]
  }

  private mutating func printGroup(
    _ group: Module.ImportGroup, _ indices: inout [ExternalKind: UInt32],
    _ sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    startLine()
    out.write("(import ")
    out.nameLiteral(group.module)
    level += 1
    let sharedType = group.sharedType.flatMap { type in
      hasNames(type.kind, from: indices[type.kind, default: 0], count: group.range.count) ? nil : type
    }
    for entry in module.imports[group.range] {
      let index = Self.next(entry.type.kind, &indices)
      startLine()
      out.write("(item ")
      out.nameLiteral(entry.name)
      if sharedType == nil {
        out.byte(UInt8(ascii: " "))
        importDescription(entry.type, index: index)
      }
      out.byte(UInt8(ascii: ")"))
      try flush(sink)
    }
    if let sharedType {
      startLine()
      importDescription(sharedType, index: nil)
    }
    level -= 1
    out.byte(UInt8(ascii: ")"))
  }

  /// Whether any of these imports has a name. Imports with a shared type cannot have identifiers in the text. Names
  /// take precedence over the form in the binary, so that each import then gets its own type.
  private func hasNames(_ kind: ExternalKind, from first: UInt32, count: Int) -> Bool {
    let map = identifiers[Self.space(kind)]
    return (0..<UInt32(count)).contains { map.hasName(first + $0) }
  }

  private static func space(_ kind: ExternalKind) -> Space {
    switch kind {
    case .function: .function
    case .table: .table
    case .memory: .memory
    case .global: .global
    case .tag: .tag
    }
  }

  /// - Parameter index: the index of the import; nil for a type shared by several imports.
  mutating func importDescription(_ type: ExternalType, index: UInt32?) {
    out.byte(UInt8(ascii: "("))
    out.string(type.kind.keyword)
    if let index {
      definedName(index, in: identifiers[Self.space(type.kind)])
      out.write(" (;")
      out.decimal(index)
      out.write(";)")
    }
    out.byte(UInt8(ascii: " "))
    switch type {
    case .function(let typeIndex, let isExact):
      if isExact { out.write("(exact ") }
      typeUse(typeIndex)
      if isExact { out.byte(UInt8(ascii: ")")) }
    case .table(let type): tableType(type)
    case .memory(let type): memoryType(type)
    case .global(let type): globalType(type)
    case .tag(let typeIndex): typeUse(typeIndex)
    }
    out.byte(UInt8(ascii: ")"))
  }
}
