import WebAssembly

/// The keywords of the text format and of scripts, except instructions.
package enum Keyword: UInt8 {
  case unknown
  // Types
  case i8, i16, i32, i64, f32, f64, v128
  case i8x16, i16x8, i32x4, i64x2, f32x4, f64x2
  case funcref, nofuncref, externref, noexternref, anyref, eqref, i31ref, structref, arrayref, nullref, exnref, noexnref
  case `func`, nofunc, extern, noextern, any, eq, i31, `struct`, array, none, exn, noexn
  case ref, null, mut, field, sub, final, rec, exact, describes, descriptor, shared, pagesize
  case param, result, local
  // Fields of modules
  case module, type, `import`, table, memory, tag, global, export, start, elem, data, offset, item, declare
  // Parts of instructions
  case then, `do`, catchRef, catchAllRef
  // Placement of custom sections
  case before, after, first, last, code, datacount
  // Scripts
  case binary, component, quote, definition, instance, register, invoke, get, thread, wait, either
  case assertReturn, assertTrap, assertExhaustion, assertException, assertMalformed, assertInvalid, assertUnlinkable
  case assertMalformedCustom, assertInvalidCustom
  case refExtern, refHost, refAny, refStruct, refArray, refExn
  case nanCanonical, nanArithmetic
  // The legacy dialect
  case anyfunc

  static let spellings: [(keyword: Keyword, spelling: StaticString)] = [
    (.i8, "i8"), (.i16, "i16"), (.i32, "i32"), (.i64, "i64"), (.f32, "f32"), (.f64, "f64"), (.v128, "v128"),
    (.i8x16, "i8x16"), (.i16x8, "i16x8"), (.i32x4, "i32x4"), (.i64x2, "i64x2"), (.f32x4, "f32x4"), (.f64x2, "f64x2"),
    (.funcref, "funcref"), (.nofuncref, "nullfuncref"), (.externref, "externref"), (.noexternref, "nullexternref"),
    (.anyref, "anyref"), (.eqref, "eqref"), (.i31ref, "i31ref"), (.structref, "structref"), (.arrayref, "arrayref"),
    (.nullref, "nullref"), (.exnref, "exnref"), (.noexnref, "nullexnref"),
    (.func, "func"), (.nofunc, "nofunc"), (.extern, "extern"), (.noextern, "noextern"), (.any, "any"), (.eq, "eq"),
    (.i31, "i31"), (.struct, "struct"), (.array, "array"), (.none, "none"), (.exn, "exn"), (.noexn, "noexn"),
    (.ref, "ref"), (.null, "null"), (.mut, "mut"), (.field, "field"), (.sub, "sub"), (.final, "final"), (.rec, "rec"),
    (.exact, "exact"), (.describes, "describes"), (.descriptor, "descriptor"), (.shared, "shared"),
    (.pagesize, "pagesize"), (.param, "param"), (.result, "result"), (.local, "local"),
    (.module, "module"), (.type, "type"), (.import, "import"), (.table, "table"), (.memory, "memory"), (.tag, "tag"),
    (.global, "global"), (.export, "export"), (.start, "start"), (.elem, "elem"), (.data, "data"), (.offset, "offset"),
    (.item, "item"), (.declare, "declare"),
    (.then, "then"), (.do, "do"), (.catchRef, "catch_ref"), (.catchAllRef, "catch_all_ref"),
    (.before, "before"), (.after, "after"), (.first, "first"), (.last, "last"), (.code, "code"),
    (.datacount, "datacount"),
    (.binary, "binary"), (.component, "component"), (.quote, "quote"), (.definition, "definition"),
    (.instance, "instance"),
    (.register, "register"), (.invoke, "invoke"), (.get, "get"), (.thread, "thread"), (.wait, "wait"),
    (.either, "either"), (.assertReturn, "assert_return"), (.assertTrap, "assert_trap"),
    (.assertExhaustion, "assert_exhaustion"), (.assertException, "assert_exception"),
    (.assertMalformed, "assert_malformed"), (.assertInvalid, "assert_invalid"),
    (.assertUnlinkable, "assert_unlinkable"), (.assertMalformedCustom, "assert_malformed_custom"),
    (.assertInvalidCustom, "assert_invalid_custom"),
    (.refExtern, "ref.extern"), (.refHost, "ref.host"), (.refAny, "ref.any"), (.refStruct, "ref.struct"),
    (.refArray, "ref.array"), (.refExn, "ref.exn"),
    (.nanCanonical, "nan:canonical"), (.nanArithmetic, "nan:arithmetic"),
  ]

  /// The words of modules, for suggestions: keywords and mnemonics.
  static var words: [String] {
    spellings.lazy.filter { $0.keyword.rawValue < Keyword.binary.rawValue }.map { $0.spelling.description }
      + Opcode.allCases.map(\.mnemonic)
  }

  /// Keywords of the legacy dialect only, except legacy mnemonics.
  static let legacySpellings: [(keyword: Keyword, spelling: StaticString, modern: String)] = [
    (.anyfunc, "anyfunc", "funcref")
  ]
}
