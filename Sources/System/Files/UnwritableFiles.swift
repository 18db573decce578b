import Synchronization

/// The files of which this process will load code, and which its guests must therefore not change, as the system does not let anybody
/// change a program that runs (`ETXTBSY`).
package enum UnwritableFiles {
  private struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ file: FileMetadata) {
      device = file.device
      inode = file.inode
    }
  }

  /// How often each file was added.
  private static let counts = Mutex<[Identity: Int]>([:])
  private static let count = Atomic<Int>(0)

  /// Whether there are none.
  package static var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

  package static func add(_ file: FileMetadata) {
    counts.withLock { counts in
      counts[Identity(file), default: 0] += 1
      count.store(counts.count, ordering: .releasing)
    }
  }

  /// Removes a file as often as it was added.
  package static func remove(_ file: FileMetadata) {
    counts.withLock { counts in
      let identity = Identity(file)
      counts[identity] = counts[identity].flatMap { $0 > 1 ? $0 - 1 : nil }
      count.store(counts.count, ordering: .releasing)
    }
  }

  package static func contains(_ file: FileMetadata) -> Bool {
    counts.withLock { $0[Identity(file)] != nil }
  }
}
