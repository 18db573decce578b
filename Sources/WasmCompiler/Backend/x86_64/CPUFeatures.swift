import WasmRuntime

/// What the processor has beyond the baseline, which is SSE4.1 (all 64-bit processors of the last fifteen years).
///
/// The raw value stands in artifacts: bits keep their meaning for ever.
package struct CPUFeatures: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Includes SSE4.2.
  package static let avx = CPUFeatures(rawValue: 1 << 0)
  package static let avx2 = CPUFeatures(rawValue: 1 << 1)
  package static let fma = CPUFeatures(rawValue: 1 << 2)
  package static let bmi1 = CPUFeatures(rawValue: 1 << 3)
  package static let bmi2 = CPUFeatures(rawValue: 1 << 4)
  package static let lzcnt = CPUFeatures(rawValue: 1 << 5)
  package static let popcnt = CPUFeatures(rawValue: 1 << 6)

  package static let baseline: CPUFeatures = []
  /// What this machine has; the baseline if its processor cannot be asked, as where executable memory is forbidden.
  package static let native = detect() ?? .baseline

  /// Each feature by its usual name.
  package static let names: [(name: String, feature: CPUFeatures)] = [
    ("avx", .avx), ("avx2", .avx2), ("fma", .fma), ("bmi1", .bmi1), ("bmi2", .bmi2), ("lzcnt", .lzcnt),
    ("popcnt", .popcnt),
  ]
}

extension CPUFeatures {
  /// A register that `cpuid` fills.
  private enum Register: Int {
    case eax, ebx, ecx, edx
  }

  /// Where the bits of features are. Source: Intel's manual, volume 2, CPUID; AMD's, volume 3, appendix E.
  private static let bits: [(feature: CPUFeatures, leaf: UInt32, register: Register, bit: UInt32)] = [
    (.avx, 1, .ecx, 28), (.fma, 1, .ecx, 12), (.popcnt, 1, .ecx, 23), (.avx2, 7, .ebx, 5), (.bmi1, 7, .ebx, 3),
    (.bmi2, 7, .ebx, 8), (.lzcnt, 0x8000_0001, .ecx, 5),
  ]

  /// Asks the processor.
  private static func detect() -> CPUFeatures? {
    #if arch(x86_64)
      guard let processor = ProcessorQuery() else { return nil }
      var features: CPUFeatures = []
      for row in bits where row.leaf <= processor.identify(leaf: row.leaf & 0x8000_0000)[Register.eax.rawValue] {
        let word = processor.identify(leaf: row.leaf)[row.register.rawValue]
        if word >> row.bit & 1 != 0 { features.insert(row.feature) }
      }
      // The system must save the wide registers, too: OSXSAVE says whether it can be asked, and bits 1 and 2 of XCR0 what it saves.
      let canAsk = processor.identify(leaf: 1)[Register.ecx.rawValue] >> 27 & 1 != 0
      if !canAsk || processor.savedState() & 6 != 6 { features.subtract([.avx, .avx2, .fma, .bmi1, .bmi2]) }
      if !features.contains(.avx) { features.subtract([.avx2, .fma]) }
      return features
    #else
      return nil
    #endif
  }
}

/// Two functions of machine code that ask the processor, since Swift has no word for that.
private struct ProcessorQuery: ~Copyable {
  private typealias Identify = @convention(c) (UInt32, UInt32, UnsafeMutablePointer<UInt32>) -> Void
  private typealias SavedState = @convention(c) () -> UInt32

  private let memory: UnsafeMutableRawPointer
  private let savedStateOffset: Int

  init?() {
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
