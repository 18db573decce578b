#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

#if os(Linux)
  // Not in Glibc's module, since it is not part of POSIX.
  @_silgen_name("sched_getaffinity")
  private func sched_getaffinity(_ process: Int32, _ byteCount: Int, _ set: UnsafeMutablePointer<cpu_set_t>) -> Int32
#endif

/// The processors of this computer.
package enum Processors {
  /// The number of processors that are online.
  package static var count: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// The number of processors that this process may use: a container or `taskset` may allow fewer than are online.
  package static var availableCount: Int {
    #if os(Linux)
      var allowed = cpu_set_t()
      if sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &allowed) == 0 {
        return max(1, withUnsafeBytes(of: &allowed) { $0.reduce(0) { $0 + $1.nonzeroBitCount } })
      }
    #endif
    return count
  }

  /// Lets other threads run.
  package static func yield() { sched_yield() }
}
