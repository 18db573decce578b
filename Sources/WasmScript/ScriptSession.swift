import Needletail
import WasmComponent
import WasmText

/// The state of a running script: its store, its named instances, and its report.
struct ScriptSession {
  let engine: Engine
  let store: Store
  let linker: Linker
  let inspector: ReferenceInspector
  var report = ScriptReport()

  /// The instance of the last module, for actions without a name; nil if that module failed.
  private var current: Instance?
  private var instances: [ScriptName: Instance] = [:]
  private var lastDefinition: Module?
  private var definitions: [ScriptName: Module] = [:]
  /// The exports that a thread's parent shares, by instance name.
  private var sharedInstances: [ScriptName: ScriptThread.SharedExports] = [:]
  /// The names of components; nil is the last definition or instance.
  private var components: Set<ScriptName?> = []
  private var threads: [(name: ScriptName?, thread: ScriptThread)] = []

  init(_ engine: Engine, limits: Store.Limits) throws {
    self.engine = engine
    store = try Store(engine, limits: limits)
    linker = Linker(engine)
    linker.allowsShadowing = true
    inspector = ReferenceInspector(store)
    try SpectestModule.define(in: linker, store)
  }

  mutating func run(_ commands: [ScriptCommand]) {
    for command in commands { run(command) }
  }

  // MARK: Commands

  private mutating func run(_ command: ScriptCommand) {
    do {
      try perform(command)
    } catch let failure as ScriptFailure {
      report.fail(command.location, failure.message)
    } catch {
      report.fail(command.location, ErrorDescription.of(error))
    }
  }

  /// Runs a command. Any error that it throws is a failure.
  private mutating func perform(_ command: ScriptCommand) throws {
    if let reason = try checkComponent(in: command.kind) { return report.skip(command.location, reason) }
    switch command.kind {
    case .module(let module):
      try define(module, instantiated: true)
      report.pass()
    case .moduleDefinition(let module):
      try define(module, instantiated: false)
      report.pass()
    case .moduleInstance(let name, let definition): try instantiate(definition, as: name)
    case .register(let name, let instance): try register(instance, as: name)
    case .action(let action): _ = try perform(action)
    case .thread(let name, let shared, let commands): try start(name, shared, commands)
    case .wait(let name): try wait(name)
    default:
      try check(command.kind)
      report.pass()
    }
  }

  private mutating func define(_ module: ScriptModule, instantiated: Bool) throws {
    // If a module fails, later commands must not refer to an earlier one.
    if instantiated {
      current = nil
      if let name = module.name { instances[ScriptName(name)] = nil }
    }
    lastDefinition = nil
    if let name = module.name { definitions[ScriptName(name)] = nil }
    note(module)
    if module.isComponent { return try validateComponent(module) }
    let definition = try load(module)
    lastDefinition = definition
    if let name = module.name { definitions[ScriptName(name)] = definition }
    if instantiated { try enter(try linker.instantiate(definition, in: store), as: module.name) }
  }

  private mutating func instantiate(_ definition: String?, as name: String?) throws {
    current = nil
    let module = try self.definition(definition)
    try enter(try linker.instantiate(module, in: store), as: name)
  }

  /// The definition with a name, by default the last one.
  func definition(_ name: String?) throws -> Module {
    guard let name else { return try lastDefinition.orFail("there is no module definition") }
    return try definitions[ScriptName(name)].orFail("there is no module definition $\(name)")
  }

  private mutating func enter(_ instance: Instance, as name: String?) throws {
    current = instance
    if let name { instances[ScriptName(name)] = instance }
  }

  private func register(_ instance: String?, as name: String) throws {
    if let instance, instances[ScriptName(instance)] == nil, let exports = sharedInstances[ScriptName(instance)] {
      for export in exports {
        try linker.define(name, export.name, .memory(try Memory(store, shared: export.memory)))
      }
      return
    }
    try linker.define(instance: self.instance(instance), as: name)
  }

  // MARK: Components

  /// Notes whether a name is that of a component.
  private mutating func note(_ module: ScriptModule) {
    for name in Set([nil, module.name.map { ScriptName($0) }]) {
      if module.isComponent { components.insert(name) } else { components.remove(name) }
    }
  }

