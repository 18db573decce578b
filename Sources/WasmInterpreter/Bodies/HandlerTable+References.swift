import WebAssembly

// The bodies of reference and table instructions.

extension HandlerTable {
  mutating func registerReferences() {
    register(.refFunc, FunctionReferenceOf.self)
    register(.refAsNonNull, AsNonNull.self)
    register(.refI31, Unary<MakeI31, SlotOperand>.self)
    register(.i31GetS, CheckedUnary<I31Signed, SlotOperand>.self)
    register(.i31GetU, CheckedUnary<I31Unsigned, SlotOperand>.self)
    register(.tableGet, .slots, TableGet<TableElement<Destination>>.self)
    register(.tableGet, .far, TableGet<FarTableElement<Destination>>.self)
    register(.tableSet, .slots, TableSet<TableElement<SlotOperand>>.self)
    register(.tableSet, .far, TableSet<FarTableElement<SlotOperand>>.self)
    register(.tableSize, TableSize.self)
    register(.tableGrow, TableGrow.self)
    register(.tableFill, Bulk.self)
    register(.tableCopy, Bulk.self)
    register(.tableInit, Bulk.self)
    register(.elemDrop, ElementDrop.self)
  }
}
