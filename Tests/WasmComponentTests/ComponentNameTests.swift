import Testing
import WasmComponent

@Suite("Names of imports and exports")
struct ComponentNameTests {
  @Test(
    "Names by the grammar",
    arguments: [
      "a", "a1", "a-1", "a-1-b-2-c-3", "B", "B1", "B-1-C-2-D-3", "a11-B11-123-ABC-abc", "[constructor]a",
      "[method]a.b", "[static]a.b", "ns-1-a:b-1-c/D-2", "wasi:http/types", "wasi:http/types@1.0.0",
      "a-b:c-d/e-f@123456.7890.488", "a:b/c@0.0.0+abcd-efg", "a:b/c@0.0.0-abcd.1.2+efg.4.ee.5", "a:b/c@1",
      "a:b/c@0.2", "a:b/c@0.0.3",
    ])
  func valid(_ name: String) throws {
    _ = try ParsedName(name)
  }

  @Test(
    "Malformed names",
    arguments: [
      ("1", "`1` is not in kebab case"), ("1-a", "kebab"), ("", "`` is not in kebab case"), ("a-", "kebab"),
      ("a--", "kebab"), ("aBc", "`aBc` is not in kebab case"), ("é", "kebab"), ("wasi/http", "`wasi/http`"),
      ("wasi:", "`` is not in kebab case"), ("A:b/c", "`A`"), ("foo:bar:baz/qux", "expected `/` after package name"),
      ("foo:bar/baz/qux", "trailing characters found: `/qux`"), ("[constructor]", "kebab"),
      ("[method]a", "failed to find `.` character"), ("[method]a.b.c", "kebab"), ("[other]a", "kebab"),
      ("a:b/c@", "empty string"), ("a:b/c@.", "unexpected character '.'"), ("a:b/c@1.", "unexpected end of input"),
      ("a:b/c@2.0x0", "unexpected character 'x'"), ("a:b/c@2.0.0+", "empty identifier segment"),
      ("a:b/c@01.0.0", "leading zero"), ("a:b/c@1.0.0-01", "leading zero"),
      ("a:b/c@99999999999999999999.0.0", "too large"),
    ])
  func malformed(_ name: String, _ message: String) {
    let error = #expect(throws: ParsedName.Malformed.self) { _ = try ParsedName(name) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test("Names that differ in case or annotation only are not unique")
  func uniqueness() throws {
    func key(_ name: String) throws -> String { try ParsedName(name).uniquenessKey }
    let names = ["foo", "foo-bar", "[constructor]foo", "[method]foo.bar", "[static]foo.baz", "foo:bar/baz"]
    #expect(Set(try names.map(key)).count == names.count)
    for (name, other) in [
      ("foo-BAR", "foo-bar"), ("[constructor]FOO", "[constructor]foo"), ("[method]foo.BAR", "[method]foo.bar"),
      ("[static]foo.bar", "[method]foo.bar"), ("[method]foo.foo", "foo"), ("[static]foo-BAR.FOO-bar", "foo-bar"),
      ("foo:bar/BAZ", "foo:bar/baz"),
    ] {
      #expect(try key(name) == key(other), "\(name), \(other)")
    }
  }

  @Test("Compatible versions of an interface have the same canonical name")
  func versions() throws {
    func compatible(_ name: String, _ other: String) throws -> Bool {
      try ParsedName(name).isCompatible(with: ParsedName(other))
    }
    #expect(try compatible("wasi:io/streams@0.2.1", "wasi:io/streams@0.2.6"))
    #expect(try compatible("wasi:io/streams@0.2.1", "wasi:io/streams@0.2"))
    #expect(try compatible("a:b/c@1.2.3", "a:b/c@1.9.0"))
    #expect(try !compatible("a:b/c@1.2.3", "a:b/c@2.0.0"))
    #expect(try !compatible("a:b/c@0.2.0", "a:b/c@0.3.0"))
    #expect(try !compatible("a:b/c@0.0.1", "a:b/c@0.0.2"))
    #expect(try !compatible("a:b/c@1.0.0", "a:b/c"))
    #expect(try !compatible("a:b/c", "a:b/d"))
    #expect(try compatible("run", "run"))
    #expect(try SemanticVersion("0.2.6-rc.1").canonical == "0.2")
    #expect(try SemanticVersion("0.0.1-alpha").canonical == "0.0.1")
    #expect(
      SemanticVersion.isCanonical("0.0.0") && !SemanticVersion.isCanonical("0.0") && !SemanticVersion.isCanonical("1.2")
    )
  }
}
