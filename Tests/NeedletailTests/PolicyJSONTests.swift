import Needletail
import Testing

/// Policies as JSON.
@Suite struct PolicyJSONTests {
  private func message(_ json: String) -> String {
    do throws(PolicyError) {
      _ = try Policy(json: Array(json.utf8))
      return ""
    } catch { return "\(error)" }
  }

  @Test("Every member is read and written")
  func everything() throws {
    let json = """
      {
        "imports": {
          "wasi_snapshot_preview1": ["fd_*", "proc_exit"],
          "\\"\\u00e9\\ud83d\\ude00\\n": ["log"]
        },
        "deniedImports": {
          "*": ["sock_*"]
        },
        "exports": ["run"],
        "deniedExports": ["__*"],
        "hostCalls": false,
        "memory": {
          "read": false,
          "write": false,
          "grow": false,
          "import": false,
          "export": false
        },
        "threads": false,
        "features": ["bulk-memory", "simd"],
        "limits": {
          "total": "1GiB",
          "memory": 65536,
          "tableElements": 10,
          "heap": "1.5MiB",
          "fuel": 1000000,
          "time": "2s"
        }
      }
      """
    var policy = Policy()
    policy.allowedImports = [
      Policy.ImportPattern("wasi_snapshot_preview1", "fd_*"),
      Policy.ImportPattern("wasi_snapshot_preview1", "proc_exit"),
      Policy.ImportPattern("\"\u{E9}\u{1F600}\n", "log"),
    ]
    policy.deniedImports = [Policy.ImportPattern("*", "sock_*")]
    policy.allowedExports = ["run"]
    policy.deniedExports = ["__*"]
    policy.canCallHost = false
    (policy.canReadMemory, policy.canWriteMemory, policy.canGrowMemory) = (false, false, false)
    (policy.canImportMemory, policy.canExportMemory) = (false, false)
    policy.canUseThreads = false
    policy.features = [.bulkMemory, .simd]
    policy.limits.totalByteCount = 1 << 30
    policy.limits.memoryByteCount = 65536
    policy.limits.tableElementCount = 10
    policy.limits.heapByteCount = 3 << 19
    policy.limits.fuel = 1_000_000
    policy.limits.time = .seconds(2)
    #expect(try Policy(json: Array(json.utf8)) == policy)
    #expect(try Policy(json: Array(policy.json.utf8)) == policy, "\(policy.json)")
    #expect(try Policy(json: Array("{}".utf8)) == Policy())
    #expect(Policy().json == "{}\n")
  }

  @Test(
    "Errors name the place",
    arguments: [
      ("", "1:1: expected a value, found the end"),
      ("\u{FEFF}{}", "1:1: expected a value, found a byte order mark"),
      (
        "{\"limits\": {\"time\": \"0.0000001ms\"}}",
        "1:21: limits.time: expected a time from 0.000001ms to 277777h, found \"0.0000001ms\""
      ),
      ("{", "1:2: expected a name, found the end"),
      ("{\n  \"a\" 1}", "2:7: expected ':', found '1'"),
      ("{} x", "1:4: expected the end, found 'x'"),
      ("{\"a\": 1, \"a\": 2}", "1:10: expected each name once, found another \"a\""),
      ("{\"a\": tru}", "1:7: expected a value, found 't'"),
      ("{\"a\": \"\\x\"}", "1:9: expected an escape, found 'x'"),
      ("{\"a\": \"\\ud800\"}", "1:9: expected both halves of a character"),
      ("{\"a\": \"\n\"}", "1:8: expected the end of a string, found '\\n'"),
      ("{\"a\": 01}", "1:8: expected ',' or '}', found '1'"),
      ("{\"a\": 1e999}", "1:7: expected a number of 64 bits, found 1e999"),
      ("{\"a\": 9223372036854775808}", "1:7: expected a number below 2^63, found 9223372036854775808"),
      ("[]", "1:1: the policy: expected an object, found []"),
      ("{\"memroy\": {}}", "1:2: unknown member 'memroy'; did you mean 'memory'?"),
      (
        "{\"memory\": {\"x\": 1}}",
        "1:13: unknown member 'memory.x'; the members here are read, write, grow, import, export"
      ),
      ("{\"memory\": {\"read\": 1}}", "1:21: memory.read: expected true or false, found 1"),
      ("{\"exports\": true}", "1:13: exports: expected an array of strings, found true"),
      ("{\"imports\": {\"env\": \"log\"}}", "1:21: imports.env: expected an array of strings, found \"log\""),
      ("{\"features\": [\"smid\"]}", "1:15: features: unknown feature 'smid'; did you mean 'simd'?"),
      ("{\"limits\": {\"fuel\": -1}}", "1:21: limits.fuel: expected a whole number, found -1"),
      (
        "{\"limits\": {\"time\": 5}}",
        "1:21: limits.time: expected a time with a unit (ms, s, m or h), such as \"500ms\", found 5"
      ),
      (
        "{\"limits\": {\"memory\": \"x\"}}",
        "1:23: limits.memory: expected a size, such as 65536 or \"64MiB\" (with KiB, MiB, GiB or TiB), found \"x\""
      ),
      (
        "{\n \"imports\": {\"a.b\": [\"x\"], \"env\": [\"a]\",\n  \"\\u0041\", 3]}\n}",
        "3:13: imports.env: expected an array of strings, found 3"
      ),
      (
        "{\"limits\": {\"fuel\": 1,\n\"heap\": \"99999999TiB\"}}",
        "2:9: limits.heap: expected a size below 16777216 TiB, found \"99999999TiB\""
      ),
    ])
  func errors(json: String, expected: String) {
    #expect(message(json) == expected)
  }

  @Test(
    "Every time is read back",
    arguments: [
      Duration.nanoseconds(1), .nanoseconds(7), .nanoseconds(999_999), .milliseconds(1), .nanoseconds(1_500_000),
      .seconds(3600),
      .seconds(1_000_000_000),
    ])
  func times(time: Duration) throws {
    var policy = Policy()
    policy.limits.time = time
    #expect(try Policy(json: Array(policy.json.utf8)).limits.time == time, "\(policy.json)")
    // These are no times that a policy can write.
    for time in [Duration.zero, .seconds(-1), .seconds(Int64.max), .seconds(Int64.min)] {
      policy.limits.time = time
      #expect(throws: Never.self) { try Policy(json: Array(policy.json.utf8)) }
    }
  }

  @Test("Deep nesting and invalid UTF-8 are refused")
  func hostileText() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(message("{\"a\": \(deep)") == "1:38: expected at most 32 values in each other")
    let error = #expect(throws: PolicyError.self) {
      try Policy(json: Array("{\"".utf8) + [0xFF] + Array("\": 1}".utf8))
    }
    #expect(error?.description == "1:2: expected UTF-8 in the string")
  }
}
