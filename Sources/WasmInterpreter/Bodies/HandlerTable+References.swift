import WebAssembly

// The bodies of reference and table instructions.

extension HandlerTable {
  mutating func registerReferences() {
    register(.refFunc, FunctionReferenceOf.self)
    register(.refAsNonNull, AsNonNull.self)
    register(.refI31, Unary<MakeI31, Slot10>.self)
    register(.i31GetS, CheckedUnary<I31Signed, Slot10>.self)
    register(.i31GetU, CheckedUnary<I31Unsigned, Slot10>.self)
    register(.tableGet, .slots, TableGet<NearTable>.self)
    register(.tableGet, .far, TableGet<FarTable>.self)
    register(.tableSet, .slots, TableSet<NearTable>.self)
    register(.tableSet, .far, TableSet<FarTable>.self)
    register(.tableSize, TableSize.self)
    register(.tableGrow, TableGrow.self)
    register(.tableFill, Bulk.self)
    register(.tableCopy, Bulk.self)
    register(.tableInit, Bulk.self)
    register(.elemDrop, ElementDrop.self)
  }
}
