import Testing
import WasmText

/// Error messages for malformed texts.
@Suite struct ErrorTests {
  @Test func errorsShowTheLineWithACaret() {
    let text = "(module\n  (func\n    (i32.const 1) (i32.ad)))"
    #expect(throws: ParseError.self) { try assemble(text) }
    do { _ = try assemble(text) } catch {
      #expect(error.line == 3)
      #expect(error.column == 20)
      #expect(
        error.rendered == """
          3:20: unknown operator 'i32.ad'; did you mean 'i32.add'?
                (i32.const 1) (i32.ad)))
                               ^
          """)
    }
  }

  @Test(arguments: [
    ("(func local.get $x)", "unknown local '$x'"), ("(func br $l)", "unknown label '$l'"),
    ("(func call $f)", "unknown function '$f'"), ("(func (block $a) (br $a))", "unknown label '$a'"),
    ("(func $f) (func $f)", "duplicate func '$f'"), ("(func $\"f\") (func $f)", "duplicate func '$f'"),
    ("(func block)", "unexpected token: expected 'end', found ')'"), ("(func end)", "unexpected token 'end'"),
    ("(func else)", "unexpected token 'else'"), ("(func (then))", "unexpected token"),
    ("(func (if (i32.const 0)))", "unexpected token"), ("(func (nop nop))", "unexpected token 'nop'"),
    ("(func (if (then)) (else))", "unexpected token"), ("(func (try (catch_all)))", "unexpected token"),
    ("(func (try (do) (catch_all) (catch_all)))", "unexpected token"), ("(func", "unexpected token"),
    ("(module", "unexpected token end of text"),
    ("(module))", "unexpected token: expected the end of the text, found ')'"),
    ("foo", "unknown operator 'foo'"),
    ("(module) (module)", "unexpected token: expected the end of the text, found '('"),
    ("(; (; ;)", "unclosed comment"), ("(data \"a)", "unclosed string"),
    ("(data \"\\x\")", "illegal escape"), ("(data \"\u{1}\")", "illegal control character"),
    ("(data \"\\u{d800}\")", "illegal escape"), ("(data \"\\u{110000}\")", "illegal escape"),
    ("\u{e9}", "illegal character"),
    ("(func (type 0) (local.get $x))", "unknown type 0"), ("(func $a)(start $a)(start $a)", "multiple start sections"),
    ("(func i32.load align=3)", "alignment must be a power of two"),
    ("(func (local $x i32) (local $x i32))", "duplicate local '$x'"),
    ("(func i32.const 1.5)", "unexpected token: expected an integer, found '1.5'"),
  ])
  func messagesBeginWithTheWordsOfTheSuite(_ text: String, _ message: String) {
    #expect { try assemble(text) } throws: { ($0 as? ParseError)?.message.hasPrefix(message) == true }
  }

  @Test(
    "Words and identifiers suggest what was meant, if that is near",
    arguments: [
      ("(func (i32.ad))", "unknown operator 'i32.ad'; did you mean 'i32.add'?"),
      ("(fnuc)", "unknown operator 'fnuc'; did you mean 'func'?"),
      ("(func (xyzzyplugh))", "unknown operator 'xyzzyplugh': expected an instruction"),
      ("(xyzzyplugh)", "unknown operator 'xyzzyplugh': expected a field of a module"),
      ("(module) xyzzyplugh", "unknown operator 'xyzzyplugh': expected the end of the text"),
      ("(func block $a end $b)", "mismatching label: expected '$a', found '$b'"),
      ("(func if else $b end)", "mismatching label: expected none, found '$b'"),
      ("(func $f) (func $f)", "duplicate func '$f': another function has this name"),
      (
        "(func (nop) (local i32))",
        "unexpected token: expected an instruction, found 'local': 'export', 'import', 'type', 'param', 'result' and 'local' come before the instructions, in this order"
      ),
      ("(func $first) (func (call $frist))", "unknown function '$frist'; did you mean '$first'?"),
      ("(func $first) (func (call $second))", "unknown function '$second'"),
      ("(func (param $count i32) (drop (local.get $cuont)))", "unknown local '$cuont'; did you mean '$count'?"),
      ("(func (block $outer (br $uoter)))", "unknown label '$uoter'; did you mean '$outer'?"),
      ("(func block $outer end (br $uoter))", "unknown label '$uoter'"),
      (
        "(global $counter i32 (i32.const 0)) (func (drop (global.get $countr)))",
        "unknown global '$countr'; did you mean '$counter'?"
      ),
    ])
  func suggestions(_ text: String, _ message: String) {
    #expect { try assemble(text) } throws: { ($0 as? ParseError)?.message == message }
  }

  @Test(
    "At the end of the text, the error is at the innermost open parenthesis",
    arguments: [
      ("(module", "1:1: unexpected token end of text: this parenthesis is not closed"),
      ("(module\n  (func\n", "2:3: unexpected token end of text: this parenthesis is not closed"),
      (
        "(module (func (nop)) ;; )\n (; ) ;) (data \")\"",
        "2:10: unexpected token end of text: this parenthesis is not closed"
      ),
      (
        "(module\n  (type (func))\n  (func $a (i32.add)\n  (func $b))",
        "3:3: unexpected token end of text: this parenthesis is not closed"
      ),
      ("(module (func block nop", "1:9: unexpected token end of text: this parenthesis is not closed"),
    ])
  func unclosedParentheses(_ text: String, _ description: String) {
    #expect { try assemble(text) } throws: { ($0 as? ParseError)?.description == description }
  }

  @Test func textsThatAreNotUTF8AreMalformed() {
    #expect { try assemble(Array("(func) ;; ".utf8) + [0xFF]) } throws: {
      ($0 as? ParseError)?.description == "1:11: malformed UTF-8 encoding"
    }
  }

  @Test(arguments: [
    ("(func (drop (get_local 0)))", "local.get"), ("(global anyfunc (ref.null func))", "funcref"),
    ("(func current_memory)", "memory.size"), ("(func i32.wrap/i64)", "i32.wrap_i64"),
  ])
  func wordsOfTheLegacyDialectAreExplained(_ text: String, _ modern: String) {
    #expect { try assemble(text) } throws: {
      guard let message = ($0 as? ParseError)?.message else { return false }
      return message.hasPrefix("unknown operator ") && message.contains("--legacy-text") && message.contains(modern)
    }
  }

  @Test(arguments: [
    ("(", ")"), ("(block ", ")"), ("(i32.add ", ")"), ("(if (i32.const 0) (then ", "))"), ("block ", "end "),
    ("(; ", ";)"),
    ("(@x ", ")"), ("(@x (", "))"),
  ])
  func deepNestingEndsInAnError(_ open: String, _ close: String) {
    let depth = 100_000
    let text = "(module (func " + String(repeating: open, count: depth)
    // With or without the closing parentheses, it is an error or a module, and does not exhaust the stack.
    #expect(throws: ParseError.self) { try assemble(text) }
    _ = try? assemble(text + String(repeating: close, count: depth) + "))")
  }

  @Test func nestingOfAFewThousandLevelsIsFine() throws {
    let text = "(func " + String(repeating: "(block ", count: 10_000) + String(repeating: ")", count: 10_000) + ")"
    #expect(try assemble(text).count > 30_000)
  }
}
