#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

#if os(Linux)
  // The C library's module leaves it out, since it is no part of POSIX.
  @_silgen_name("memfd_create")
  private func memfd_create(_ name: UnsafePointer<CChar>, _ flags: UInt32) -> Int32

  /// C's `mremap`, which Swift does not import because it is variadic. It looks at a fifth argument only if the flags ask for that.
  @_silgen_name("mremap")
  private func mremap(
    _ address: UnsafeMutableRawPointer, _ oldByteCount: Int, _ newByteCount: Int, _ flags: Int32
  ) -> UnsafeMutableRawPointer?
#endif

/// Address space from the system: reserved first, made accessible in steps, zero at first touch.
package enum VirtualMemory {
  package static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  package static func roundedUpToPages(_ byteCount: Int) -> Int { (byteCount + pageSize - 1) & ~(pageSize - 1) }

  /// Reserves address space that cannot be accessed yet; nil if the system has none.
  package static func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    #if canImport(Darwin)
      let flags = MAP_PRIVATE | MAP_ANON
    #else
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    #endif
    let address = mmap(nil, byteCount, PROT_NONE, flags, -1, 0)
    return address == MAP_FAILED ? nil : address
  }

  /// Makes reserved pages readable and writable. Address and size are multiples of the page size.
  package static func commit(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    byteCount == 0 || mprotect(address, byteCount, PROT_READ | PROT_WRITE) == 0
  }

  /// Takes the pages that lie inside a range from the system at once, which is faster than a fault for each. For what is going to be
  /// written as a whole; does nothing where the system cannot.
  package static func populate(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    #if os(Linux)
      let start = roundedUpToPages(Int(bitPattern: address))
      let end = (Int(bitPattern: address) + byteCount) & ~(pageSize - 1)
      guard end - start >= populatedByteCount else { return }
      // MADV_POPULATE_WRITE, since Linux 5.14.
      madvise(UnsafeMutableRawPointer(bitPattern: start), end - start, 23)
    #endif
  }

  /// What a call for it is worth.
  private static let populatedByteCount = 64 << 10

  /// Makes pages executable, and readable, but no longer writable. Address and size are multiples of the page size.
  ///
  /// - Returns: false if the system forbids it.
  package static func makeExecutable(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    mprotect(address, byteCount, PROT_READ | PROT_EXEC) == 0
  }

  /// Gives pages back to the system; they are zero, or what they were, when they are read again.
  package static func discard(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    madvise(address, byteCount, MADV_DONTNEED)
  }

  package static func release(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    munmap(address, byteCount)
  }

  /// Moves a reservation, whose first pages have been made accessible, to a larger one. No page exists twice meanwhile, and pages that
  /// were never touched stay so. All sizes are multiples of the page size.
  ///
  /// - Returns: the new address; nil if the system has no address space. Then everything is as before.
  package static func move(
    _ address: UnsafeMutableRawPointer, committed: Int, reserved: Int, toReservationOf byteCount: Int
  ) -> UnsafeMutableRawPointer? {
    #if os(Linux)
      // MREMAP_MAYMOVE.
      if committed > 0, let moved = mremap(address, committed, byteCount, 1), moved != MAP_FAILED {
        // If it fails, what is beyond can be accessed a little early.
        mprotect(moved + committed, byteCount - committed, PROT_NONE)
        if moved != address, reserved > committed { release(address + committed, reserved - committed) }
        return moved
      }
    #endif
    return moveByCopying(address, committed: committed, reserved: reserved, toReservationOf: byteCount)
  }

  /// What ``move(_:committed:reserved:toReservationOf:)`` does where the system cannot move pages: copies some at a time, and gives them back.
  static func moveByCopying(
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

  /// Copies the pages that are not zero, to where all are.
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

extension VirtualMemory {
  /// Why the system has just refused address space, to be appended to a message; empty if that is not known. It may be Linux's limit on
  /// the number of mappings of a process, of which each store and each memory has a few, rather than on their size.
  package static var refusalReason: String {
    #if os(Linux)
      if let limit = number(inFile: "/proc/sys/vm/max_map_count"),
        let count = lineCount(ofFile: "/proc/self/maps"), count + 16 >= limit
      {
        return ": the process has \(count) memory mappings, and the system's limit is \(limit) (vm.max_map_count)"
      }
    #endif
    guard let limit = addressSpaceLimit else { return "" }
    return ": the process may have \(limit) bytes of address space (RLIMIT_AS, 'ulimit -v')"
  }

  /// The process's limit on address space, in bytes; nil if there is none.
  private static var addressSpaceLimit: UInt64? {
    var limit = rlimit()
    #if canImport(Glibc)
      let code = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #else
      let code = getrlimit(RLIMIT_AS, &limit)
    #endif
    return code == 0 && limit.rlim_cur < .max >> 1 ? UInt64(limit.rlim_cur) : nil
  }

  #if os(Linux)
    private static func number(inFile path: String) -> Int? {
      var text = ""
      guard readFile(path, { text += String(decoding: $0, as: UTF8.self) }) else { return nil }
      return Int(text.prefix { $0.isNumber })
    }

    private static func lineCount(ofFile path: String) -> Int? {
      var count = 0
      return readFile(path, { for byte in $0 where byte == UInt8(ascii: "\n") { count += 1 } }) ? count : nil
    }

    /// Calls `body` with the bytes of a file, some at a time. Returns false if it cannot be read.
    private static func readFile(_ path: String, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return false }
      defer { close(descriptor) }
      return withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
        while true {
          let count = read(descriptor, buffer.baseAddress, buffer.count)
          guard count > 0 else { return count == 0 }
          body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      }
    }
  #endif

  package static var processIdentifier: Int32 { getpid() }

  /// Pages that are mapped twice: readable and executable at one address, readable and writable at another. In front of the
  /// executable ones stand writable pages of their own.
  package struct AliasedPages: @unchecked Sendable {
    package let front: UnsafeMutableRawPointer
    package let frontByteCount: Int
    package let writable: UnsafeMutableRawPointer
    package let byteCount: Int

    package var executable: UnsafeMutableRawPointer { front + frontByteCount }

    /// Sizes are multiples of the page size. Pages that nobody writes take no memory. Nil if the system has no address space, or
    /// forbids it.
    package init?(front frontByteCount: Int, byteCount: Int) {
      #if os(Linux)
        let closesOnExecution: UInt32 = 1
        let descriptor = memfd_create("needletail", closesOnExecution)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard ftruncate(descriptor, byteCount) == 0, let front = VirtualMemory.reserve(frontByteCount + byteCount)
        else {
          return nil
        }
        let executable = mmap(
          front + frontByteCount, byteCount, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, descriptor, 0)
        let writable = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0)
        guard VirtualMemory.commit(front, frontByteCount), executable != MAP_FAILED, let writable,
          writable != MAP_FAILED
        else {
          if let writable, writable != MAP_FAILED { VirtualMemory.release(writable, byteCount) }
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
