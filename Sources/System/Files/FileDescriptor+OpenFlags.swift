#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension FileDescriptor {
  /// How a file is opened: the flags of `open`, and those that an open file keeps (`F_GETFL`).
  package struct OpenFlags: OptionSet, Sendable {
    /// The bits of the system.
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// The default implementation is generic, and looks conformances up: that takes longer than opening a file.
    package init(arrayLiteral flags: OpenFlags...) {
      rawValue = flags.reduce(0) { $0 | $1.rawValue }
    }

    package static var readOnly: OpenFlags { OpenFlags(rawValue: O_RDONLY) }
    package static var writeOnly: OpenFlags { OpenFlags(rawValue: O_WRONLY) }
    package static var readWrite: OpenFlags { OpenFlags(rawValue: O_RDWR) }
    package static var create: OpenFlags { OpenFlags(rawValue: O_CREAT) }
    /// Fails if the file exists.
    package static var exclusive: OpenFlags { OpenFlags(rawValue: O_EXCL) }
    package static var truncate: OpenFlags { OpenFlags(rawValue: O_TRUNC) }
    #if os(Linux)
      /// Opens a new file without a name in the directory that the path names. (`O_TMPFILE`, which is not imported from C. Without
      /// `O_DIRECTORY`, old systems would open the directory.)
      package static var unnamed: OpenFlags { OpenFlags(rawValue: 0o20_000_000 | O_DIRECTORY) }
    #endif
    /// Fails if it is not a directory.
    package static var directory: OpenFlags { OpenFlags(rawValue: O_DIRECTORY) }
    /// Fails if the last component is a symbolic link.
    package static var noFollow: OpenFlags { OpenFlags(rawValue: O_NOFOLLOW) }
    /// A program that the process starts does not inherit the descriptor.
    package static var closeOnExecution: OpenFlags { OpenFlags(rawValue: O_CLOEXEC) }
    /// A terminal does not become the process's controlling terminal.
    package static var noTerminal: OpenFlags { OpenFlags(rawValue: O_NOCTTY) }
    package static var append: OpenFlags { OpenFlags(rawValue: O_APPEND) }
    package static var nonblocking: OpenFlags { OpenFlags(rawValue: O_NONBLOCK) }
    package static var dataSync: OpenFlags { OpenFlags(rawValue: O_DSYNC) }
    package static var sync: OpenFlags { OpenFlags(rawValue: O_SYNC) }
    /// `O_RSYNC`; `O_SYNC` on systems without it.
    package static var readSync: OpenFlags {
      #if os(Linux)
        OpenFlags(rawValue: O_RSYNC)
      #else
        OpenFlags(rawValue: O_SYNC)
      #endif
    }
    /// Opens without read permission, which is enough to look up names. (`O_PATH`, the same on all of Linux's architectures.)
    package static var pathOnly: OpenFlags {
      #if os(Linux)
        OpenFlags(rawValue: 0o10000000)
      #else
        OpenFlags(rawValue: O_RDONLY)
      #endif
    }
  }
}
