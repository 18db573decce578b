import Needletail

/// WASI preview 1 for one guest: its descriptors, arguments and environment, and the functions that a ``Linker`` offers
/// to the guest's imports.
///
/// ```swift
/// var configuration = WASI.Configuration()
/// configuration.standardOutput = .inherit
/// let wasi = try WASI(configuration)
/// let linker = Linker(engine)
/// try wasi.link(into: linker)
/// let instance = try linker.instantiate(module, in: Store(engine))
/// let status = try wasi.start(instance)
/// ```
///
/// A path that a guest gives cannot lead out of the directories in ``Configuration/preopens``, whatever links, dots or
/// races it uses. A guest's pointers, lengths and counts are checked before the host acts on them.
///
/// Belongs to one thread at a time, like the store whose instances use it, unless it is a ``ThreadedProgram``'s.
public final class WASI {
  let configuration: Configuration
  var descriptors: DescriptorTable
  var clock: GuestClock
  var random: GuestRandom
  /// What the call at hand was denied, if there is a log.
  var denial: Denial?
  /// What the threads of the guest share, if it has any; see ``ThreadedProgram``.
  var sharing: ThreadSharing?
  let callers = CurrentCaller()
  /// What the guest's standard output is, whatever number it has.
  var standardOutput: (any File)?
  let outputLoss = OutputLoss()
  /// Whether an engine that the functions were linked for can interrupt its guests.
  private(set) var isInterruptible = false
  /// Arguments and environment, laid out when they are first asked for.
  lazy var arguments = StringTable(configuration.argumentBytes)
  lazy var environment = StringTable(configuration.environment.map { Array("\($0.name)=\($0.value)".utf8) })

  /// Opens what the configuration names.
  ///
  /// - Throws: ``ConfigurationError`` if something cannot be opened or an argument or variable holds a NUL.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.check()
    self.configuration = configuration
    descriptors = DescriptorTable(limit: max(configuration.limits.descriptors, 3 + configuration.preopens.count))
    clock = GuestClock(configuration.clocks)
    random = GuestRandom(configuration.random)
    try openStandardStreams()
    for preopen in configuration.preopens { _ = try descriptors.insert(preopen.open()) }
    if descriptors.contains(where: { $0.object.object is POSIXFile || $0.object.object is POSIXDirectory }) {
      POSIXSystem.ignoreSignalsOfWriting()
    }
  }

  /// Defines every function of preview 1.
  ///
  /// - Parameter snapshots: under which module names; `wasi_unstable` is what programs of 2019 import.
  /// - Throws: `LinkError` if a name is taken and the linker allows no shadowing.
  public func link(into linker: Linker, as snapshots: [Snapshot] = Snapshot.allCases) throws {
    if linker.engine.configuration.isInterruptible { isInterruptible = true }
    for snapshot in snapshots {
      let functions = HostFunctions(
        linker: linker, snapshot: snapshot, sharing: sharing, callers: callers,
        onReturn: configuration.log == nil ? nil : { [self] in reportDenial(by: $0) })
      try defineArguments(functions)
      try defineClocks(functions)
      try defineRandom(functions)
      try defineProcess(functions)
      try defineFiles(functions)
      try defineFileMetadata(functions)
      try defineDirectories(functions)
      try definePaths(functions)
      try definePolling(functions)
      try defineSockets(functions)
    }
  }

  /// Runs a command's `_start` to its end; or a reactor's `_initialize` and then its default function, the export with the empty name,
  /// as far as they are there.
  ///
  /// - Returns: the exit status; 0 if the guest returned without `proc_exit`.
  /// - Throws: what the guest's code throws but ``ExitStatus``; ``NoEntryPoint`` if it exports none of the functions.
  public func start(_ instance: Instance) throws -> Int32 {
    let entries =
      instance.function("_start").map { [$0] } ?? ["_initialize", ""].compactMap { instance.function($0) }
    guard !entries.isEmpty else { throw NoEntryPoint() }
    do {
      for entry in entries { _ = try entry.call([]) }
      return 0
    } catch let status as ExitStatus {
      return status.code
    }
  }

  /// The instance exports neither `_start` nor `_initialize`.
  public struct NoEntryPoint: Error, CustomStringConvertible {
    public var description: String { "the module exports neither `_start` nor `_initialize`" }
  }

  /// Why something that the guest wrote to its standard output is lost; nil if nothing is. A guest is told, but many do not look.
  public var lostOutput: Errno? { outputLoss.error }

  /// How many descriptors the guest has open.
  public var openDescriptorCount: Int { descriptors.openCount }

  /// Where the guest's listeners wait for connections, with the port that the system chose if 0 was asked for.
  public var listenerAddresses: [String] {
    configuration.preopens.indices.compactMap { index in
      guard case .listener = configuration.preopens[index].source, let entry = try? descriptors[UInt32(3 + index)],
        let file = entry.object.object as? POSIXFile
      else { return nil }
      return POSIXSocket.address(of: file.descriptor)
    }
  }

  /// Closes everything that the guest has open, preopened directories and streams included.
  public func closeAll() {
    for descriptor in descriptors.removeAll() { try? descriptor.object.object.close() }
  }

}

extension WASI.Configuration {
  fileprivate func check() throws {
    for argument in argumentBytes where argument.contains(0) {
      throw WASI.ConfigurationError(
        message: "the argument `\(String(decoding: argument, as: UTF8.self))` holds a NUL")
    }
    for (name, value) in environment
    where name.isEmpty || name.utf8.contains(0) || name.utf8.contains(UInt8(ascii: "=")) || value.utf8.contains(0) {
      throw WASI.ConfigurationError(message: "`\(name)=\(value)` cannot be an environment variable")
    }
    for preopen in preopens where preopen.guestPath.utf8.contains(0) {
      throw WASI.ConfigurationError(message: "the guest's path `\(preopen.guestPath)` holds a NUL")
    }
  }
}
