import Foundation
import Needletail
import Testing

/// A cache in a folder that is removed when the test is over.
final class TemporaryCache: @unchecked Sendable {
  let folder = FileManager.default.temporaryDirectory.appending(path: "needletail-cache-\(UUID().uuidString)")
  private let lock = NSLock()
  private var lines: [String] = []

  deinit { try? FileManager.default.removeItem(at: folder) }

  var cache: CodeCache {
    var cache = CodeCache(directory: folder.path)
    cache.minimumCodeSize = 0
    cache.log = { [self] line in lock.withLock { lines.append(line) } }
    return cache
  }

  var log: [String] { lock.withLock { lines } }

  func engine(_ level: OptimizationLevel = .basic, _ change: (inout Engine.Configuration) -> Void = { _ in }) -> Engine
  {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(level)
    configuration.cache = cache
    change(&configuration)
    return Engine(configuration)
  }

  /// The names of all files, including hidden ones.
  var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? [] }

  var onlyEntry: URL {
    get throws {
      try #require(files.count == 1)
      return folder.appending(path: files[0])
    }
  }
}
