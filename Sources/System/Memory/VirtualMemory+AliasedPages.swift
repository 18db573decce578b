extension VirtualMemory {
  /// Pages that are mapped twice: readable and executable at one address, readable and writable at another. Separate
  /// writable pages precede the executable ones.
  package struct AliasedPages: @unchecked Sendable {
    package let front: UnsafeMutableRawPointer
    package let frontByteCount: Int
    package let writable: UnsafeMutableRawPointer
    package let byteCount: Int

    package var executable: UnsafeMutableRawPointer { front + frontByteCount }

    /// Sizes are multiples of the page size. Pages that are never written take no memory. Nil if the system has no address space, or
    /// forbids it.
    package init?(front frontByteCount: Int, byteCount: Int) {
      #if os(Linux)
        guard let file = MemoryFile(byteCount: byteCount),
          let front = VirtualMemory.reserve(frontByteCount + byteCount)
        else {
          return nil
        }
        let executable = file.map(at: front + frontByteCount, .executable, isShared: true)
        let writable = file.map(.writable, isShared: true)
        guard VirtualMemory.commit(front, frontByteCount), executable != nil, let writable else {
          if let writable { VirtualMemory.release(writable, byteCount) }
          VirtualMemory.release(front, frontByteCount + byteCount)
          return nil
        }
        self.front = front
        self.frontByteCount = frontByteCount
        self.writable = writable
        self.byteCount = byteCount
      #else
        return nil
      #endif
    }

    package func release() {
      VirtualMemory.release(front, frontByteCount + byteCount)
      VirtualMemory.release(writable, byteCount)
    }
  }
}
