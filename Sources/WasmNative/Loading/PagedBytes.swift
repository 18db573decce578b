import NeedletailSystem
import Synchronization
import WasmCompiler
import WasmRuntime

/// A part of an artifact in memory: the machine code, or the module and all tables. Pieces are read from the artifact when they are first
/// used.
///
/// A piece is inaccessible at first. One thread reads and checks it in memory of its own, makes that readable, and executable if it is code,
/// and moves it to its place in one step. Then it never changes again, even if the file does. So no byte is used that was not checked, also
/// by a thread that runs code of the piece before it: constants and tables of branches follow their functions. Code is loaded by the signal
/// handler when it is executed or read (``TrapSignals``); readers of other parts call ``load(_:)`` first.
final class PagedBytes: Sendable {
  /// The bytes that have one checksum and one digest.
  static let pieceByteCount = BLAKE3.maximumByteCount

  private nonisolated(unsafe) let storage: UnsafeMutablePointer<Record>
  /// Keeps the source alive; nil if all pieces are loaded.
  private let source: ArtifactSource?
  /// Keeps the checks alive.
  private let checks: PieceChecks.Part
  /// The part's name in errors.
  private let name: String

  /// The size in bytes without padding.
  var byteCount: Int { storage.pointee.byteCount }
  var start: UnsafeMutableRawPointer { storage.pointee.start }
  /// The data for the signal handler.
  var record: UnsafePointer<Record> { UnsafePointer(storage) }

  /// The number of objects whose source is open. Each can take a file descriptor.
  private static let openCount = Atomic<Int>(0)
  private static let maximumOpenCount = 512

  /// The number of pieces of a part.
  static func pieceCount(of byteCount: Int) -> Int { (byteCount + pieceByteCount - 1) / pieceByteCount }

  /// - Parameters:
  ///   - range: the part of the source.
  ///   - checks: those of the pieces.
  ///   - isCode: whether the bytes are executable.
  ///   - loadsAtOnce: whether all pieces are loaded now.
  ///   - isOpening: whether the artifact is being opened: see ``PieceChecks``.
  /// - Throws: if there is no memory; if it loads at once, also if the source is damaged or cannot be read.
  init(
    _ source: ArtifactSource, _ range: Range<Int>, _ checks: PieceChecks.Part, isCode: Bool, loadsAtOnce: Bool,
    isOpening: Bool, name: String
  ) throws(ArtifactError) {
    precondition(checks.checksums.count == Self.pieceCount(of: range.count), "one checksum for each piece")
    guard let start = VirtualMemory.reserve(max(VirtualMemory.roundedUpToPages(range.count), VirtualMemory.pageSize))
    else {
      throw .unreadable("there is no memory for \(range.count) bytes of an artifact")
    }
    let isOpen = !loadsAtOnce && Self.openCount.load(ordering: .relaxed) < Self.maximumOpenCount
    if isOpen { Self.openCount.add(1, ordering: .relaxed) }
    self.source = isOpen ? source : nil
    self.checks = checks
    self.name = name
    storage = .allocate(capacity: 1)
    storage.initialize(
      to: Record(
        start: start, byteCount: range.count, source: source.raw, sourceOffset: range.lowerBound, isCode: isCode, checks
      )
    )
    if !isOpen { try load(0..<range.count, isOpening: isOpening) }
  }

  deinit {
    if source != nil { Self.openCount.subtract(1, ordering: .relaxed) }
    let record = storage.pointee
    VirtualMemory.release(record.start, max(VirtualMemory.roundedUpToPages(record.byteCount), VirtualMemory.pageSize))
    record.deallocate()
    storage.deallocate()
  }

  /// Loads the pieces of a range.
  ///
  /// - Parameter isOpening: whether the artifact is being opened: see ``PieceChecks``.
  /// - Throws: if one is damaged or cannot be read.
  func load(_ range: Range<Int>, isOpening: Bool = false) throws(ArtifactError) {
    if let failure = storage.pointee.load(range, isOpening: isOpening) { throw Self.error(failure, in: name) }
  }

  /// Loads everything.
  func loadAll() throws(ArtifactError) { try load(0..<byteCount) }

  /// The size of the pieces that are loaded, in bytes.
  var loadedByteCount: Int { Self.pieceByteCount * storage.pointee.loadedPieceCount }

  /// The error for a failure in the part with a name.
  static func error(_ failure: Failure, in name: String) -> ArtifactError {
    switch failure {
    case .altered: .altered(part: name)
    case .unreadable: .unreadable("cannot read the artifact: its \(name) cannot be loaded")
    }
  }

