import NeedletailSystem
import WasmRuntime

/// Two machine-code functions that query the processor, which Swift cannot do.
struct ProcessorQuery: ~Copyable {
  private typealias Identify = @convention(c) (UInt32, UInt32, UnsafeMutablePointer<UInt32>) -> Void
  private typealias SavedState = @convention(c) () -> UInt32

  private let memory: UnsafeMutableRawPointer
  private let savedStateOffset: Int

  /// Nil on other architectures, and if executable memory is forbidden.
  init?() {
    #if !arch(x86_64)
      return nil
    #else
      var assembler = Assembler()
      // (leaf: edi, subleaf: esi, results: rdx); `cpuid` clobbers rbx, which is callee-saved.
      assembler.push(.rbx)
      assembler.emit(.mov, .qword, .r8, .rdx)
      assembler.emit(.mov, .dword, .rax, .rdi)
      assembler.emit(.mov, .dword, .rcx, .rsi)
      assembler.cpuid()
      for (index, register) in [PhysicalRegister.rax, .rbx, .rcx, .rdx].enumerated() {
        assembler.emit(.mov, .dword, MemoryOperand(.r8, Int32(4 * index)), register)
      }
      assembler.pop(.rbx)
      assembler.ret()
      savedStateOffset = assembler.count
      assembler.emit(.xor, .dword, .rcx, .rcx)
      assembler.xgetbv()
      assembler.ret()
      assembler.finish()
      guard let memory = Self.place(assembler.code) else { return nil }
      self.memory = memory
    #endif
  }

  /// Copies code to executable memory, if the system allows that.
  private static func place(_ code: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
    guard let memory = VirtualMemory.reserve(VirtualMemory.pageSize) else { return nil }
    if VirtualMemory.commit(memory, VirtualMemory.pageSize) {
      for index in code.indices { memory.storeBytes(of: code[index], toByteOffset: index, as: UInt8.self) }
      if VirtualMemory.makeExecutable(memory, VirtualMemory.pageSize) { return memory }
    }
    VirtualMemory.release(memory, VirtualMemory.pageSize)
    return nil
  }

  deinit { VirtualMemory.release(memory, VirtualMemory.pageSize) }

  /// The four words of a `cpuid` leaf.
  func identify(leaf: UInt32) -> SIMD4<UInt32> {
    let function = unsafeBitCast(memory, to: Identify.self)
    var words = SIMD4<UInt32>()
    withUnsafeMutableBytes(of: &words) { function(leaf, 0, $0.baseAddress!.assumingMemoryBound(to: UInt32.self)) }
    return words
  }

  /// The register state that the system saves for a thread. Valid only if `OSXSAVE` is set.
  func savedState() -> UInt32 { unsafeBitCast(memory + savedStateOffset, to: SavedState.self)() }
}
