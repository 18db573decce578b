import Needletail
import NeedletailSystem
import WebAssembly

/// WASI preview 1 for one guest: its descriptors, arguments and environment, and the host functions that a ``Linker``
/// offers to its imports.
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
/// Paths that a guest passes cannot leave the directories in ``Configuration/preopens``, whether by links, `..`
/// components or races. A guest's pointers, lengths and counts are checked before the host uses them.
///
/// Use it from one thread at a time, like the store of the instances that call it, unless it belongs to a
/// ``ThreadedProgram``.
public final class WASI {
  let configuration: Configuration
  var descriptors: DescriptorTable
  var clock: GuestClock
  var random: GuestRandom
  /// What the current call was denied. Recorded only if there is a log.
  var denial: Denial?
  /// State shared by the guest's threads; nil if it has none. See ``ThreadedProgram``.
  var sharing: ThreadSharing?
  let callers = CurrentCaller()
  /// The guest's standard output, even if the guest renumbers its descriptor.
  var standardOutput: (any File)?
  let outputLoss = OutputLoss()
  /// Arguments and environment in the guest's layout, built on first use.
  lazy var arguments = StringTable(configuration.argumentBytes)
  lazy var environment = StringTable(configuration.environment.map { Array("\($0.name)=\($0.value)".utf8) })

  /// Opens everything that the configuration names.
  ///
  /// - Throws: ``ConfigurationError`` if something cannot be opened, or an argument or variable contains a NUL;
  ///   `LimitExceeded` if the process may not have as many descriptors.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.check()
    self.configuration = configuration
    descriptors = DescriptorTable(limit: max(configuration.limits.descriptors, 3 + configuration.preopens.count))
    clock = GuestClock(configuration.clocks)
    random = GuestRandom(configuration.random)
    try openStandardStreams()
    for (index, preopen) in configuration.preopens.enumerated() {
      do {
        try insertFirst(preopen.open())
      } catch var error as ConfigurationError {
        error.preopenIndex = index
        throw error
      }
    }
    if descriptors.contains(where: { $0.object.object is POSIXFile || $0.object.object is POSIXDirectory }) {
      ignoreSignalsOfWriting()
    }
  }

  /// Defines all functions of preview 1.
  ///
  /// - Parameters:
  ///   - linker: where the functions are defined.
  ///   - snapshots: the module names to define them under. Programs of 2019 import `wasi_unstable`.
  /// - Throws: `LinkError` if a name is taken and the linker does not allow shadowing.
  public func link(into linker: Linker, as snapshots: [Snapshot] = Snapshot.allCases) throws {
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

  /// Runs a command's `_start`, or a reactor's `_initialize` and then its default function (the export with the empty
  /// name). A reactor may lack one of the two.
  ///
  /// - Returns: the exit status; 0 if the guest returned without calling `proc_exit`.
  /// - Throws: whatever the guest's code throws, except ``ExitStatus``; ``NoEntryPoint`` if none of the functions is
  ///   exported.
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

  /// The instance exports none of `_start`, `_initialize` and the default function.
  public struct NoEntryPoint: Error, CustomStringConvertible {
    /// The error as a sentence.
    public var description: String {
      "the module exports neither '_start' nor '_initialize', nor a function with an empty name"
    }
  }

  /// The error that lost data which the guest wrote to its standard output; nil if nothing was lost. The guest receives
  /// the error too, but many programs ignore it.
  public var lostOutput: Errno? { outputLoss.error }

  /// The number of descriptors that the guest has open.
  public var openDescriptorCount: Int { descriptors.openCount }

  /// The addresses of the guest's listeners in the order of the preopens, with the actual port where the configuration
  /// has port 0.
  public var listenerAddresses: [String] {
    configuration.preopens.indices.compactMap { index in
      guard case .listener = configuration.preopens[index].source, let entry = try? descriptors[UInt32(3 + index)],
        let file = entry.object.object as? POSIXFile
      else { return nil }
      return SocketDescriptor(file.descriptor).address
    }
  }

  /// Closes all of the guest's descriptors, including the standard streams and preopens.
  public func closeAll() {
    for descriptor in descriptors.removeAll() { try? descriptor.object.object.close() }
  }

}

extension WASI.Configuration {
  fileprivate func check() throws {
    for argument in argumentBytes where argument.contains(0) {
      throw WASI.ConfigurationError(
        message: "the argument '\(String(decoding: argument, as: UTF8.self).printable)' holds a NUL")
    }
    for (name, value) in environment
    where name.isEmpty || name.utf8.contains(0) || name.utf8.contains(UInt8(ascii: "=")) || value.utf8.contains(0) {
      throw WASI.ConfigurationError(message: "'\(name.printable)=\(value.printable)' cannot be an environment variable")
    }
    for preopen in preopens where preopen.guestPath.utf8.contains(0) {
      throw WASI.ConfigurationError(message: "the guest's path '\(preopen.guestPath.printable)' holds a NUL")
    }
  }
}
