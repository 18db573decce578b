import NeedletailSystem
import Synchronization
import WasmCompiler
import WasmRuntime
import WebAssembly

/// The stubs by which an engine's compiled code calls functions that are not compiled: one for each shape, created at the first call.
final class HostStubs: Sendable {
  private let quota: CodeQuota
  private let profile: CodeProfile?
  private let stubs = Mutex<[CallShape: Stub]>([:])

  /// A stub; signal handlers know it as long as it exists.
  private final class Stub: Sendable {
    let memory: CodeMemory
    private nonisolated(unsafe) let trap: UnsafeMutablePointer<CompiledFunction.TrapSite>

    init(_ shape: CallShape, _ quota: CodeQuota) throws(CodeMemoryError) {
      var assembler = NativeBackend.Stubs()
      let offset = assembler.putExitStub(shape)
      let code = assembler.finishStubs()
      memory = try CodeMemory(byteCount: code.count, quota: quota) { base in
        code.withUnsafeBytes { memoryCopy(base, $0.baseAddress!, $0.count) }
      }
      trap = .allocate(capacity: 1)
      trap.initialize(
        to: CompiledFunction.TrapSite(
          offset: UInt32(offset), source: 0, code: UInt8(TrapCode.callStackExhausted.rawValue)))
      CodeTable.add(
        CodeTable.Region(
          start: memory.start, end: memory.start + UInt(code.count), traps: TableReference(fixed: trap, count: 1),
          owner: nil))
    }

    deinit {
      CodeTable.remove(memory.start)
      trap.deallocate()
    }
  }

  init(quota: CodeQuota, profile: CodeProfile?) {
    self.quota = quota
    self.profile = profile
  }

  /// The address of the stub for functions of a type.
  func address(for type: FunctionType) throws(CodeMemoryError) -> UInt {
    let shape = CallShape(type)
    let result = stubs.withLock { stubs in
      Result { () throws(CodeMemoryError) -> UInt in
        if let stub = stubs[shape] { return stub.memory.start }
        let stub = try Stub(shape, quota)
        profile?.add([ProfiledCode(name: "stub to the host: \(shape)", bytes: stub.memory.bytes)])
        stubs[shape] = stub
        return stub.memory.start
      }
    }
    return try result.get()
  }
}
