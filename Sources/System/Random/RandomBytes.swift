#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The system's cryptographic random number generator.
package enum RandomBytes {
  package static func fill(_ bytes: UnsafeMutableRawBufferPointer) throws(SystemError) {
    #if canImport(Darwin)
      arc4random_buf(bytes.baseAddress!, bytes.count)
    #else
      var filled = 0
      while filled < bytes.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
        filled += try retrying {
          systemCall(LinuxCallNumbers.present.getrandom, Int(bitPattern: rest.baseAddress), rest.count, 0, 0)
        }
      }
    #endif
  }
}
