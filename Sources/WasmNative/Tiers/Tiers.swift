/// What the modules of an engine share that compiles functions while they are interpreted.
package struct Tiers: Sendable {
  let engine: NativeEngine
  let options: TierOptions
  /// The functions of all modules that wait for compilation.
  let queue: CompilationQueue

  package init(_ engine: NativeEngine, _ options: TierOptions) {
    self.engine = engine
    self.options = options
    queue = CompilationQueue(threadCount: engine.threadCount)
  }
}