  /// Why a piece cannot be used.
  enum Failure: UInt8, Error {
    /// It differs from what was written.
    case altered
    /// It cannot be read, or there is no memory for it.
    case unreadable

    /// The code with which an activation ends that needs the piece.
    var trapCode: TrapCode {
      switch self {
      case .altered: .alteredCode
      case .unreadable: .unreadableCode
      }
    }

    /// The failure for which an activation ended; nil if it is another trap.
    init?(_ code: TrapCode) {
      switch code {
      case .alteredCode: self = .altered
      case .unreadableCode: self = .unreadable
      default: return nil
      }
    }
  }
}

extension PagedBytes {
  /// What loading a piece needs, as plain memory for signal handlers. All functions are async-signal-safe.
  struct Record: BitwiseCopyable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int
    private let isCode: Bool
    private let source: ArtifactSource.Raw
    private let sourceOffset: Int
    private let checksums: UnsafePointer<UInt64>?
    /// Nil if checksums suffice: see ``PieceChecks``.
    private let digests: UnsafePointer<BLAKE3.Digest>?
    private let states: UnsafeMutablePointer<Atomic<UInt8>>
    private let pieceCount: Int
    /// The number of loads that are counted in ``totalLoadCount``.
    private let loadCount: UnsafeMutablePointer<Atomic<Int>>

    /// The values of ``states``.
    private enum State {
      static let absent: UInt8 = 0
      static let loading: UInt8 = 1
      static let loaded: UInt8 = 2
      /// It differs from what was written, and is not read again.
      static let altered: UInt8 = 3
    }

    fileprivate init(
      start: UnsafeMutableRawPointer, byteCount: Int, source: ArtifactSource.Raw, sourceOffset: Int, isCode: Bool,
      _ checks: PieceChecks.Part
    ) {
      self.start = start
      self.byteCount = byteCount
      self.source = source
      self.sourceOffset = sourceOffset
      self.isCode = isCode
      pieceCount = checks.checksums.count
      checksums = checks.checksums.withUnsafeBufferPointer { $0.baseAddress }
      digests =
        source.isPrivate || checks.digests.isEmpty ? nil : checks.digests.withUnsafeBufferPointer { $0.baseAddress }
      states = .allocate(capacity: max(pieceCount, 1))
      for index in 0..<pieceCount { (states + index).initialize(to: Atomic(State.absent)) }
      loadCount = .allocate(capacity: 1)
      loadCount.initialize(to: Atomic(0))
      // Creates what is created lazily.
      _ = Self.totalLoadCount.load(ordering: .relaxed)
    }

    fileprivate func deallocate() {
      Self.totalLoadCount.subtract(loadCount.pointee.load(ordering: .relaxed), ordering: .relaxed)
      states.deallocate()
      loadCount.deallocate()
    }

    /// The number of loads by all parts that exist. Each can add two mappings to the process, which has 65,530 on Linux by default.
    private static let totalLoadCount = Atomic<Int>(0)
    /// The number of loads after which each loads all of its part.
    private static let maximumLoadCount = 8192

    /// Loads the piece at an address of the part.
    func load(at address: UInt) -> Failure? {
      let offset = Int(address - UInt(bitPattern: start))
      return load(offset..<offset + 1)
    }

    /// Loads the pieces of a range.
    ///
    /// - Parameter isOpening: see ``PieceChecks``.
    /// - Returns: why one of them cannot be used; nil if all can.
    func load(_ range: Range<Int>, isOpening: Bool = false) -> Failure? {
      if range.isEmpty { return nil }
      guard range.lowerBound >= 0, range.upperBound <= pieceCount * PagedBytes.pieceByteCount else {
        return .unreadable
      }
      var piece = range.lowerBound / PagedBytes.pieceByteCount
      let end = (range.upperBound - 1) / PagedBytes.pieceByteCount + 1
      while piece < end, isLoaded(piece) { piece += 1 }
      if piece == end { return nil }
      // A damaged piece does not matter before it is used.
      let loadsAll = Self.totalLoadCount.load(ordering: .relaxed) >= Self.maximumLoadCount
      if loadsAll, loadPieces(0..<pieceCount, isOpening) == nil { return nil }
      return loadPieces(piece..<end, isOpening)
    }

    fileprivate var loadedPieceCount: Int { (0..<pieceCount).count(where: isLoaded) }

