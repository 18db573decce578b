import Testing
import WasmBinary
import WasmComponent
import WasmText
import WebAssembly

@Suite("Text format of components")
struct ComponentTextTests {
  /// Texts with every kind of definition and abbreviation.
  static let texts = [
    "(component)",
    "(component $C (type $t (list u8)) (import \"a\" (type (eq $t))) (alias outer $C $t (type $u)))",
    """
    (component
      (core module $M (memory (export "mem") 1) (table (export "tbl") 1 funcref)
        (func (export "f") (param i32 i32) (result i32) (i32.const 0))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
      (core instance $m (instantiate $M))
      (core memory $mem (alias core export $m "mem"))
      (type $r (record (field "x" (option (list string))) (field "y" (result u8 (error (tuple s8 bool))))))
      (type $v (variant (case "a") (case "b" $r)))
      (type (flags "p" "q")) (type (enum "one" "two")) (type (map string f32)) (type (list u8 4)) (type error-context)
      (type $s (stream u8)) (type $f (future))
      (func $run (param "p" string) (result string)
        (canon lift (core func $m "f") string-encoding=utf16 (memory $mem) (realloc (core func $m "realloc"))))
      (export "run" (func $run) (func (param "p" string) (result string)))
      (canon stream.read $s async (memory $mem) (core func $read))
      (canon task.return (result u32) (core func))
      (canon context.get i32 0 (core func))
      (core type $start (func (param i32)))
      (canon thread.new-indirect $start (core table $m "tbl") (core func))
      (core func (canon waitable-set.wait cancellable (memory $mem)))
      (core func (canon subtask.cancel async)))
    """,
    """
    (component
      (type $i (instance (export "r" (type $r (sub resource))) (export "[method]r.f" (func (param "self" (borrow $r))))))
      (import "a:b/c@1.2.3" (external-id "x y") (instance $x (type $i)))
      (component $c (import "m" (core module (import "" "f" (func (param i32))) (export "g" (global i32))))
        (import "i" (instance (export "e" (func)))))
      (core type (module (type $f (func)) (import "a" "b" (func (type $f)))))
      (core rec (type $a (struct (field (ref null $b)))) (type $b (array (mut i8))))
      (core type (sub (func)))
      (type $R (resource (rep i32)))
      (core func $drop (canon resource.drop $R))
      (core instance $k (export "d" (func $drop)))
      (instance $bag (export "f" (func $x "[method]r.f")))
      (alias export $x "r" (type $r)))
    """,
    "(component (@custom \"producers\" \"\\00\") (component (@custom \"x\" \"\")) (core module (@name \"m\") (func)))",
    "(component (type $t u32) (type (component (type (instance (export \"a\" (type (eq $t))))))))",
  ]

  @Test("Printing a component gives a text that parses to the same bytes", arguments: texts)
  func roundTrip(_ text: String) throws {
    let bytes = ComponentEncoder.encode(try ComponentParser.parse(text))
    let component = try ComponentDecoder.decode(bytes)
    let printed = try ComponentPrinter.print(component)
    #expect(ComponentEncoder.encode(try ComponentParser.parse(printed)) == bytes, "\(printed)")
  }

  @Test("The printed form")
  func printed() throws {
    let text = """
      (component
        (type (;0;) (list u8))
        (type (;1;) (func async (param "a" 0) (result string)))
        (import "f" (func (;0;) (type 1)))
        (type (;2;) (instance
          (export "r" (type (;0;) (sub resource)))
        ))
        (import "i" (implements "a:b/c") (instance (;0;) (type 2)))
        (core module (;0;)
          (memory (;0;) 1)
          (export "m" (memory 0))
        )
        (core instance (;0;) (instantiate 0))
        (alias core export 0 "m" (core memory (;0;)))
        (core func (;0;) (canon lower (func 0) (memory 0) async))
        (core instance (;1;)
          (export "f" (func 0)))
        (component (;0;)
          (core func (;0;) (canon backpressure.inc))
        )
        (instance (;1;) (instantiate 0
          (with "x" (func 0))))
        (export (;1;) "f2" (func 0) (func (type 1)))
      )

      """
    #expect(try ComponentPrinter.print(ComponentParser.parse(text)) == text)
  }

  @Test(
    "Malformed texts",
    arguments: [
      ("(component", "unexpected token"), ("(component (foo))", "unexpected token: expected a definition, found 'foo'"),
      ("(component) 1", "unexpected token: expected the end of the text"),
      ("(component (type (list $t)))", "unknown type: failed to find name `$t`"),
      ("(component (type $t u8) (type $t u8))", "duplicate type '$t'"),
      ("(component (import \"f\" (func $f)) (component (export \"x\" (func $f))))", "outer item `f` is not a module"),
      ("(component (alias outer $D 0 (type)))", "outer component `D` not found"),
      ("(component (type (record (field \"x\"))))", "unexpected token: expected a value type"),
      ("(component (import \"a\" (external-id \"x\") (external-id \"y\") (func)))", "unexpected token"),
      ("(component (import \"a\" (external-id \"\\zz\") (func)))", "invalid string escape"),
      ("(component (core module (func (i32.add))) (core module (foo)))", "unknown operator 'foo'"),
      ("(component (core func (canon resource.old 0)))", "unexpected token"),
      ("(component (core type (func (param foo))))", "unknown operator 'foo'"),
    ])
  func malformed(_ text: String, _ message: String) {
    let error = #expect(throws: ParseError.self) { _ = try ComponentParser.parse(text) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
  }

  @Test("An error has its line and column")
  func location() {
    let error = #expect(throws: ParseError.self) { _ = try ComponentParser.parse("(component\n  (type foo))") }
    #expect(error?.line == 2 && error?.column == 9)
  }

  @Test("Nesting is limited")
  func nesting() {
    for (opening, closing) in [("(component ", ")"), ("(type (list ", "))"), ("(type (instance ", "))")] {
      let text = String(repeating: opening, count: 5000) + String(repeating: closing, count: 5000)
      #expect(throws: ParseError.self) { _ = try ComponentParser.parse("(component \(text))") }
    }
    let lists = String(repeating: "(list ", count: 5000) + "u8" + String(repeating: ")", count: 5000)
    #expect(throws: ParseError.self) { _ = try ComponentParser.parse("(component (type \(lists)))") }
  }
}
