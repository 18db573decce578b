import WebAssembly

/// Compiles for x86-64: selection, linear-scan register allocation, emission.
package struct X86_64Backend: Backend, ~Copyable {
  package typealias Stubs = Assembler
  package typealias Registers = InterruptedThread

  package static var architecture: Architecture { .x86_64 }
  package static var nativeFeatures: ProcessorFeatures { ProcessorFeatures(X86_64Features.native) }
  package static var baselineName: String { "\(architecture.name) with SSE4.1" }
  package static var featureNames: [(name: String, feature: ProcessorFeatures)] {
    X86_64Features.names.map { ($0.name, ProcessorFeatures($0.feature)) }
  }

  private(set) var selector: Selector
  private var allocator: RegisterAllocator
  private var emitter: Emitter

  package init(_ facts: ModuleFacts, _ options: CompilerOptions) {
    let isOptimizing = options.level != .none
    let features = X86_64Features(options.processor)
    selector = Selector(features: features, facts: facts, isOptimizing: isOptimizing)
    allocator = RegisterAllocator(RegisterConvention.registerFile, isOptimizing: isOptimizing)
    emitter = Emitter(
      features: features, isOptimizing: isOptimizing, recordsPositions: options.recordsPositions,
      recordsLiveness: facts.hasCollectedReferences)
  }

  package mutating func select(
    _ graph: borrowing FunctionGraph, _ flow: borrowing ControlFlow, _ knownBits: borrowing FlatArray<KnownBits>
  ) throws(CompilationRefusal) {
    selector.select(graph, flow, knownBits)
    if let offset = selector.misfit { throw CompilationRefusal(reason: "an offset of \(offset) is too large") }
  }

  package mutating func allocateRegisters() throws(CompilationRefusal) {
    do {
      try allocator.allocate(&selector.machine)
    } catch {
      throw CompilationRefusal(reason: "\(error)")
    }
    verifyAllocation()
  }

  #if FUZZING
    /// Returns the errors in the allocation of a function: `AllocationChecker`, which only tests and fuzzers link, since it takes longer
    /// than the compiler. Set before anything is compiled.
    package nonisolated(unsafe) static var allocationProblems: ((borrowing MachineFunction, RegisterFile) -> [String])?
  #endif

  /// Checks registers and spill slots in builds for fuzzing.
  private func verifyAllocation() {
    #if FUZZING
      let problems = Self.allocationProblems?(selector.machine, RegisterConvention.registerFile) ?? []
      guard problems.isEmpty else {
        preconditionFailure("invalid register allocation: \(problems)\n\(selector.machine.listing)")
      }
    #endif
  }

  package mutating func emit() throws(CompilationRefusal) -> CompiledFunction {
    emitter.emit(selector.machine, selector.cases, selector.vectorConstants)
    guard !emitter.isTooLarge else {
      throw CompilationRefusal(reason: "its code is larger than \(ByteCount.format(CompiledFunction.maximumByteCount))")
    }
    return emitter.makeFunction()
  }

  package var listing: String { selector.machine.listing }

  /// The displacement is relative to the end of its four bytes.
  package static func relocate(_ place: UnsafeMutableRawPointer, distance: Int) {
    place.storeBytes(of: Int32(distance - 4), as: Int32.self)
  }

  /// The bytes of `ud2`.
  package static func isTrapInstruction(at address: UInt) -> Bool {
    UnsafeRawPointer(bitPattern: address)?.loadUnaligned(as: UInt16.self) == 0x0B0F
  }

  package static var trapInstructionByteCount: Int { 2 }

  /// `int3`.
  package static var fillByte: UInt8 { 0xCC }
}
