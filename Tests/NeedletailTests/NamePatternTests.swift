import Needletail
import Testing

/// Patterns for names.
@Suite struct NamePatternTests {
  @Test(
    "A pattern matches whole names",
    arguments: [
      ("fd_read", ["fd_read"], ["fd_rea", "fd_reads", "FD_READ", ""]),
      ("fd_*", ["fd_", "fd_read", "fd_*"], ["fd", "xfd_read"]),
      ("*", ["", "a", "\n"], []),
      ("", [""], ["a"]),
      ("*_get", ["_get", "args_get", "_get_get"], ["_gets", "get"]),
      ("a*b*c", ["abc", "aXbYc", "abcbc"], ["ab", "acb", "abcd"]),
      ("a\\*", ["a*"], ["a", "ab"]),
      ("a\\\\", ["a\\"], ["a"]),
      ("a\\", ["a\\"], ["a"]),
      ("**", ["", "x"], []),
    ])
  func matching(pattern: String, matched: [String], others: [String]) {
    for name in matched { #expect(NamePattern(pattern).matches(name), "\(pattern) \(name)") }
    for name in others { #expect(!NamePattern(pattern).matches(name), "\(pattern) \(name)") }
  }

  @Test("Names are compared by bytes, not by canonical equivalence")
  func canonicalEquivalence() {
    #expect(NamePattern("\u{E9}").matches("\u{E9}"))
    #expect(!NamePattern("\u{E9}").matches("e\u{301}"))
  }

  @Test("The exact pattern of a name matches this name only", arguments: ["", "*", "\\", "a*b\\", "fd_read", "\u{0}"])
  func exact(name: String) {
    let pattern = NamePattern.exactly(name)
    #expect(pattern.matches(name))
    for other in ["", "x", "\\\\", name + "x", "*x"] where other != name {
      #expect(!pattern.matches(other), "\(other)")
    }
  }

  @Test("A pattern with many stars does not take exponential time")
  func time() {
    let pattern = NamePattern(String(repeating: "a*", count: 200) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 4000)))
  }
}
