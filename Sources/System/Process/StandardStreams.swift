#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The first three descriptors.
package enum StandardStreams {
  /// Sees to it that descriptors 0, 1 and 2 are taken.
  ///
  /// A parent may close one of them. The next file that is opened would get its number, and what is meant for standard output would be
  /// written there. What is closed becomes a descriptor that can neither be read nor written, depending on the direction, so that using
  /// it still is an error (`EBADF`).
  package static func reserve() {
    for (descriptor, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is this one, as those below are taken.
      _ = open("/dev/null", mode)
    }
  }
}
