import Foundation
import Testing

@Suite("The cache on the command line")
struct CacheCommandTests {
  /// Enough code to be stored in the cache.
  private static let module = """
    (module
      \((0..<500).map { "(func (param i32) (result i32) (i32.mul (i32.add (local.get 0) (i32.const \($0))) (i32.const 3)))" }
        .joined(separator: "\n"))
      (func (export "answer") (result i32) (call 7 (i32.const 7))))
    """

  private let scratch: Scratch
  private let path: String

  init() throws {
    scratch = try Scratch()
    path = try scratch.write("m.wat", Self.module)
  }

  private func run(_ arguments: [String], _ environment: [String: String]? = nil) throws -> Executable.Result {
    try Executable.run(arguments, environment: environment ?? ["NEEDLETAIL_CACHE_DIR": scratch.path("cache")])
  }

  private func files(_ name: String = "cache") -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: scratch.path(name))) ?? []
  }

  @Test("Compiled code is stored, listed and cleared")
  func keeping() throws {
    #expect(try run(["cache"]).output == "\(scratch.path("cache"))\n0 modules, 0 bytes of at most 1 GiB\n")
    for _ in 0..<2 { #expect(try run(["--jit", "--invoke", "answer", path]).output == "42\n") }
    #expect(files().count == 1)
    #expect(try run(["cache"]).output.contains("\n1 module, "))
    #expect(try run(["--aot", "--invoke", "answer", path]).output == "42\n")
    #expect(files().count == 2)
    let size = try files().reduce(0) { $0 + (try Data(contentsOf: scratch.url("cache/\($1)")).count) }
    let cleared = try run(["cache", "clear"]).output
    #expect(cleared.hasPrefix("\(scratch.path("cache"))\nremoved 2 modules, "), "\(cleared)")
    #expect(size > 1 << 10 && cleared.hasSuffix(" KiB\n"), "\(cleared)")
    #expect(files() == [])
    #expect(try run(["cache", "sweep"]).status == 2)
  }

  @Test("The default engine stores the functions that ran often")
  func tiers() throws {
    let loop = try scratch.write(
      "loop.wat",
      Self.module.replacingOccurrences(
        of: "(func (export \"answer\")",
        with: """
          (func (export "loop") (result i32) (local i32 i32)
            (loop $l
              (local.set 1 (call 7 (i32.const 7)))
              (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1000))))
            (local.get 1))
          (func (export "answer")
          """))
    #expect(try run(["--tier-up", "0", "--invoke", "answer", "--no-cache", loop]).output == "42\n")
    #expect(files() == [])
    for _ in 0..<2 { #expect(try run(["--tier-up", "0", "--invoke", "loop", loop]).output == "42\n") }
    #expect(files().count == 1)
  }

  @Test("A folder that cannot be used is reported", arguments: [[], ["clear"]])
  func unusable(words: [String]) throws {
    for path in ["/proc/needletail", "/proc/needletail/cache/", path, "\(path)/cache"] {
      let result = try run(["cache"] + words, ["NEEDLETAIL_CACHE_DIR": path])
      #expect(result.status == 1 && result.output.isEmpty)
      #expect(result.error.hasPrefix("error: the cache is not used: cannot "), "\(result.error)")
    }
    let missing = scratch.path("missing/cache")
    #expect(try run(["cache"], ["NEEDLETAIL_CACHE_DIR": missing]).status == 0)
    #expect(files("missing") == [] && files(".") == ["m.wat"])
  }

  @Test("The cache can be turned off")
  func off() throws {
    for options in [["--no-cache"], ["-C", "cache=n"], ["--codegen=cache=n"]] {
      #expect(try run(["run", "--jit"] + options + ["--invoke", "answer", path]).output == "42\n")
    }
    #expect(files() == [])
    #expect(try run(["run", "--jit", "-C", "cash=n", path]).status == 2)
    #expect(try run(["run", "--jit", "-C", "cache", "--invoke", "answer", path]).output == "42\n")
    #expect(files().count == 1)
  }

  @Test("The folder comes from the environment")
  func folders() throws {
    let none = ["NEEDLETAIL_CACHE_DIR": ""]
    let home = none.merging(["HOME": scratch.path("home")]) { $1 }
    let xdg = home.merging(["XDG_CACHE_HOME": scratch.path("xdg")]) { $1 }
    for environment in [none, home, xdg, home.merging(["XDG_CACHE_HOME": "relative"]) { $1 }] {
      #expect(try run(["--jit", "--invoke", "answer", path], environment).output == "42\n")
    }
    #expect(files("home/.cache/needletail").count == 1)
    #expect(files("xdg/needletail").count == 1)
    #expect(try run(["cache"], xdg).output.hasPrefix(scratch.path("xdg/needletail") + "\n1 module, "))
    // An empty variable is as unset.
    let empty = home.merging(["XDG_CACHE_HOME": ""]) { $1 }
    #expect(try run(["cache"], empty).output.hasPrefix(scratch.path("home/.cache/needletail") + "\n1 module, "))
    #expect(
      try run(["cache"], none).error
        == "error: there is no cache: NEEDLETAIL_CACHE_DIR, XDG_CACHE_HOME and HOME are unset or empty\n")
    #expect(try run(["cache"], none).status == 1)
  }

  @Test("Damaged entries are reported only with --log, and replaced")
  func damage() throws {
    _ = try run(["--jit", "--invoke", "answer", path])
    let entry = scratch.url("cache/\(files()[0])")
    for (options, isTold) in [([], false), (["--log"], true)] {
      var bytes = try Data(contentsOf: entry)
      bytes[bytes.count - 20] ^= 1
      try bytes.write(to: entry)
      let result = try run(["run", "--jit"] + options + ["--invoke", "answer", path])
      #expect(result.output == "42\n")
      #expect(result.error.contains("is removed and made again: altered artifact: its table of checksums") == isTold)
      #expect(result.error.isEmpty == !isTold)
    }
  }

  @Test("Processes that compile the same module at the same time leave one complete entry")
  func processes() throws {
    let result = try HostProcess.shell(
      """
      export NEEDLETAIL_CACHE_DIR="$PWD/cache"
      seq 8 | xargs -P 8 -I % "$NEEDLETAIL" run --jit --log --invoke answer "$MODULE"
      ls -A cache | wc -l
      """, module: Self.module)
    #expect(result.output == String(repeating: "42\n", count: 8) + "1\n")
    #expect(result.error == "")
  }

  @Test("A full disk is not an error")
  func fullDisk() throws {
    // A limit on file sizes stands in for a full disk; its signal is ignored.
    let result = try HostProcess.shell(
      """
      export NEEDLETAIL_CACHE_DIR="$PWD/cache"
      trap '' XFSZ; ulimit -f 1
      "$NEEDLETAIL" run --jit --log --invoke answer "$MODULE" 2>&1
      ls -A cache | wc -l
      """, module: Self.module)
    #expect(result.output.hasPrefix("needletail: cache: cannot write: "))
    #expect(result.output.hasSuffix("42\n0\n"))
  }
}