    private func isLoaded(_ piece: Int) -> Bool { states[piece].load(ordering: .acquiring) == State.loaded }

    /// The largest number of pieces that are loaded in one step, so that they are checked while they are in the processor's cache.
    private static let largestRun = 32

    /// The number of times that a thread yields to the one that loads a piece before it sleeps.
    private static let yieldCount = 100

    /// Loads those of some pieces that are not loaded.
    private func loadPieces(_ pieces: Range<Int>, _ isOpening: Bool) -> Failure? {
      var first = pieces.lowerBound
      var waits = 0
      while first < pieces.upperBound {
        if isLoaded(first) {
          first += 1
          continue
        }
        var end = first
        while end < pieces.upperBound, end - first < Self.largestRun, claim(end) { end += 1 }
        if end == first {
          if states[first].load(ordering: .acquiring) == State.altered { return .altered }
          // Another thread loads the piece, perhaps from a slow disk.
          waits += 1
          if waits < Self.yieldCount { NativeThread.yield() } else { NativeThread.sleep(for: .microseconds(50)) }
          continue
        }
        let failure = fill(first..<end, isOpening)
        let state: UInt8
        switch failure {
        case nil: state = State.loaded
        // Of several pieces, the others may be whole.
        case .altered? where end == first + 1: state = State.altered
        default: state = State.absent
        }
        for piece in first..<end { states[piece].store(state, ordering: .releasing) }
        if let failure {
          guard failure == .altered, end > first + 1 else { return failure }
          // One by one, up to the damaged one.
          for piece in first..<end { if let failure = loadPieces(piece..<piece + 1, isOpening) { return failure } }
        } else {
          Self.totalLoadCount.add(1, ordering: .relaxed)
          loadCount.pointee.add(1, ordering: .relaxed)
        }
        first = end
      }
      return nil
    }

    /// Makes the current thread the one that loads a piece.
    private func claim(_ piece: Int) -> Bool {
      states[piece].compareExchange(
        expected: State.absent, desired: State.loading, ordering: .acquiringAndReleasing
      ).exchanged
    }

    /// Reads and checks pieces, and makes them accessible.
    private func fill(_ pieces: Range<Int>, _ isOpening: Bool) -> Failure? {
      let offset = pieces.lowerBound * PagedBytes.pieceByteCount
      let count = min(pieces.upperBound * PagedBytes.pieceByteCount, byteCount) - offset
      let pagesByteCount = VirtualMemory.roundedUpToPages(count)
      var failure: Failure?
      let isReplaced = VirtualMemory.replace(start + offset, pagesByteCount) { bytes in
        failure = fill(bytes, count, pieces, isOpening)
        return failure == nil
      }
      return isReplaced ? nil : failure ?? .unreadable
    }

    /// Reads and checks pieces into writable memory, which then is readable, and executable if they are code.
    private func fill(
      _ bytes: UnsafeMutableRawPointer, _ count: Int, _ pieces: Range<Int>, _ isOpening: Bool
    ) -> Failure? {
      let pagesByteCount = VirtualMemory.roundedUpToPages(count)
      VirtualMemory.populate(bytes, pagesByteCount)
      let offset = pieces.lowerBound * PagedBytes.pieceByteCount
      guard source.read(at: sourceOffset + offset, to: bytes, count) else { return .unreadable }
      for piece in pieces {
        let start = piece * PagedBytes.pieceByteCount - offset
        let pieceByteCount = min(PagedBytes.pieceByteCount, count - start)
        guard isUnaltered(UnsafeRawBufferPointer(start: bytes + start, count: pieceByteCount), piece, isOpening) else {
          return .altered
        }
      }
      // Instructions that fault.
      if isCode { memoryFill(bytes + count, NativeBackend.fillByte, pagesByteCount - count) }
      let isAccessible =
        isCode
        ? VirtualMemory.makeExecutable(bytes, pagesByteCount) : VirtualMemory.makeReadOnly(bytes, pagesByteCount)
      return isAccessible ? nil : .unreadable
    }

    /// Whether a piece that was read has its checksum or digest.
    private func isUnaltered(_ bytes: UnsafeRawBufferPointer, _ piece: Int, _ isOpening: Bool) -> Bool {
      if !isOpening, let digests { return BLAKE3.hash(bytes) == digests[piece] }
      guard let checksums else { return false }
      return Checksum.of(bytes) == checksums[piece]
    }
  }
}
