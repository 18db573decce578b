import Synchronization
import WasmCompiler
import WasmRuntime

/// The format in which profilers receive the names of compiled functions.
public enum ProfileFormat: Hashable, Sendable, CaseIterable {
  /// `/tmp/perf-PID.map`: names of functions, for `perf report`.
  case perfMap
  /// `jit-PID.dump` in the current folder: names, code and lines, for `perf inject --jit`. Lines are those of the text that a module was
  /// assembled from; for binary modules, offsets.
  case jitDump
}

/// A piece of code for profilers.
struct ProfiledCode {
  var name: String
  /// The code at its address.
  var bytes: UnsafeRawBufferPointer
  /// The file of the lines.
  var fileName: String?
  /// In the order of their offsets from the code's beginning.
  var lines: [(offset: UInt32, number: UInt32)] = []
}

/// The file in which a profiler finds the names of this process's code. All engines of a process with the same format share it.
///
/// Code must be passed to ``add(_:)`` before it runs.
final class CodeProfile: Sendable {
  let format: ProfileFormat
  private let file: ProfileFile
  private let dump: Mutex<JITDump>

  private static let shared = Mutex<[ProfileFormat: CodeProfile]>([:])

  /// The process's file of a format.
  ///
  /// - Returns: nil if it cannot be created.
  static func shared(_ format: ProfileFormat) -> CodeProfile? {
    shared.withLock { profiles in
      if let profile = profiles[format] { return profile }
      let profile = CodeProfile(format)
      profiles[format] = profile
      profile?.add(CommonStubs.shared?.profiled ?? [])
      return profile
    }
  }

  /// The path of the file of a format.
  static func path(_ format: ProfileFormat) -> String {
    switch format {
    case .perfMap: "/tmp/perf-\(ProfileFile.processID).map"
    case .jitDump: "jit-\(ProfileFile.processID).dump"
    }
  }

  private init?(_ format: ProfileFormat) {
    guard let file = ProfileFile(Self.path(format)) else { return nil }
    self.format = format
    self.file = file
    let dump = JITDump(processID: ProfileFile.processID)
    self.dump = Mutex(dump)
    guard format == .jitDump else { return }
    file.append(dump.header(time: ProfileFile.time))
    guard file.mark() else { return nil }
  }

  /// Adds code that is about to run.
  func add(_ codes: [ProfiledCode]) {
    // The lock also separates the records of several threads.
    dump.withLock { dump in
      var bytes: [UInt8] = []
      let time = ProfileFile.time
      for code in codes where !code.bytes.isEmpty {
        var code = code
        code.name = Self.shown(code.name)
        switch format {
        case .perfMap: bytes.append(contentsOf: Self.mapLine(code).utf8)
        case .jitDump: dump.append(code, time: time, to: &bytes)
        }
      }
      file.append(bytes)
    }
  }

  private static func mapLine(_ code: ProfiledCode) -> String {
    let start = UInt(bitPattern: code.bytes.baseAddress)
    return "\(String(start, radix: 16)) \(String(code.bytes.count, radix: 16)) \(code.name)\n"
  }

  private static let maximumNameByteCount = 500

  /// A name that cannot start a new line or end early, and is not longer than profilers' buffers.
  static func shown(_ name: String) -> String {
    var result = String.UnicodeScalarView()
    var byteCount = 0
    for scalar in name.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      byteCount += UTF8.width(scalar)
      guard byteCount <= maximumNameByteCount else { break }
      result.append(isControl ? "?" : scalar)
    }
    return String(result)
  }
}
