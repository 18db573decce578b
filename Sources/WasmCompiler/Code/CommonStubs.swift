import WasmRuntime

/// The code that all engines of the process share, made once.
final class CommonStubs: Sendable {
  /// Where activations go on that end early, with ``StoreContext/activation`` in `rsp`.
  let landing: UInt
  let resume: UInt
  let throwException: UInt
  let rethrowException: UInt
  let passException: UInt
  let savingRegisters: UInt
  let copyingWords: UInt
  let switchingStacks: UInt
  let restoreContext: UInt
  private let memory: CodeMemory

  /// Nil where executable memory is forbidden.
  static let shared = try? CommonStubs()

  private init() throws(CodeMemoryError) {
    var assembler = Assembler()
    let landing = assembler.makeBoundLabel()
    assembler.putLanding()
    let resume = assembler.makeBoundLabel()
    assembler.putResume(landing: landing)
    let offsets = (resume: assembler.offset(of: resume)!, throwing: assembler.count)
    assembler.putThrowStub(.raise, resume: resume)
    let rethrowing = assembler.count
    assembler.putThrowStub(.raiseAgain, resume: resume)
    let passing = assembler.count
    assembler.putThrowStub(.raiseFurther, resume: resume)
    let saving = assembler.count
    assembler.putSavingRegisters()
    let copying = assembler.count
    assembler.putCopyingWords()
    let switching = assembler.count
    assembler.putSwitchingStacks()
    let restoring = assembler.count
    assembler.putRestoringContext()
    assembler.finish()
    let code = Array(assembler.code)
    memory = try CodeMemory(byteCount: code.count, quota: CodeQuota()) { base in
      code.withUnsafeBytes { memoryCopy(base, $0.baseAddress!, $0.count) }
    }
    self.landing = memory.start
    self.resume = memory.start + UInt(offsets.resume)
    throwException = memory.start + UInt(offsets.throwing)
    rethrowException = memory.start + UInt(rethrowing)
    passException = memory.start + UInt(passing)
    savingRegisters = memory.start + UInt(saving)
    copyingWords = memory.start + UInt(copying)
    switchingStacks = memory.start + UInt(switching)
    restoreContext = memory.start + UInt(restoring)
  }

  /// The stubs as profilers see them.
  var profiled: [ProfiledCode] {
    let starts = [
      ("stub of landing", landing), ("stub of resuming", resume), ("stub of throwing", throwException),
      ("stub of rethrowing", rethrowException), ("stub of passing on", passException),
      ("stub of saving registers", savingRegisters), ("stub of copying words", copyingWords),
      ("stub of switching stacks", switchingStacks), ("stub of restoring a context", restoreContext),
    ].sorted { $0.1 < $1.1 }
    return starts.indices.map { index in
      let end = index + 1 < starts.count ? starts[index + 1].1 : memory.range.upperBound
      let bytes = UnsafeRawBufferPointer(
        start: UnsafeRawPointer(bitPattern: starts[index].1), count: Int(end - starts[index].1))
      return ProfiledCode(name: starts[index].0, bytes: bytes)
    }
  }
}
