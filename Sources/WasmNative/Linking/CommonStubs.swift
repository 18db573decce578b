import NeedletailSystem
import WasmCompiler
import WasmRuntime

/// The stubs that all engines of the process share, made once.
final class CommonStubs: Sendable {
  /// The offset of each stub, by its number.
  private let offsets: [Int]
  private let memory: CodeMemory

  /// Nil where executable memory is forbidden.
  static let shared = try? CommonStubs()

  private init() throws(CodeMemoryError) {
    var assembler = NativeBackend.Stubs()
    offsets = assembler.putCommonStubs()
    let code = assembler.finishStubs()
    memory = try CodeMemory(byteCount: code.count, quota: CodeQuota()) { base in
      code.withUnsafeBytes { memoryCopy(base, $0.baseAddress!, $0.count) }
    }
  }

  /// The address of a stub.
  subscript(stub: CommonStub) -> UInt { memory.start + UInt(offsets[stub.rawValue]) }

  /// The stubs as profilers see them.
  var profiled: [ProfiledCode] {
    let stubs = CommonStub.allCases.sorted { self[$0] < self[$1] }
    return stubs.indices.map { index in
      let start = self[stubs[index]]
      let end = index + 1 < stubs.count ? self[stubs[index + 1]] : memory.range.upperBound
      let bytes = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: start), count: Int(end - start))
      return ProfiledCode(name: "stub: \(stubs[index])", bytes: bytes)
    }
  }
}
