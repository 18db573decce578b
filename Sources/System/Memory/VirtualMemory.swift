#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

#if os(Linux)
  /// C's `mremap`, which Swift does not import because it is variadic. It reads the target only if the flags require it.
  @_silgen_name("mremap")
  private func mremap(
    _ address: UnsafeMutableRawPointer, _ oldByteCount: Int, _ newByteCount: Int, _ flags: Int32,
    _ target: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer?
#endif

/// Address space from the system: reserved first, made accessible in steps, and zero at first access.
package enum VirtualMemory {
  package static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  package static func roundedUpToPages(_ byteCount: Int) -> Int { (byteCount + pageSize - 1) & ~(pageSize - 1) }

  private static var anonymous: Int32 {
    #if canImport(Darwin)
      MAP_PRIVATE | MAP_ANON
    #else
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    #endif
  }

  private static func protection(isAccessible: Bool) -> Int32 { isAccessible ? PROT_READ | PROT_WRITE : PROT_NONE }

  /// Reserves address space; nil if the system has none. Accessible pages can be read and written, and are zero. The system joins
  /// neighbouring reservations of one kind to one mapping.
  package static func reserve(_ byteCount: Int, isAccessible: Bool = false) -> UnsafeMutableRawPointer? {
    let address = mmap(nil, byteCount, protection(isAccessible: isAccessible), anonymous, -1, 0)
    return address == MAP_FAILED ? nil : address
  }

  /// Makes pages inaccessible; they keep their contents. Address and size are multiples of the page size.
  ///
  /// - Returns: false if the system refuses.
  package static func protect(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    byteCount == 0 || mprotect(address, byteCount, PROT_NONE) == 0
  }

  /// Replaces mappings of any kind by inaccessible pages without contents, as after ``reserve(_:)``, or by accessible pages, which are
  /// zero.
  ///
  /// - Returns: false if the system refuses. Then the contents are unknown.
  package static func renew(
    _ address: UnsafeMutableRawPointer, _ byteCount: Int, isAccessible: Bool = false
  ) -> Bool {
    guard byteCount > 0 else { return true }
    return mmap(address, byteCount, protection(isAccessible: isAccessible), anonymous | MAP_FIXED, -1, 0) != MAP_FAILED
  }

  /// Restores the original contents of pages: zeros, or those of the privately mapped file.
  ///
  /// - Returns: false if the system cannot, as for locked pages. Then the contents are unknown.
  package static func restore(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    #if os(Linux)
      byteCount == 0 || (canRestore && madvise(address, byteCount, MADV_DONTNEED) == 0)
    #else
      renew(address, byteCount, isAccessible: true)
    #endif
  }

  #if os(Linux)
    /// Whether the system discards pages when it says so: emulators may not.
    private static let canRestore: Bool = {
      guard let page = reserve(pageSize, isAccessible: true) else { return false }
      defer { release(page, pageSize) }
      page.storeBytes(of: 1, as: UInt8.self)
      return madvise(page, pageSize, MADV_DONTNEED) == 0 && page.load(as: UInt8.self) == 0
    }()
  #endif

  /// Makes reserved pages readable and writable. Address and size are multiples of the page size.
  package static func commit(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    byteCount == 0 || mprotect(address, byteCount, PROT_READ | PROT_WRITE) == 0
  }

  /// Populates the pages inside a range at once, which is faster than a fault for each. For memory that will be written completely; does
  /// nothing if the system does not support it.
  package static func populate(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    #if os(Linux)
      let start = roundedUpToPages(Int(bitPattern: address))
      let end = (Int(bitPattern: address) + byteCount) & ~(pageSize - 1)
      guard end - start >= populatedByteCount else { return }
      // MADV_POPULATE_WRITE, since Linux 5.14.
      madvise(UnsafeMutableRawPointer(bitPattern: start), end - start, 23)
    #endif
  }

  /// The smallest size that is worth a call.
  private static let populatedByteCount = 64 << 10

  /// Makes pages executable and readable, but not writable. Address and size are multiples of the page size.
  ///
  /// - Returns: false if the system forbids it.
  package static func makeExecutable(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    mprotect(address, byteCount, PROT_READ | PROT_EXEC) == 0
  }

  /// Makes pages readable, but not writable or executable. Address and size are multiples of the page size.
  ///
  /// - Returns: false if the system refuses.
  package static func makeReadOnly(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    mprotect(address, byteCount, PROT_READ) == 0
  }

  /// Maps the first bytes of a file, readable and executable, for the rest of the process.
  ///
  /// - Returns: false if the system forbids it.
  package static func mapExecutable(_ file: FileDescriptor, _ byteCount: Int) -> Bool {
    mmap(nil, byteCount, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.number, 0) != MAP_FAILED
  }

  /// Returns pages to the system; when they are read again they are zero, or have their old contents.
  package static func discard(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    madvise(address, byteCount, MADV_DONTNEED)
  }

  /// Returns address space to the system.
  ///
  /// - Returns: false if the system refuses, because a mapping would have to be split and the process has too many. Then the pages stay as
  ///   they are.
  @discardableResult
  package static func release(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    munmap(address, byteCount) == 0
  }

  /// Prepares pages elsewhere, and moves them with their contents and their protection to reserved pages in one step, so that no thread sees
  /// anything in between. Other systems than Linux cannot do that: they prepare them in their place, which no other thread may use yet.
  /// Async-signal-safe.
  ///
  /// - Parameters:
  ///   - target: the reserved pages, which are inaccessible.
  ///   - byteCount: their size, a multiple of the page size.
  ///   - prepare: writes pages and protects them; returns whether it could.
  /// - Returns: false if it could not, or if the system refuses. Then the target is inaccessible.
  package static func replace(
    _ target: UnsafeMutableRawPointer, _ byteCount: Int, _ prepare: (UnsafeMutableRawPointer) -> Bool
  ) -> Bool {
    #if os(Linux)
      guard let pages = reserve(byteCount, isAccessible: true) else { return false }
      if prepare(pages) {
        // MREMAP_MAYMOVE and MREMAP_FIXED.
        if mremap(pages, byteCount, byteCount, 1 | 2, target) == target { return true }
        // The system may have removed the target before it refused.
        _ = renew(target, byteCount)
      }
      release(pages, byteCount)
      return false
    #else
      if commit(target, byteCount), prepare(target) { return true }
      _ = protect(target, byteCount)
      return false
    #endif
  }

  /// Moves a reservation, whose first pages are accessible, to a larger one. No page exists twice in the meantime, and untouched pages
  /// stay untouched. All sizes are multiples of the page size.
  ///
  /// - Returns: the new address; nil if the system has no address space. Then nothing has changed.
  package static func move(
    _ address: UnsafeMutableRawPointer, committed: Int, reserved: Int, toReservationOf byteCount: Int
  ) -> UnsafeMutableRawPointer? {
    #if os(Linux)
      // MREMAP_MAYMOVE.
      if committed > 0, let moved = mremap(address, committed, byteCount, 1, nil), moved != MAP_FAILED {
        // If this fails, the rest is merely accessible too early.
        mprotect(moved + committed, byteCount - committed, PROT_NONE)
        if moved != address, reserved > committed { release(address + committed, reserved - committed) }
        return moved
      }
    #endif
    return moveByCopying(address, committed: committed, reserved: reserved, toReservationOf: byteCount)
  }

  /// Implements ``move(_:committed:reserved:toReservationOf:)`` if the system cannot move pages: copies some at a time, and frees them.
  package static func moveByCopying(
    _ address: UnsafeMutableRawPointer, committed: Int, reserved: Int, toReservationOf byteCount: Int
  ) -> UnsafeMutableRawPointer? {
    guard let target = reserve(byteCount) else { return nil }
    guard commit(target, committed) else {
      release(target, byteCount)
      return nil
    }
    let pieceByteCount = roundedUpToPages(1 << 20)
    for offset in stride(from: 0, to: committed, by: pieceByteCount) {
      let count = min(pieceByteCount, committed - offset)
      copyTouchedPages(address + offset, to: target + offset, count)
      release(address + offset, count)
    }
    if reserved > committed { release(address + committed, reserved - committed) }
    return target
  }

  /// Copies the pages that are not zero; the target is zero.
  private static func copyTouchedPages(
    _ source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer, _ byteCount: Int
  ) {
    for offset in stride(from: 0, to: byteCount, by: pageSize) {
      let page = UnsafeRawBufferPointer(start: source + offset, count: pageSize)
      let isZero = page.withMemoryRebound(to: UInt64.self) { words in words.allSatisfy { $0 == 0 } }
      if !isZero { memoryCopy(target + offset, source + offset, pageSize) }
    }
  }
}
