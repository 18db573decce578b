extension WASI {
  /// Everything that a guest is granted. By default a guest has no arguments, no environment, no directories and no
  /// network, and its standard streams are ``Input/null`` and ``Output/null``.
  ///
  /// ```swift
  /// var configuration = WASI.Configuration()
  /// configuration.arguments = ["tool", "--verbose"]
  /// configuration.standardOutput = .inherit
  /// configuration.preopens = [.init(hostPath: "data", guestPath: "/data", access: .readOnly)]
  /// ```
  public struct Configuration {
    /// The program's arguments as bytes, its own name first. Any byte but NUL is allowed; most programs expect UTF-8.
    public var argumentBytes: [[UInt8]] = []
    /// The program's arguments as text, its own name first. Bytes of ``argumentBytes`` that are not UTF-8 read as
    /// U+FFFD.
    public var arguments: [String] {
      get { argumentBytes.map { String(decoding: $0, as: UTF8.self) } }
      set { argumentBytes = newValue.map { Array($0.utf8) } }
    }
    /// Environment variables. Names must not be empty or contain `=`; neither names nor values may contain a NUL.
    public var environment: [(name: String, value: String)] = []
    /// What the guest finds open, as descriptors 3 and up, in this order.
    public var preopens: [Preopen] = []
    /// The source of descriptor 0.
    public var standardInput: Input = .null
    /// The destination of descriptor 1.
    public var standardOutput: Output = .null
    /// The destination of descriptor 2.
    public var standardError: Output = .null
    /// The clocks of `clock_time_get` and `poll_oneoff`.
    public var clocks: Clocks = .system
    /// The source of `random_get`.
    public var random: RandomSource = .system
    /// Limits on the guest's use of host resources.
    public var limits = Limits()
    /// Receives one line for each request that the sandbox denied, such as `denied: path_open "a.txt" in "/data": write
    /// access not granted`. Must not call the guest.
    public var log: ((String) -> Void)?

    /// Grants nothing.
    public init() {}
  }

  /// A descriptor that is open when the guest starts.
  public struct Preopen {
    enum Source {
      case hostDirectory(String, PathResolution)
      case directory(any Directory)
      case file(any File)
      case listener(String)
      case hostDescriptor(Int32)
    }

    let source: Source
    /// The name under which the guest sees a directory.
    let guestPath: String
    let access: Access

    /// A directory of the host. The guest sees it as `guestPath` and cannot reach anything outside it.
    ///
    /// - Parameters:
    ///   - hostPath: the directory's path on the host. Symbolic links are followed.
    ///   - guestPath: the name that `fd_prestat_dir_name` reports.
    ///   - access: whether the guest may change anything below the directory.
    ///   - resolution: how paths below the directory are resolved.
    public init(
      hostPath: String, guestPath: String, access: Access = .readWrite, resolution: PathResolution = .automatic
    ) {
      self.init(source: .hostDirectory(hostPath, resolution), guestPath: guestPath, access: access)
    }

    /// A directory of any file system, such as the root of an ``InMemoryFileSystem``.
    public init(_ directory: any Directory, guestPath: String, access: Access = .readWrite) {
      self.init(source: .directory(directory), guestPath: guestPath, access: access)
    }

    /// A file that the embedder opened or implements. It has no name; the guest must know its number.
    public static func file(_ file: any File, access: Access = .readWrite) -> Preopen {
      Preopen(source: .file(file), guestPath: "", access: access)
    }

    /// A TCP socket that listens for connections, for `sock_accept`. It is non-blocking: `sock_accept` fails with
    /// `EAGAIN` if no connection is pending, unless the guest clears the descriptor's `nonblock` flag.
    ///
    /// - Parameter address: a numeric address and a port, such as `127.0.0.1:8080` or `[::1]:8080`.
    public static func listener(address: String) -> Preopen {
      Preopen(source: .listener(address), guestPath: "", access: .readWrite)
    }

    /// Whether this is a listener with port 0, for which the system chooses a port.
    public var isListenerOfAnyPort: Bool {
      if case .listener(let address) = source { address.hasSuffix(":0") } else { false }
    }

    /// A descriptor of the host, such as a socket passed by a supervisor. It stays open when the guest closes it. A
    /// listening socket is non-blocking for the guest, as with ``listener(address:)``; the host's own flags do not
    /// change.
    public static func hostDescriptor(_ descriptor: Int32) -> Preopen {
      Preopen(source: .hostDescriptor(descriptor), guestPath: "", access: .readWrite)
    }

    private init(source: Source, guestPath: String, access: Access) {
      self.source = source
      self.guestPath = guestPath
      self.access = access
    }
  }

  /// The source of the guest's standard input.
  public enum Input {
    /// The process's standard input.
    case inherit
    /// Always at its end.
    case null
    /// The given bytes, then the end.
    case bytes([UInt8])
    /// The host's file at this path.
    case file(String)
    /// A descriptor of the host, which stays open.
    case descriptor(Int32)
    /// A closure that fills a buffer in the guest's memory and returns the number of bytes, 0 at the end. It must not
    /// call the guest. An ``Errno`` that it throws is returned to the guest; other errors are `EIO`.
    case closure((UnsafeMutableRawBufferPointer) throws -> Int)
    /// A file that the embedder implements.
    case custom(any File)

    /// The UTF-8 bytes of `text`.
    public static func text(_ text: String) -> Input { .bytes(Array(text.utf8)) }
  }

  /// The destination of the guest's standard output or error.
  public enum Output {
    /// The process's standard output or error.
    case inherit
    /// Discards everything.
    case null
    /// A buffer in the host's memory.
    case buffer(OutputBuffer)
    /// The host's file at this path, created or truncated.
    case file(String)
    /// A descriptor of the host, which stays open.
    case descriptor(Int32)
    /// A closure that receives the bytes in the guest's memory, valid only during the call. It must not call the guest.
    /// An ``Errno`` that it throws is returned to the guest; other errors are `EIO`.
    case closure((UnsafeRawBufferPointer) throws -> Void)
    /// A file that the embedder implements.
    case custom(any File)
  }

  /// The clocks that the guest reads.
  public enum Clocks: Sendable {
    /// The host's clocks.
    case system
    /// For reproducible runs. The real-time clock starts at `realtime` (nanoseconds since 1970), the others at 0. Each
    /// reading advances all of them by `step` nanoseconds. A sleep advances them by its duration and returns at once.
    case frozen(realtime: UInt64, step: UInt64 = 1_000)
  }

  /// The source of the guest's random bytes.
  public enum RandomSource {
    /// The system's cryptographic generator.
    case system
    /// The same bytes in every run (SplitMix64). Predictable: not for secrets.
    case seeded(UInt64)
    /// A closure that fills a buffer in the guest's memory, called once per request. An ``Errno`` that it throws is
    /// returned to the guest; other errors are `EIO`.
    case closure((UnsafeMutableRawBufferPointer) throws -> Void)
  }

  /// Limits on what one guest can make the host do.
  public struct Limits: Sendable {
    /// Open descriptors, including the standard streams. Beyond that, `EMFILE`. Raised to fit the preopens if it is too
    /// low.
    public var descriptors: Int = 1024
    /// Bytes of one `random_get`. Beyond that, `EINVAL`.
    public var randomBytes: Int = 64 << 20
    /// Subscriptions of one `poll_oneoff`. Beyond that, `EINVAL`.
    public var subscriptions: Int = 4096

    /// The default limits.
    public init() {}
  }

  /// The configuration cannot be used: for example, a directory does not exist or an argument contains a NUL.
  public struct ConfigurationError: Error, CustomStringConvertible {
    /// What cannot be used, and why.
    public var message: String
    /// Which of ``WASI/Configuration/preopens`` cannot be opened; nil if it is something else.
    public internal(set) var preopenIndex: Int?
    /// The message.
    public var description: String { message }
  }
}
