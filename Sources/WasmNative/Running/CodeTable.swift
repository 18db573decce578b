import Synchronization
import WasmCompiler
import WasmRuntime
import WebAssembly

/// All compiled code of the process, by address: for signal handlers, which may neither wait nor allocate.
///
/// Readers see an immutable, sorted array. Writers publish a new array, and free the old one when there are no readers: readers increment
/// a counter before they load the current array.
enum CodeTable {
  /// A range of code, with the data that a signal handler needs.
  struct Region: BitwiseCopyable {
    var start: UInt
    var end: UInt
    /// Rows of ``CompiledFunction/TrapSite``, in the order of their offsets from the region's start.
    var traps: TableReference
    /// The `NativeModule` that owns the functions, unretained; nil for shared stubs.
    var owner: UnsafeRawPointer?
    /// The code of an artifact, if it is loaded when it is used.
    var pages: UnsafePointer<PagedBytes.Record>?
  }

  /// Raw memory: the number of regions in 16 bytes, then the regions.
  private static let current = Atomic<UInt>(0)
  private static let readerCount = Atomic<Int>(0)
  /// Arrays that may still have readers.
  private static let retired = Mutex<[UInt]>([])
  private static let headerByteCount = 16

  /// The region that contains an address. O(log(number of regions)); async-signal-safe.
  static func region(at address: UInt) -> Region? {
    readerCount.add(1, ordering: .sequentiallyConsistent)
    let found = search(current.load(ordering: .sequentiallyConsistent), address)
    readerCount.subtract(1, ordering: .sequentiallyConsistent)
    return found
  }

  private static func search(_ array: UInt, _ address: UInt) -> Region? {
    guard let base = UnsafeRawPointer(bitPattern: array) else { return nil }
    let regions = (base + headerByteCount).assumingMemoryBound(to: Region.self)
    let next = partitionPoint(to: base.load(as: Int.self)) { regions[$0].start > address }
    guard next > 0, address < regions[next - 1].end else { return nil }
    return regions[next - 1]
  }

  /// Registers code. O(number of regions).
  static func add(_ region: Region) {
    change { regions in
      let place = regions.firstIndex { $0.start > region.start } ?? regions.count
      regions.insert(region, at: place)
    }
  }

  /// Unregisters the code at an address, which must not be running any more.
  static func remove(_ start: UInt) {
    change { regions in regions.removeAll { $0.start == start } }
  }

  private static func change(_ body: (inout [Region]) -> Void) {
    retired.withLock { retired in
      let old = current.load(ordering: .sequentiallyConsistent)
      var regions: [Region] = []
      if let base = UnsafeRawPointer(bitPattern: old) {
        let present = (base + headerByteCount).assumingMemoryBound(to: Region.self)
        regions = Array(UnsafeBufferPointer(start: present, count: base.load(as: Int.self)))
        retired.append(old)
      }
      body(&regions)
      let base = UnsafeMutableRawPointer.allocate(
        byteCount: headerByteCount + regions.count * MemoryLayout<Region>.stride, alignment: 16)
      base.storeBytes(of: regions.count, as: Int.self)
      let copies = (base + headerByteCount).bindMemory(to: Region.self, capacity: regions.count)
      for (index, region) in regions.enumerated() { (copies + index).initialize(to: region) }
      current.store(UInt(bitPattern: base), ordering: .sequentiallyConsistent)
      // Readers that are counted from now on see the new array.
      guard readerCount.load(ordering: .sequentiallyConsistent) == 0 else { return }
      for array in retired { UnsafeMutableRawPointer(bitPattern: array)?.deallocate() }
      retired = []
    }
  }
}

extension CodeTable.Region {
  /// The trap for a fault at an address of the region; nil if no trap is expected there. Async-signal-safe.
  ///
  /// - Throws: if the table of traps is damaged or cannot be read.
  func trap(at address: UInt) throws(PagedBytes.Failure) -> CompiledFunction.TrapSite? {
    let stride = MemoryLayout<CompiledFunction.TrapSite>.stride
    let row = try traps.row(at: UInt32(truncatingIfNeeded: address - start), stride: stride)
    return row?.assumingMemoryBound(to: CompiledFunction.TrapSite.self).pointee
  }
}