  /// Checks the component that a command would run.
  ///
  /// - Returns: why the command is not run; nil if it has nothing to do with running a component.
  /// - Throws: the error of an invalid component.
  private mutating func checkComponent(in command: ScriptCommand.Kind) throws -> String? {
    let reason = "components cannot be run yet"
    switch command {
    case .module(let module) where module.isComponent:
      try define(module, instantiated: true)
      return "the component is valid; \(reason)"
    case .assertTrapOnInstantiation(let module, _) where module.isComponent,
      .assertUnlinkable(let module, _) where module.isComponent:
      try validateComponent(module)
      return "the component is valid; \(reason)"
    case .moduleInstance(let name, let definition) where components.contains(definition.map { ScriptName($0) }):
      components.insert(nil)
      if let name { components.insert(ScriptName(name)) }
      return reason
    case .assertTrapOfDefinition(let name, _), .assertUnlinkableDefinition(let name, _), .register(_, let name):
      return components.contains(name.map { ScriptName($0) }) ? reason : nil
    case .action(let action), .assertReturn(let action, _), .assertTrap(let action, _),
      .assertExhaustion(let action, _), .assertException(let action):
      return components.contains(action.instance.map { ScriptName($0) }) ? reason : nil
    default: return nil
    }
  }

  /// Parses, decodes and validates a component.
  func validateComponent(_ module: ScriptModule) throws {
    let bytes =
      switch module.source {
      case .text(let script, let range):
        ComponentEncoder.encode(try ComponentParser.parse(script, range: range, name: module.name, isBody: true))
      case .binary(let bytes): bytes
      case .quote(let text):
        ComponentEncoder.encode(try ComponentParser.parse(text, range: 0..<text.count, isBody: true))
      }
    let component = try ComponentDecoder.decode(bytes, limits: engine.configuration.moduleLimits)
    do {
      try ComponentValidator.validate(component, features: engine.configuration.features)
    } catch {
      throw error.underlying
    }
  }

  // MARK: Threads

  private mutating func start(
    _ name: String?, _ shared: [ScriptCommand.SharedModule], _ commands: [ScriptCommand]
  ) throws {
    let thread = ScriptThread(commands, sharing: try shared.map { ($0.name, try sharedExports(of: $0.name)) })
    try thread.start(engine)
    threads.append((name.map { ScriptName($0) }, thread))
  }

  private func sharedExports(of name: String) throws -> ScriptThread.SharedExports {
    if let exports = sharedInstances[ScriptName(name)] { return exports }
    return try instance(name).exports.compactMap { export in
      if case .memory(let memory) = export.item, let shared = memory.shared { (export.name, shared) } else { nil }
    }
  }

  private mutating func wait(_ name: String?) throws {
    let wanted = name.map { ScriptName($0) }
    let index = try threads.lastIndex { $0.name == wanted }.orFail("there is no thread \(name.map { "$\($0)" } ?? "")")
    report.add(threads.remove(at: index).thread.finish())
  }

  /// Makes shared exports of the parent available under a name.
  mutating func share(_ exports: ScriptThread.SharedExports, as name: String) {
    sharedInstances[ScriptName(name)] = exports
  }

  /// Waits for the remaining threads; returns the report.
  mutating func finish() -> ScriptReport {
    for (_, thread) in threads { report.add(thread.finish()) }
    threads = []
    return report
  }

  // MARK: Parts of commands

  /// Assembles, decodes and validates a module.
  func load(_ module: ScriptModule) throws -> Module {
    try Module(engine, bytes: try module.bytes(options: WatOptions(features: engine.configuration.features)))
  }

  private func instance(_ name: String?) throws -> Instance {
    guard let name else {
      return try current.orFail("there is no current instance: no module comes before, or the last one failed")
    }
    return try instances[ScriptName(name)].orFail("there is no instance $\(name)")
  }

  /// Performs an action; returns its results.
  func perform(_ action: ScriptAction) throws -> [Value] {
    let instance = try instance(action.instance)
    switch action.kind {
    case .get:
      let global = try instance.global(action.name).orFail("there is no exported global \"\(action.name)\"")
      return [global.value]
    case .invoke(let arguments):
      let function = try instance.function(action.name).orFail("there is no exported function \"\(action.name)\"")
      return try function.call(try arguments.map { try inspector.value($0) })
    }
  }
}

/// A command did not have the expected result.
struct ScriptFailure: Error {
  var message: String
}

/// A name in a script. Names are compared by their UTF-8, not by canonical equivalence as Swift strings are.
private struct ScriptName: Hashable {
  let bytes: [UInt8]

  init(_ name: String) { bytes = Array(name.utf8) }
}

extension Optional {
  fileprivate func orFail(_ message: @autoclosure () -> String) throws -> Wrapped {
    guard let self else { throw ScriptFailure(message: message()) }
    return self
  }
}
