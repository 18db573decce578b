extension InstructionTable {
  /// The rows of table instructions.
  static let table: [InstructionDefinition] = [
    // Table instructions
    .init(.tableGet, 0x25, "table.get", .table, feature: .referenceTypes),
    .init(.tableSet, 0x26, "table.set", .table, feature: .referenceTypes),
    .init(.tableInit, 0xFC_00C, "table.init", .elementAndTable, feature: .bulkMemory),
    .init(.elemDrop, 0xFC_00D, "elem.drop", .element, feature: .bulkMemory),
    .init(.tableCopy, 0xFC_00E, "table.copy", .tableAndTable, feature: .bulkMemory),
    .init(.tableGrow, 0xFC_00F, "table.grow", .table, feature: .referenceTypes),
    .init(.tableSize, 0xFC_010, "table.size", .table, feature: .referenceTypes),
    .init(.tableFill, 0xFC_011, "table.fill", .table, feature: .referenceTypes),
  ]
}
