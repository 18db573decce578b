import NeedletailSystem
import Synchronization
import WebAssembly

/// The first contents of a memory, as active data segments make them. Memories map its pages and copy those that they write.
final class DataImage: Sendable {
  /// The first address in the memory that it covers, a multiple of the page size.
  let start: Int
  let byteCount: Int
  private let file: MemoryFile
  private let retirement = Atomic<Bool>(false)

  /// The address in the memory after its last byte.
  var end: Int { start + byteCount }

  /// The number of images at a time: each takes a file descriptor of the process.
  private static let maximumCount = 256
  private static let count = Atomic<Int>(0)

  /// - Parameters:
  ///   - range: the addresses that it covers, multiples of the page size.
  ///   - write: writes to the file, which begins as zeros; returns whether it could.
  /// - Returns: nil if the system does not support it, or there are too many.
  init?(_ range: Range<Int>, _ write: (borrowing MemoryFile) -> Bool) {
    guard Self.count.add(1, ordering: .relaxed).newValue <= Self.maximumCount,
      let file = MemoryFile(byteCount: range.count), write(file), file.seal()
    else {
      Self.count.subtract(1, ordering: .relaxed)
      return nil
    }
    start = range.lowerBound
    byteCount = range.count
    self.file = file
  }

  deinit { Self.count.subtract(1, ordering: .relaxed) }

  /// Maps the image in a memory. Returns false if the system refuses.
  func map(over base: UnsafeMutableRawPointer) -> Bool {
    file.map(at: base + start, .writable, isShared: false) != nil
  }

  /// Whether its module has ended, so that no other memory will need it.
  var isRetired: Bool { retirement.load(ordering: .acquiring) }

  func retire() {
    retirement.store(true, ordering: .releasing)
    MemoryReservation.releaseUnused(with: self)
  }
}

/// The images of the memories that a module defines, and the segments that they contain.
struct DataImages: Sendable {
  /// By index among the memories that the module defines; empty if there are none.
  private(set) var images: [DataImage?] = []
  /// The number of segments at the start of the module, each active or passive, that cannot trap. Those of memories with an image are in it.
  private(set) var segmentCount = 0

  /// The smallest number of bytes in a memory's segments for which mapping is faster than copying.
  private static let minimumByteCount = 32 << 10
  /// An image also covers zeros around the segments, up to this size, since fewer mappings are made then.
  private static let margin = 1 << 20
  /// An image is refused if it would be larger than this and mostly empty.
  private static let sparseByteCount = 4 << 20

  static let none = DataImages()

  /// The images that a module's segments deserve.
  init(_ image: ModuleImage) {
    let module = image.module
    let imported = module.importedMemories.count
    var extents = module.memories.map { _ in Extent() }
    for segment in module.dataSegments {
      if case .active(let memory, let offset) = segment.mode {
        guard Int(memory) >= imported, let start = image.constantAddress(offset) else { break }
        let index = Int(memory) - imported
        let (end, overflow) = start.addingReportingOverflow(UInt64(segment.data.count))
        guard !overflow, end <= module.memories[index].initialByteCount else { break }
        extents[index].add(Int(start)..<Int(end))
      }
      segmentCount += 1
    }
    guard extents.contains(where: { $0.total >= Self.minimumByteCount }) else { return }
    images = zip(extents, module.memories).enumerated().map { index, memory in
      let (extent, type) = memory
      guard !type.isShared, extent.total >= Self.minimumByteCount else { return nil }
      let range = Self.range(extent, in: Int(type.initialByteCount))
      guard range.count <= Self.sparseByteCount || range.count / 2 <= extent.total else { return nil }
      return DataImage(range) { file in
        for segment in module.dataSegments.prefix(segmentCount) {
          guard case .active(let memory, let offset) = segment.mode, Int(memory) - imported == index,
            let start = image.constantAddress(offset), segment.data.count > 0
          else { continue }
          let bytes = UnsafeRawBufferPointer(
            start: image.base + segment.data.lowerBound, count: segment.data.count)
          guard file.write(bytes, at: Int(start) - range.lowerBound) else { return false }
        }
        return true
      }
    }
  }

  private init() {}

  /// The addresses of a memory's segments.
  private struct Extent {
    var lowest = Int.max
    var end = 0
    /// The sum of the sizes.
    var total = 0

    mutating func add(_ range: Range<Int>) {
      guard !range.isEmpty else { return }
      lowest = min(lowest, range.lowerBound)
      end = max(end, range.upperBound)
      total += range.count
    }
  }

  private static func range(_ extent: Extent, in byteCount: Int) -> Range<Int> {
    let pageSize = VirtualMemory.pageSize
    let start = extent.lowest <= margin ? 0 : extent.lowest / pageSize * pageSize
    let end = byteCount - extent.end <= margin ? byteCount : extent.end
    return start..<VirtualMemory.roundedUpToPages(end)
  }

  /// Whether the image of its memory contains a segment.
  func contain(_ segment: Int, of memory: Int) -> Bool {
    segment < segmentCount && memory >= 0 && memory < images.count && images[memory] != nil
  }

  subscript(memory: Int) -> DataImage? { memory < images.count ? images[memory] : nil }

  func retire() {
    for case let image? in images { image.retire() }
  }
}

extension MemoryType {
  /// The size that a memory of this type begins with, in bytes; 0 if it exceeds the address space, as such a memory is refused.
  fileprivate var initialByteCount: UInt64 {
    let (bytes, overflow) = limits.minimum.multipliedReportingOverflow(by: 1 << UInt64(pageSizeLog2))
    return overflow || bytes > 1 << 47 ? 0 : bytes
  }
}

extension ModuleImage {
  /// The value of an offset that is a single constant; nil if it is anything else.
  fileprivate func constantAddress(_ expression: WebAssembly.Module.ConstantExpression) -> UInt64? {
    var reader = reader(expression)
    do {
      let value: UInt64
      switch try reader.readOpcode() {
      case .i32Const: value = UInt64(UInt32(bitPattern: try reader.readS32()))
      case .i64Const: value = UInt64(bitPattern: try reader.readS64())
      default: return nil
      }
      return try reader.readOpcode() == .end ? value : nil
    } catch { return nil }
  }
}
