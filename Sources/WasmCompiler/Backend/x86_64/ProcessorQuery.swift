import WasmRuntime

/// Two functions of machine code that ask the processor, since Swift has no word for that.
struct ProcessorQuery: ~Copyable {
  private typealias Identify = @convention(c) (UInt32, UInt32, UnsafeMutablePointer<UInt32>) -> Void
  private typealias SavedState = @convention(c) () -> UInt32

  private let memory: UnsafeMutableRawPointer
  private let savedStateOffset: Int

  /// Nil on processors of other kinds, and where executable memory is forbidden.
  init?() {
    #if !arch(x86_64)
      return nil
    #else
      var assembler = Assembler()
      // (leaf: edi, subleaf: esi, results: rdx); `cpuid` destroys rbx, which belongs to the caller.
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

  /// Puts code into memory that can be executed, if the system lets us.
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

  /// The four words of a leaf.
  func identify(leaf: UInt32) -> SIMD4<UInt32> {
    let function = unsafeBitCast(memory, to: Identify.self)
    var words = SIMD4<UInt32>()
    withUnsafeMutableBytes(of: &words) { function(leaf, 0, $0.baseAddress!.assumingMemoryBound(to: UInt32.self)) }
    return words
  }

  /// What the system saves of a thread's registers. Only if `OSXSAVE` is set.
  func savedState() -> UInt32 { unsafeBitCast(memory + savedStateOffset, to: SavedState.self)() }
}
