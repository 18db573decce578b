import NeedletailSystem
import WasmCompiler
import WasmRuntime

/// The stubs that all engines of the process share, created once.
final class CommonStubs: Sendable {
  private let starts: [CommonStub: UInt]
  private let memory: CodeMemory

  let landing: UInt
  let resume: UInt
  let throwException: UInt
  let rethrowException: UInt
  let passException: UInt
  let savingRegisters: UInt
  let copyingWords: UInt
  let switchingStacks: UInt
  let restoreContext: UInt

  /// Nil if executable memory is forbidden.
  static let shared = try? CommonStubs()

  private init() throws(CodeMemoryError) {
    var assembler = NativeBackend.Stubs()
    let offsets = assembler.putCommonStubs()
    let code = assembler.finishStubs()
    let memory = try CodeMemory(byteCount: code.count, quota: CodeQuota()) { base in
      code.withUnsafeBytes { memoryCopy(base, $0.baseAddress!, $0.count) }
    }
    func start(_ stub: CommonStub) -> UInt { memory.start + UInt(offsets[stub]!) }
    self.memory = memory
    starts = offsets.mapValues { memory.start + UInt($0) }
    landing = start(.landing)
    resume = start(.resume)
    throwException = start(.throwException)
    rethrowException = start(.rethrowException)
    passException = start(.passException)
    savingRegisters = start(.savingRegisters)
    copyingWords = start(.copyingWords)
    switchingStacks = start(.switchingStacks)
    restoreContext = start(.restoreContext)
  }

  /// The stubs for profilers.
  var profiled: [ProfiledCode] {
    let starts = starts.sorted { $0.value < $1.value }
    return starts.indices.map { index in
      let (stub, start) = starts[index]
      let end = index + 1 < starts.count ? starts[index + 1].value : memory.range.upperBound
      let bytes = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: start), count: Int(end - start))
      return ProfiledCode(name: "stub: \(stub.rawValue)", bytes: bytes)
    }
  }
}
