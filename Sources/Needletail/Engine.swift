import Synchronization
import WasmCompiler
import WasmInterpreter
import WasmRuntime
import WebAssembly

/// What modules are loaded into: configuration, types by identity, and the execution engine. Make one per program.
///
/// Safe to use from several threads.
///
/// ```swift
/// let engine = Engine()
/// let module = try Module(engine, text: """
///   (module (func (export "add") (param i32 i32) (result i32)
///     (i32.add (local.get 0) (local.get 1))))
///   """)
/// let instance = try Linker(engine).instantiate(module, in: try Store(engine))
/// let add = try instance.function("add")!.typed(Int32.self, Int32.self, returning: Int32.self)
/// try add(1, 2)  // 3
/// ```
public final class Engine: Sendable {
  public struct Configuration: Sendable {
    /// What executes the code.
    public enum Execution: Hashable, Sendable {
      /// The interpreter, on any machine.
      case interpreter
      /// Machine code, into which modules are compiled when they are loaded. Where there is no compiler for the machine, or the system
      /// forbids executable memory, the interpreter.
      case jit(OptimizationLevel)
    }

    /// The processors that code is compiled for.
    public enum Processor: Hashable, Sendable, CaseIterable {
      /// Any 64-bit one of the kind: on x86-64, one with SSE4.1.
      case baseline
      /// This one, with all that it can do.
      case native
    }

    public var engine = Execution.interpreter
    /// What compiled code may ask of the processor.
    public var processor = Processor.native
    /// When functions are compiled.
    public enum Compilation: Hashable, Sendable, CaseIterable {
      /// All of them when their module is loaded.
      case eager
      /// Each when it is first called: programs start sooner that call few of their functions. Where the system does not let code be
      /// added to code that runs, eagerly.
      case lazy
    }

    public var compilation = Compilation.eager
    /// How many threads compile a large module.
    public var compilationThreadCount = 2
    /// How much machine code there may be at a time, in bytes. Loading a module that needs more throws `LimitExceeded`.
    public var maximumCodeSize = 1 << 30
    /// Functions with more bytes of Wasm are left to the interpreter.
    public var maximumCompiledFunctionSize = Int.max
    /// Whether memory may be made executable. Without, modules are interpreted.
    public var allowsExecutableMemory = true
    /// How profilers learn what compiled code is called; nil for not at all. Loading modules takes longer with it.
    public var profile: ProfileFormat?
    /// Where machine code is kept, so that a module that is loaded again, by any process, is not compiled again. Nil: nowhere.
    public var cache: CodeCache?
    /// Gets a line for each thing that somebody may want to know: functions that are left to the interpreter, say. On any thread.
    public var log: (@Sendable (String) -> Void)?
    /// Gets how much of a module is compiled, from 0 to 1, if that takes over a second: about ten times a second, and 1 at the end. On
    /// the thread that loads the module.
    public var compilationProgress: (@Sendable (Double) -> Void)?
    /// The proposals that modules may use.
    public var features: Features = .standard
    /// How the interpreter dispatches; there is no reason to change it but for tests.
    public var dispatch: Dispatch = .threaded
    /// The size of the stack of Wasm frames, in bytes. Deeper recursion is the trap "call stack exhausted".
    ///
    /// Compiled code runs on the stack of the thread that calls it, or, if that has less than half as much room, on one of the store's own
    /// of this size. Host functions that it calls then run there, too, on the same thread. If there is no memory for such a stack, calls
    /// throw `LimitExceeded`.
    public var maximumStackSize = 8 << 20
    /// How many threads validate a large module.
    public var validationThreadCount = 2
    /// Whether results are the same on every machine, bit for bit: each NaN that an instruction makes is the canonical one. The
    /// choices of relaxed SIMD are those of the standard's deterministic profile in any case. Float instructions take about
    /// twice as long.
    ///
    /// (Core specification 3.0, appendix "Profiles".)
    public var isDeterministic = false
    /// Whether ``Store/interruptHandle`` can stop code that computes, at the next loop iteration or call; without, only code that
    /// waits. Costs an instruction for each.
    public var isInterruptible = false

    /// When stores collect garbage.
    public var heap = HeapConfiguration()

    public init() {}
  }

  /// The version of Needletail.
  public static let version = Release.version
  /// The kind of processors that there is a compiler for, as in `needletail compile --target`.
  public static let compilationTarget = ArtifactFormat.targetName

  public let configuration: Configuration
  let types = TypeRegistry()
  /// The types that the host defined, by canonical index.
  private let definedTypes = Mutex<[UInt32: InternedTypes]>([:])
  let interpreter: Interpreter
  /// What compiles modules and runs their code; nil if they are interpreted.
  let compiler: NativeEngine?

  /// Keeps a type as long as the engine.
  func keep(_ type: InternedTypes) {
    definedTypes.withLock { $0[type.indices[0]] = type }
  }

  public init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
    interpreter = Interpreter(
      InterpreterOptions(
        dispatch: configuration.dispatch, isDeterministic: configuration.isDeterministic,
        isInterruptible: configuration.isInterruptible))
    compiler = Self.makeCompiler(configuration)
  }

  private static func makeCompiler(_ configuration: Configuration) -> NativeEngine? {
    guard case .jit(let level) = configuration.engine else { return nil }
    do {
      let compiler = try NativeEngine(
        configuration.compilerOptions(level), threadCount: configuration.compilationThreadCount,
        isLazy: configuration.compilation == .lazy,
        maximumCodeByteCount: configuration.maximumCodeSize,
        allowsExecution: configuration.allowsExecutableMemory, profile: configuration.profile,
        progress: configuration.compilationProgress)
      if configuration.profile != nil, !compiler.isProfiled {
        configuration.log?("the file for profilers cannot be made")
      }
      return compiler
    } catch {
      configuration.log?("\(error): code is interpreted")
      return nil
    }
  }

  /// What executes the code in fact.
  public var execution: Configuration.Execution { compiler == nil ? .interpreter : configuration.engine }

  /// How the interpreter dispatches in fact: a build without optimisation cannot thread.
  public var dispatch: Dispatch { interpreter.dispatch }
}

extension Engine.Configuration {
  /// What a compiler has to know of this.
  func compilerOptions(_ level: OptimizationLevel) -> CompilerOptions {
    CompilerOptions(
      level: level, isDeterministic: isDeterministic, isInterruptible: isInterruptible,
      maximumBodyByteCount: maximumCompiledFunctionSize, processor: processor == .native ? .native : .baseline)
  }
}
