import NeedletailSystem
import WasmBinary
import WebAssembly

extension Module {
  /// Loads a module from a file in the binary or the text format, whichever its contents are in.
  ///
  /// The whole file is read at once. It must not change meanwhile.
  ///
  /// - Parameters:
  ///   - engine: the engine that the module runs on.
  ///   - path: the path of a regular file.
  ///   - deadline: the time at which loading is stopped; nil if it is not limited.
  /// - Throws: `ModuleFileError` if the file cannot be read or is of another kind; `LimitExceeded` if it is larger than
  ///   ``Engine/Configuration-swift.struct/moduleLimits`` allow; and the errors of ``init(_:bytes:deadline:)`` and
  ///   ``init(_:text:legacyDialect:deadline:)``.
  public convenience init(_ engine: Engine, contentsOf path: String, deadline: ContinuousClock.Instant? = nil) throws {
    let bytes = try ModuleFileError.read(path, engine.configuration.moduleLimits)
    let format = FileFormat(bytes)
    if bytes.first == 0, format?.isComponent != true {
      try self.init(engine, bytes: bytes, deadline: deadline)
      return
    }
    if let format, format.isForeign || format.isComponent {
      throw ModuleFileError(path: path, reason: "expected a module, found \(format)")
    }
    guard !bytes.isEmpty else { throw ModuleFileError(path: path, reason: "expected a module, found an empty file") }
    guard !Artifact.isArtifact(bytes) else {
      throw ModuleFileError(
        path: path, reason: "expected a module, found an artifact: init(_:unsafeArtifact:) loads it")
    }
    guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.prefix(1024).contains(0) else {
      throw ModuleFileError(path: path, reason: "expected a module, found binary data of another kind")
    }
    try self.init(engine, text: text, deadline: deadline)
  }
}

/// A file that is no module, or cannot be read.
public struct ModuleFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path of the file.
  public var path: String
  /// What is wrong with it.
  public var reason: String

  /// The error as a sentence.
  public var description: String { "'\(path.printable)': \(reason)" }

  /// The bytes of a file.
  fileprivate static func read(_ path: String, _ limits: ModuleLimits) throws -> [UInt8] {
    do {
      let descriptor = try FileDescriptor.open(path, [.readOnly, .nonblocking, .closeOnExecution])
      defer { descriptor.closeIgnoringErrors() }
      let metadata = try descriptor.metadata()
      guard metadata.kind == .regular else {
        let found = metadata.kind == .directory ? "a directory" : "a file of another kind"
        throw ModuleFileError(path: path, reason: "expected a regular file, found \(found)")
      }
      guard metadata.byteCount <= UInt64(limits.moduleSize) else {
        throw limits.excess(.moduleBytes, Int(metadata.byteCount), at: nil)
      }
      var failure: SystemError?
      let bytes = [UInt8](unsafeUninitializedCapacity: Int(metadata.byteCount)) { buffer, count in
        do throws(SystemError) { count = try descriptor.fill(UnsafeMutableRawBufferPointer(buffer), from: 0) } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      return bytes
    } catch let error as SystemError {
      throw ModuleFileError(path: path, reason: "cannot read it: \(error)")
    }
  }
}
