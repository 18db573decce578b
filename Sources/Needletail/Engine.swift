import NeedletailSystem
import Synchronization
import WasmCompiler
import WasmInterpreter
import WasmNative
import WasmRuntime
import WebAssembly

/// Loads and runs modules: the configuration, the types by identity, and the interpreter or compiler. One per program is usually enough.
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
  /// The settings of an engine.
  public struct Configuration: Sendable {
    /// How code is executed.
    public enum Execution: Hashable, Sendable {
      /// First by the interpreter. Functions that run often are compiled meanwhile, by other threads, and run as machine code from their
      /// next call or loop iteration on. Modules are interpreted if there is no compiler for the machine, or the system forbids executable
      /// memory or limits the process's address space (`ulimit -v`).
      case auto
      /// By the interpreter, on any machine.
      case interpreter
      /// As machine code, compiled when a module is loaded. Modules are interpreted if there is no compiler for the machine or the system
      /// forbids executable memory.
      case jit(OptimizationLevel)
    }

    /// The processors that code is compiled for.
    public enum Processor: Hashable, Sendable, CaseIterable {
      /// Any processor of the architecture that has the baseline's features, which `needletail help run` names.
      case baseline
      /// This processor, with all its features.
      case native
    }

    /// How code is executed.
    public var execution = Execution.auto
    /// When ``Execution/auto`` compiles functions; only tests have a reason to change it.
    package var tiers = TierOptions()
    /// The processor features that compiled code may use.
    public var processor = Processor.native
    /// When functions are compiled.
    public enum Compilation: Hashable, Sendable, CaseIterable {
      /// All of them when their module is loaded.
      case eager
      /// Each at its first call, so that programs that call few of their functions start sooner. Falls back to `eager` if the system does
      /// not allow adding code to running code.
      case lazy
    }

    /// When functions are compiled.
    public var compilation = Compilation.eager
    /// The largest number of threads that compile a module.
    public var compilationThreadCount = 2
    /// The limit on the time that compiling a module takes, of all threads together; nil for none. It is checked between the passes of
    /// the compiler. With ``Execution/jit(_:)``, a module that takes longer is refused with `LimitExceeded` when it is loaded; with
    /// ``Execution/auto`` and ``Compilation/lazy``, the rest of its functions is interpreted.
    public var maximumCompilationTime: Duration?
    /// The limits on the size of a module and of its parts. A module that exceeds one is refused with `LimitExceeded` when it is loaded,
    /// before memory is allocated for it.
    public var moduleLimits = Module.Limits()
    /// The limits on all stores of the engine together, and on its machine code, of which there may be 1 GiB by default.
    public var limits = Limits.standard
    /// The limit on the size of a compiled function, in bytes of Wasm; larger functions are interpreted.
    public var maximumCompiledFunctionSize = Int.max
    /// Whether memory may be made executable. If not, modules are interpreted.
    public var allowsExecutableMemory = true
    /// The format in which profilers receive the names of compiled functions; nil for none. Loading takes longer with it.
    public var profile: ProfileFormat?
    /// The cache of machine code, so that a module that is loaded again, by any process, is not compiled again; nil for none.
    public var cache: CodeCache?
    /// Whether compiled code checks every access to a memory. Otherwise each 32-bit memory reserves 6 GiB of address space, and code that
    /// leaves it faults, which is faster. Code is also checked if the system limits the process's address space (`ulimit -v`) to less
    /// than four such memories.
    public var checksBounds = false
    /// Receives a line of text for notable events, such as functions that are left to the interpreter. Called on any thread.
    public var log: (@Sendable (String) -> Void)?
    /// Receives a line of text for each growth of a memory or table that is refused, with the reason; in each store, for the first 20.
    /// The guest is only told that it failed. Called on any thread.
    public var refusalLog: (@Sendable (String) -> Void)?
    /// Receives the compiled fraction of a module, from 0 to 1, if compiling takes over a second: about ten times a second, and 1 at the
    /// end. Called on the thread that loads the module.
    public var compilationProgress: (@Sendable (Double) -> Void)?
    /// The proposals that modules may use.
    public var features: Features = .standard
    /// How the interpreter dispatches instructions; only tests have a reason to change it.
    public var dispatch: Dispatch = .threaded
    /// The size of the stack of Wasm frames, in bytes. Deeper recursion traps with "call stack exhausted".
    ///
    /// Compiled code runs on the calling thread's stack, or, if that has less than half of this size left, on a stack of this size that
    /// belongs to the store. Host functions that it calls then run on that stack too, on the same thread. If there is no memory for such
    /// a stack, calls throw `LimitExceeded`.
    public var maximumStackSize = 8 << 20
    /// The largest number of threads that validate a module.
    public var validationThreadCount = 2
    /// Whether results are the same on every machine, bit for bit: each NaN that an instruction produces is canonical. Relaxed SIMD
    /// always behaves as in the standard's deterministic profile. Float instructions take about twice as long.
    ///
    /// (Core specification 3.0, appendix "Profiles".)
    public var isDeterministic = false
    /// Whether loops can be stopped by ``Store/deadline`` and ``Store/interruptHandle``. Calls, long instructions and waits are stopped in
    /// any case.
    ///
    /// - `true`: a loop is stopped at its next iteration.
    /// - `false`: a loop without calls can run for ever. Programs with threads are refused unless the process ends with them.
    /// - `nil`, the default: `true` if the engine compiles, which makes code take 1 % more time; `false` if it only interprets, where code
    ///   would take 13 % more. An engine only interprets with ``Execution/interpreter``; and with ``Execution/auto`` on a processor that
    ///   Needletail does not compile for, without ``allowsExecutableMemory``, or if the system limits the address space (`ulimit -v`).
    ///
    /// Set it to `true` if you rely on deadlines: then the engine does not matter. ``Engine/isInterruptible`` is the result.
    public var isInterruptible: Bool?

    /// What execution costs. If it is set, stores count fuel: see ``Store/fuel``. Nil, the default, counts nothing.
    public var fuel: FuelCosts?

    /// The sizes at which stores collect garbage.
    public var heap = HeapConfiguration()

    /// Creates the default configuration: ``Execution/auto``, and the features of ``Features/standard``.
    public init() {}
  }

  /// The version of Needletail.
  public static let version = Release.version
  /// The architecture that this build compiles for, as in `needletail compile --target`.
  public static let compilationTarget = ArtifactFormat.targetName

  /// The settings that the engine was created with.
  public let configuration: Configuration
  /// Whether loops can be stopped: see ``Configuration/isInterruptible``.
  public let isInterruptible: Bool
  /// Counts what all stores and modules of the engine have in use.
  let ledger: ResourceLedger
  let types = TypeRegistry()
  /// The types that the host defined, by canonical index.
  private let definedTypes = Mutex<[UInt32: InternedTypes]>([:])
  let interpreter: Interpreter
  /// Compiles modules and runs their code; nil if all modules are interpreted.
  let compiler: NativeEngine?
  /// Compiles functions that run often; nil unless ``Configuration/Execution/auto`` applies.
  let tiers: Tiers?
  /// Changes stacks, for calls that can be suspended; nil if the machine or the system has no way, or it is forbidden.
  let stackSwitch: StackSwitch?

  /// Keeps a type as long as the engine exists.
  func keep(_ type: InternedTypes) {
    definedTypes.withLock { $0[type.indices[0]] = type }
  }

  /// Creates an engine.
  ///
  /// - Parameter configuration: its settings, which cannot be changed later.
  public init(_ configuration: Configuration = Configuration()) {
    var configuration = configuration
    configuration.moduleLimits = configuration.moduleLimits.capped
    self.configuration = configuration
    ledger = ResourceLedger(engine: configuration.limits)
    compiler = Self.makeCompiler(configuration, ledger)
    isInterruptible = configuration.isInterruptible ?? (compiler != nil)
    interpreter = Interpreter(
      InterpreterOptions(
        dispatch: configuration.dispatch, isDeterministic: configuration.isDeterministic,
        isInterruptible: isInterruptible, fuel: configuration.fuel))
    stackSwitch = configuration.allowsExecutableMemory ? NativeEngine.stackSwitch : nil
    tiers = configuration.execution == .auto ? compiler.map { Tiers($0, configuration.tiers) } : nil
  }

  private static func makeCompiler(_ configuration: Configuration, _ ledger: ResourceLedger) -> NativeEngine? {
    let level: OptimizationLevel
    switch configuration.execution {
    case .interpreter: return nil
    case .auto:
      // Compiled code reserves address space for memories, and compiling takes memory that the program may need.
      guard CurrentProcess.addressSpaceLimit == nil else { return nil }
      level = configuration.tiers.level
    case .jit(let wanted): level = wanted
    }
    do {
      let compiler = try NativeEngine(
        configuration.compilerOptions(level), threadCount: configuration.compilationThreadCount,
        isLazy: configuration.compilation == .lazy,
        ledger: ledger, maximumCompilationTime: configuration.maximumCompilationTime,
        allowsExecution: configuration.allowsExecutableMemory, profile: configuration.profile,
        progress: configuration.compilationProgress)
      if configuration.profile != nil, !compiler.isProfiled {
        configuration.log?("the file for profilers cannot be made")
      }
      return compiler
    } catch {
      // With `auto`, compiled code is not required.
      if configuration.execution != .auto { configuration.log?("\(error): code is interpreted") }
      return nil
    }
  }

  /// How code is actually executed: ``Configuration/Execution/interpreter`` if there is no compiler for the machine or no executable
  /// memory.
  public var execution: Configuration.Execution { compiler == nil ? .interpreter : configuration.execution }

  /// How the interpreter actually dispatches: builds without optimization cannot use threaded dispatch.
  public var dispatch: Dispatch { interpreter.dispatch }
}

extension Engine.Configuration {
  /// The settings that the compiler needs.
  func compilerOptions(_ level: OptimizationLevel) -> CompilerOptions {
    CompilerOptions(
      level: level, isDeterministic: isDeterministic, isInterruptible: isInterruptible ?? true,
      maximumBodyByteCount: maximumCompiledFunctionSize, processor: processor == .native ? .native : .baseline,
      checksBounds: checksBounds || (CurrentProcess.addressSpaceLimit ?? .max) / 4 < MemoryInstance.fullReservation,
      fuel: fuel)
  }
}
