import WasmCompiler

/// A folder in which engines keep the machine code of modules, so that a module is compiled once.
///
/// ```swift
/// configuration.engine = .jit(.aggressive)
/// configuration.cache = CodeCache.standardDirectory.map { CodeCache(directory: $0) }
/// ```
///
/// An entry is used for a module only if all bytes that the code depends on are the same, and was made by the same build of the program
/// with the same options. Several processes may use the folder at a time. It has to belong to the user, and nobody else may be able to write
/// to it; otherwise it is left alone. Nothing that goes wrong with the cache is an error: modules are compiled then.
public struct CodeCache: Sendable {
  /// Where entries are.
  public var directory: String
  /// How many bytes all entries may have together. Those that were not used for longest are removed first.
  public var maximumSize = 1 << 30
  /// Modules with less code, in bytes of Wasm, are compiled each time: that takes no longer than reading an entry.
  public var minimumCodeSize = 4 << 10
  /// Gets a line for each thing that does not go as it should.
  public var log: (@Sendable (String) -> Void)?

  public init(directory: String) { self.directory = directory }

  /// Where a user's programs keep what can be made again: `NEEDLETAIL_CACHE_DIR`; else `needletail` in `XDG_CACHE_HOME`, or in
  /// `~/.cache`. Nil if none of the variables says.
  public static var standardDirectory: String? {
    if let own = CacheEnvironment.variable("NEEDLETAIL_CACHE_DIR") { return own }
    // A relative path there is to be ignored. (XDG Base Directory Specification.)
    if let caches = CacheEnvironment.variable("XDG_CACHE_HOME"), caches.hasPrefix("/") { return caches + "/needletail" }
    return CacheEnvironment.variable("HOME").map { $0 + "/.cache/needletail" }
  }

  // MARK: What is there

  /// What a cache holds.
  public struct Usage: Hashable, Sendable {
    public var entryCount = 0
    /// The sizes of all entries together, in bytes.
    public var size = 0

    public init(entryCount: Int = 0, size: Int = 0) {
      self.entryCount = entryCount
      self.size = size
    }
  }

  /// Why the folder is not used, if something is there that is none, or others can write to it; nil if it is used, or will be made.
  public var refusal: String? {
    do throws(CacheFolder.Refusal) {
      _ = try CacheFolder(path: directory, creates: false)
      return nil
    } catch {
      return error.isMissing ? CacheFolder.obstacle(to: directory) : error.description
    }
  }

  /// What the cache holds; nothing if the folder is not there or cannot be used.
  public var usage: Usage {
    guard let folder = try? CacheFolder(path: directory, creates: false) else { return Usage() }
    let entries = folder.entries().filter(Self.isEntry)
    return Usage(entryCount: entries.count, size: entries.reduce(0) { $0 + $1.byteCount })
  }

  /// Removes all entries. Files that are none stay.
  public func clear() {
    guard let folder = try? CacheFolder(path: directory, creates: false) else { return }
    for entry in folder.entries() where Self.isEntry(entry) || Self.isTemporary(entry) { folder.remove(entry.name) }
  }

  static let suffix = ".nwasm"

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

  // MARK: Keeping it small

  /// Removes what was not used for longest until the rest fits; and files that were never finished.
  func trim(_ folder: CacheFolder) {
    let all = folder.entries()
    for entry in all where Self.isTemporary(entry) && entry.time + Self.writingSeconds < CacheFolder.now {
      folder.remove(entry.name)
    }
    let entries = all.filter(Self.isEntry).sorted { ($0.time, $0.nanoseconds) < ($1.time, $1.nanoseconds) }
    var size = entries.reduce(0) { $0 + $1.byteCount }
    for entry in entries where size > maximumSize {
      folder.remove(entry.name)
      size -= entry.byteCount
    }
  }

  /// Whoever takes longer to write a file is gone.
  private static let writingSeconds = 3600
}
