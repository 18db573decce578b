extension WASI {
  /// Everything that a guest is given, as one value. What is not granted here does not exist for the guest: by default
  /// there are no arguments, no environment, no directory and no network, and the standard streams are ``null``.
  ///
  /// ```swift
  /// var configuration = WASI.Configuration()
  /// configuration.arguments = ["tool", "--verbose"]
  /// configuration.standardOutput = .inherit
  /// configuration.preopens = [.init(hostPath: "data", guestPath: "/data", access: .readOnly)]
  /// ```
  public struct Configuration {
    /// The program's arguments as bytes, its own name first. They can hold anything but NUL; most programs expect UTF-8.
    public var argumentBytes: [[UInt8]] = []
    /// The program's arguments as text, its own name first. Bytes of ``argumentBytes`` that are not UTF-8 read as U+FFFD.
    public var arguments: [String] {
      get { argumentBytes.map { String(decoding: $0, as: UTF8.self) } }
      set { argumentBytes = newValue.map { Array($0.utf8) } }
    }
    public var environment: [(name: String, value: String)] = []
    /// Descriptors 3 and up, in this order.
    public var preopens: [Preopen] = []
    public var standardInput: Input = .null
    public var standardOutput: Output = .null
    public var standardError: Output = .null
    public var clocks: Clocks = .system
    public var random: RandomSource = .system
    public var limits = Limits()
    /// Told in one line, such as `denied: path_open "a.txt" in "/data": write access not granted`, about each thing that
    /// the sandbox denied the guest. It must not call the guest.
    public var log: ((String) -> Void)?

    public init() {}
  }

  /// Something that the guest finds open when it starts.
  public struct Preopen {
    enum Source {
      case hostDirectory(String, PathResolution)
      case directory(any Directory)
      case file(any File)
      case listener(String)
      case hostDescriptor(Int32)
    }

    let source: Source
    /// A directory's name for the guest.
    let guestPath: String
    let access: Access

    /// A directory of the host; the guest sees it under `guestPath` and nothing outside of it.
    public init(
      hostPath: String, guestPath: String, access: Access = .readWrite, resolution: PathResolution = .automatic
    ) {
      self.init(source: .hostDirectory(hostPath, resolution), guestPath: guestPath, access: access)
    }

    /// A directory of any file system, such as the root of an ``InMemoryFileSystem``.
    public init(_ directory: any Directory, guestPath: String, access: Access = .readWrite) {
      self.init(source: .directory(directory), guestPath: guestPath, access: access)
    }

    /// A file that the embedder has opened or made itself. It has no name; the guest knows its number.
    public static func file(_ file: any File, access: Access = .readWrite) -> Preopen {
      Preopen(source: .file(file), guestPath: "", access: access)
    }

    /// A TCP socket that listens for connections, for `sock_accept`. It does not block: `sock_accept` fails with `EAGAIN`
    /// if there is no connection, unless the guest clears the flag `nonblock` of the descriptor.
    ///
    /// - Parameter address: a numeric address and a port, such as `127.0.0.1:8080` or `[::1]:8080`.
    public static func listener(address: String) -> Preopen {
      Preopen(source: .listener(address), guestPath: "", access: .readWrite)
    }

    /// Whether this is a listener whose port the system is to choose.
    public var isListenerOfAnyPort: Bool {
      if case .listener(let address) = source { address.hasSuffix(":0") } else { false }
    }

    /// A descriptor of the host, such as a socket that a supervisor handed over. It is not closed with the guest's. A
    /// listening socket does not block for the guest, as with ``listener(address:)``; the host's own flags stay as they are.
    public static func hostDescriptor(_ descriptor: Int32) -> Preopen {
      Preopen(source: .hostDescriptor(descriptor), guestPath: "", access: .readWrite)
    }

    private init(source: Source, guestPath: String, access: Access) {
      self.source = source
      self.guestPath = guestPath
      self.access = access
    }
  }

  /// Where the guest's standard input comes from.
  public enum Input {
    /// The process's own.
    case inherit
    /// At its end at once.
    case null
    case bytes([UInt8])
    /// A file of the host.
    case file(String)
    /// A descriptor of the host, which stays open.
    case descriptor(Int32)
    /// Asked to fill a buffer of the guest's memory; gives the number of bytes, 0 at the end. It must not call the guest.
    case closure((UnsafeMutableRawBufferPointer) throws -> Int)
    case custom(any File)

    public static func text(_ text: String) -> Input { .bytes(Array(text.utf8)) }
  }

  /// Where the guest's standard output or error goes.
  public enum Output {
    /// The process's own.
    case inherit
    /// Nowhere.
    case null
    case buffer(OutputBuffer)
    /// A file of the host, made or emptied.
    case file(String)
    /// A descriptor of the host, which stays open.
    case descriptor(Int32)
    /// Given the bytes in the guest's memory, during the call only. It must not call the guest.
    case closure((UnsafeRawBufferPointer) throws -> Void)
    case custom(any File)
  }

  /// What the guest's clocks show.
  public enum Clocks: Sendable {
    case system
    /// For reproducible runs. The real-time clock starts at `realtime` (nanoseconds since 1970) and the others at 0; all
    /// go on by `step` nanoseconds each time that one is read, and by the time slept, which takes no time.
    case frozen(realtime: UInt64, step: UInt64 = 1_000)
  }

  /// Where the guest's random bytes come from.
  public enum RandomSource {
    /// The system's cryptographic generator.
    case system
    /// The same bytes in every run; not for secrets.
    case seeded(UInt64)
    case closure((UnsafeMutableRawBufferPointer) throws -> Void)
  }

  /// Limits on what one guest can make the host do.
  public struct Limits: Sendable {
    /// Open descriptors, the standard ones included. One more is `EMFILE`.
    public var descriptors: Int = 1024
    /// Bytes of one `random_get`. More is `EINVAL`.
    public var randomBytes: Int = 64 << 20
    /// Subscriptions of one `poll_oneoff`. More is `EINVAL`.
    public var subscriptions: Int = 4096

    public init() {}
  }

  /// What is asked for cannot be granted: a directory that is not there, an argument with a NUL.
  public struct ConfigurationError: Error, CustomStringConvertible {
    public var message: String
    public var description: String { message }
  }
}
