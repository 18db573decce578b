import NeedletailSystem
import WasmCompiler
import WasmNative

/// A folder in which engines keep the machine code of modules, so that a module is compiled only once.
///
/// ```swift
/// configuration.execution = .jit(.aggressive)
/// configuration.cache = CodeCache.standardDirectory.map { CodeCache(directory: $0) }
/// ```
///
/// An entry is used only if all bytes that the code depends on are equal, and the same build of the program made it with the same
/// options. Several processes may use the folder at a time. The folder must belong to the user, and others must not be able to write to
/// it; otherwise it is not used. Failures of the cache are not errors: modules are compiled as without it.
public struct CodeCache: Sendable {
  /// The path of the folder.
  public var directory: String
  /// The limit on the size of all entries together, in bytes. The least recently used are removed first.
  public var maximumSize = 1 << 30
  /// Modules with less code, in bytes of Wasm, are always compiled: that takes no longer than reading an entry.
  public var minimumCodeSize = 4 << 10
  /// When entries are loaded.
  package var loading = ArtifactLoading.automatic
  /// Receives a line of text for each problem, and for each entry that cannot be used and is replaced.
  public var log: (@Sendable (String) -> Void)?

  /// Creates a cache in a folder, which is created when the first entry is stored.
  ///
  /// - Parameter directory: the path of the folder.
  public init(directory: String) { self.directory = directory }

  /// The user's folder for cached code: `NEEDLETAIL_CACHE_DIR`; otherwise `needletail` in `XDG_CACHE_HOME` or in `~/.cache`. An
  /// empty variable is treated as unset. (XDG Base Directory Specification.) Nil if all three are unset or empty.
  public static var standardDirectory: String? {
    if let own = CacheEnvironment.variable("NEEDLETAIL_CACHE_DIR") { return own }
    // A relative path must be ignored. (XDG Base Directory Specification.)
    if let caches = CacheEnvironment.variable("XDG_CACHE_HOME"), caches.hasPrefix("/") { return caches + "/needletail" }
    return CacheEnvironment.variable("HOME").map { $0 + "/.cache/needletail" }
  }

  // MARK: Contents

  /// The contents of a cache.
  public struct Usage: Hashable, Sendable {
    /// The number of entries.
    public var entryCount = 0
    /// The size of all entries together, in bytes.
    public var size = 0

    /// Creates a usage.
    public init(entryCount: Int = 0, size: Int = 0) {
      self.entryCount = entryCount
      self.size = size
    }
  }

  /// The reason why the folder cannot be used: it is no folder, others can write to it, or no file can be created in it. Nil if it is used, or will be
  /// created.
  ///
  /// To find out, this creates a file or folder, and removes it.
  public var refusal: String? {
    do throws(CacheFolder.Refusal) {
      return try CacheFolder(path: directory, creates: false).obstacle
    } catch {
      return error.isMissing ? CacheFolder.obstacle(to: directory) : error.description
    }
  }

  /// The contents of the cache; empty if the folder does not exist or cannot be used.
  public var usage: Usage {
    guard let folder = try? CacheFolder(path: directory, creates: false) else { return Usage() }
    let entries = folder.entries().filter(Self.isEntry)
    return Usage(entryCount: entries.count, size: Self.size(of: entries))
  }

  /// Removes all entries. Other files are kept.
  public func clear() {
    guard let folder = try? CacheFolder(path: directory, creates: false) else { return }
    for entry in folder.entries() where Self.isEntry(entry) || Self.isTemporary(entry) { folder.remove(entry.name) }
  }

  static let suffix = ".nwasm"

  /// The size of all; a file may claim any size.
  private static func size(of entries: [CacheFolder.Entry]) -> Int {
    entries.reduce(0) { sum, entry in
      let (size, overflow) = sum.addingReportingOverflow(max(entry.byteCount, 0))
      return overflow ? .max : size
    }
  }

  private static func isEntry(_ entry: CacheFolder.Entry) -> Bool {
    entry.name.hasSuffix(suffix) && entry.name.utf8.count == 2 * 16 + suffix.utf8.count
  }

  private static func isTemporary(_ entry: CacheFolder.Entry) -> Bool {
    entry.name.hasPrefix(FileReplacement.temporaryPrefix)
  }

  /// The folder, if it can be used.
  func folder(creates: Bool) -> CacheFolder? {
    do throws(CacheFolder.Refusal) {
      return try CacheFolder(path: directory, creates: creates)
    } catch {
      if creates { log?("cache: \(error)") }
      return nil
    }
  }

  // MARK: Limiting the size

  /// Removes the least recently used entries until the rest fits, and abandoned temporary files.
  func trim(_ folder: CacheFolder) {
    let all = folder.entries()
    for entry in all where Self.isTemporary(entry) && entry.time + Self.writingSeconds < CacheFolder.now {
      folder.remove(entry.name)
    }
    let entries = all.filter(Self.isEntry).sorted { ($0.time, $0.nanoseconds) < ($1.time, $1.nanoseconds) }
    var size = Self.size(of: entries)
    for entry in entries where size > maximumSize {
      folder.remove(entry.name)
      size -= entry.byteCount
    }
  }

  /// The time after which an incomplete file is considered abandoned.
  private static let writingSeconds = 3600
}
