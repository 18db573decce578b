#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The first three descriptors.
package enum StandardStreams {
  /// Makes sure that descriptors 0, 1 and 2 are open.
  ///
  /// A parent may close one of them. The next file that is opened would get its number, and standard output would be written to that file.
  /// A closed descriptor is replaced by one that cannot be used in its direction, so that using it is still an error (`EBADF`).
  package static func reserve() {
    for (descriptor, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(descriptor, F_GETFD) < 0 {
      // This is the lowest free number, since those below are open.
      _ = open("/dev/null", mode)
    }
  }
}
