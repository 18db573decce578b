import Foundation

/// Runs the built `needletail` as a child process.
enum Executable {
  struct Result {
    var status: Int32
    var output: String
    var error: String
    /// The bytes of `output`.
    var bytes: [UInt8]
  }

  /// The executable is next to the test bundle.
  static let url: URL = {
    let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    let candidates = [tests, URL(filePath: CommandLine.arguments[0]), Bundle.main.bundleURL.appending(path: "x")]
    let found = candidates.map { $0.deletingLastPathComponent().appending(path: "needletail") }
    return found.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? found[0]
  }()

  /// Runs it, or another executable, until it ends.
  static func run(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String]? = nil, folder: URL? = nil,
    executable: URL = url
  ) throws -> Result {
    // Files cannot fill up as unread pipes do.
    let scratch = try Scratch()
    try Data(input).write(to: scratch.url("stdin"))
    for name in ["stdout", "stderr"] { try Data().write(to: scratch.url(name)) }
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    // Tests must not use the user's cache.
    let cache = ["NEEDLETAIL_CACHE_DIR": scratch.path("cache")]
    process.environment = (environment ?? ProcessInfo.processInfo.environment).merging(cache) { own, _ in own }
    if let folder { process.currentDirectoryURL = folder }
    process.standardInput = try FileHandle(forReadingFrom: scratch.url("stdin"))
    process.standardOutput = try FileHandle(forWritingTo: scratch.url("stdout"))
    process.standardError = try FileHandle(forWritingTo: scratch.url("stderr"))
    try process.run()
    process.waitUntilExit()
    let output = [UInt8](try Data(contentsOf: scratch.url("stdout")))
    let error = try Data(contentsOf: scratch.url("stderr"))
    return Result(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: String(decoding: output, as: UTF8.self), error: String(decoding: error, as: UTF8.self), bytes: output)
  }

  /// Runs it with a file `m.wat` of the given text; `MODULE` in the arguments is replaced by the file's path.
  static func run(_ arguments: [String], module: String, input: [UInt8] = []) throws -> Result {
    let scratch = try Scratch()
    let path = try scratch.write("m.wat", module)
    return try run(arguments.map { $0 == "MODULE" ? path : $0 }, input: input)
  }
}

/// A folder that is removed when the test is over.
final class Scratch {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "needletail-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func url(_ name: String) -> URL { folder.appending(path: name) }

  func path(_ name: String) -> String { url(name).path }

  /// Writes a file; returns its path.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    let url = url(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }
}
