extension InstructionTable {
  /// The rows of table instructions.
  static let table: [InstructionDefinition] = [
    // Table instructions
    .init(.tableGet, 0x25, "table.get", .table, effect: (1, 1), feature: .referenceTypes),
    .init(.tableSet, 0x26, "table.set", .table, effect: (2, 0), feature: .referenceTypes),
    .init(.tableInit, 0xFC_00C, "table.init", .elementAndTable, effect: (3, 0), feature: .bulkMemory),
    .init(.elemDrop, 0xFC_00D, "elem.drop", .element, effect: (0, 0), feature: .bulkMemory),
    .init(.tableCopy, 0xFC_00E, "table.copy", .tableAndTable, effect: (3, 0), feature: .bulkMemory),
    .init(.tableGrow, 0xFC_00F, "table.grow", .table, effect: (2, 1), feature: .referenceTypes),
    .init(.tableSize, 0xFC_010, "table.size", .table, effect: (0, 1), feature: .referenceTypes),
    .init(.tableFill, 0xFC_011, "table.fill", .table, effect: (3, 0), feature: .referenceTypes),
  ]
}
