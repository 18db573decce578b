import Synchronization
import WasmRuntime
import WebAssembly

/// What became of each function of a module. Threads write it, each the functions that it compiled.
struct CompiledFunctions: ~Copyable {
  enum Outcome {
    case compiled(CompiledFunction)
    case refused(String)
  }

  fileprivate let outcomes: UnsafeMutablePointer<Outcome>
  let count: Int

  fileprivate init(count: Int) {
    self.count = count
    outcomes = .allocate(capacity: max(count, 1))
    outcomes.initialize(repeating: .refused("it was not compiled"), count: count)
  }

  deinit {
    outcomes.deinitialize(count: count)
    outcomes.deallocate()
  }

  subscript(index: Int) -> Outcome { outcomes[index] }
}

/// Compiles all functions of a module, on several threads.
enum ModuleCompiler {
  static func compile(
    _ image: ModuleImage, _ options: CompilerOptions, threadCount: Int, quota: CodeQuota,
    profile: CodeProfile? = nil
  ) throws(CodeMemoryError) -> NativeModule {
    let compiled = compileFunctions(image, options, threadCount: threadCount)
    let linked = try CodeLinker.link(image, compiled)
    let memory = try CodeMemory(byteCount: linked.byteCount, quota: quota) { base in
      CodeLinker.write(image, compiled, linked, to: base)
    }
    let module = NativeModule(image, memory, byteCount: linked.byteCount, CodeTables(linked))
    profile?.add(module) { function in
      guard case .compiled(let code) = compiled[function] else { return nil }
      return code.positions
    }
    return module
  }

  /// The functions' code, each on its own.
  static func compileFunctions(
    _ image: ModuleImage, _ options: CompilerOptions, threadCount: Int
  ) -> CompiledFunctions {
    let functions = image.module.functions
    let compiled = CompiledFunctions(count: functions.count)
    let work = Work(image, options, compiled.outcomes, count: functions.count)
    // A thread takes longer to start than some hundred small functions to compile.
    let codeByteCount = image.module.codeSection?.count ?? 0
    let wanted = min(threadCount, 1 + codeByteCount / bytesPerThread)
    let others = (1..<max(wanted, 1)).compactMap { _ in NativeThread { work.run() } }
    work.run()
    for thread in others { thread.join() }
    return compiled
  }

  private static let bytesPerThread = 16 << 10

  /// Functions that wait for being compiled. (Unchecked Sendable: each outcome is written by the one thread that took its number.)
  private final class Work: @unchecked Sendable {
    private let image: ModuleImage
    private let options: CompilerOptions
    private let outcomes: UnsafeMutablePointer<CompiledFunctions.Outcome>
    private let count: Int
    private let next = Atomic<Int>(0)

    init(
      _ image: ModuleImage, _ options: CompilerOptions, _ outcomes: UnsafeMutablePointer<CompiledFunctions.Outcome>,
      count: Int
    ) {
      self.image = image
      self.options = options
      self.outcomes = outcomes
      self.count = count
    }

    func run() {
      var compiler = FunctionCompiler(image, options)
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        guard image.module.functions[index].body.count <= options.maximumBodyByteCount else {
          outcomes[index] = .refused("its body is larger than \(options.maximumBodyByteCount) bytes")
          continue
        }
        do throws(CompilationRefusal) {
          outcomes[index] = .compiled(try compiler.compile(index))
        } catch {
          outcomes[index] = .refused(error.reason)
        }
      }
    }
  }
}
