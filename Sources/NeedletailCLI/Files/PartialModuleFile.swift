import NeedletailSystem
import Synchronization
import WasmBinary
import WebAssembly

/// A module file whose custom sections at the end are read when they are needed.
final class PartialModuleFile: ModuleBytes.Storage {
  private let path: String
  private let descriptor: FileDescriptor
  private nonisolated(unsafe) let base: UnsafeMutableRawPointer
  private let byteCount: Int
  private let sections: TrailingSections
  /// For each section whether its contents were read.
  private let isRead: Mutex<[Bool]>

  /// Reads everything but the contents of the sections. Takes ownership of the descriptor if it succeeds.
  ///
  /// - Returns: nil if the file is shorter than it was, cannot be read, or there is no memory.
  init?(_ descriptor: FileDescriptor, path: String, byteCount: Int, _ sections: TrailingSections) {
    guard let base = VirtualMemory.reserve(VirtualMemory.roundedUpToPages(byteCount), isAccessible: true) else {
      return nil
    }
    VirtualMemory.populate(base, sections.start)
    for range in [0..<sections.start] + sections.headers {
      guard descriptor.fill(base + range.lowerBound, range.count, from: range.lowerBound) else {
        VirtualMemory.release(base, VirtualMemory.roundedUpToPages(byteCount))
        return nil
      }
    }
    self.path = path
    self.descriptor = descriptor
    self.base = base
    self.byteCount = byteCount
    self.sections = sections
    isRead = Mutex([Bool](repeating: false, count: sections.headers.count))
  }

  deinit {
    VirtualMemory.release(base, VirtualMemory.roundedUpToPages(byteCount))
    descriptor.closeIgnoringErrors()
  }

  var bytes: ModuleBytes { ModuleBytes(base.assumingMemoryBound(to: UInt8.self), count: byteCount, in: self) }

  func load(_ range: Range<Int>) throws {
    let isComplete = isRead.withLock { isRead in
      for (index, header) in sections.headers.enumerated() where !isRead[index] {
        let end = index + 1 < isRead.count ? sections.headers[index + 1].lowerBound : byteCount
        let contents = header.upperBound..<end
        guard contents.overlaps(range) else { continue }
        guard descriptor.fill(base + contents.lowerBound, contents.count, from: contents.lowerBound) else {
          return false
        }
        isRead[index] = true
      }
      return true
    }
    guard isComplete else { throw FileError(path: path, verb: "read", error: .io) }
  }
}
