/// The first three descriptors.
enum StandardStreams {
  /// Sees to it that descriptors 0, 1 and 2 are taken.
  ///
  /// A parent may close one of them. The next file that is opened, such as the module or a folder, would get its number, and a guest that
  /// writes to its standard output would write there. What is closed becomes a descriptor that can neither be read nor written,
  /// depending on the direction, so that using it still is an error (`EBADF`).
  static func reserve() {
    for (descriptor, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is this one, as those below are taken.
      _ = open("/dev/null", mode)
    }
  }
}
