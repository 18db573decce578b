import Needletail

/// An engine that is replaced regularly, because it keeps information about all modules that it has loaded.
struct EnginePool {
  private let configuration: Engine.Configuration
  private var engine: Engine
  private var useCount = 0

  private static let maximumUseCount = 1000

  /// - Parameter change: changes the configuration, which by default enables all proposals and uses one thread.
  init(_ change: (inout Engine.Configuration) -> Void) {
    var configuration = Engine.Configuration()
    configuration.features = .all
    configuration.validationThreadCount = 1
    configuration.compilationThreadCount = 1
    configuration.maximumStackSize = 1 << 20
    change(&configuration)
    self.configuration = configuration
    engine = Engine(configuration)
  }

  mutating func next() -> Engine {
    useCount += 1
    if useCount % Self.maximumUseCount == 0 { engine = Engine(configuration) }
    return engine
  }
}
