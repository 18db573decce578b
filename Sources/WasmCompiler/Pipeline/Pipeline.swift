/// The passes that compile a function to machine code, in order.
///
/// This is the only place that knows the order. Compiling, `compile --emit ir`, `explore`, verification and `compile --timing` read it.
package enum Pipeline {
  static let passes: [Pass] = [
    Pass(.frontEnd, at: .all, after: [], result: .graph, .buildGraph),
    Pass(.inlining, at: .optimizing, after: [.frontEnd], result: .graph, .inline),
    // Selection needs loops, but no dominators.
    Pass(
      .blockOrder, at: .unoptimized, after: [.frontEnd],
      .optimize { optimizer, graph in
        optimizer.reset()
        optimizer.flow.computeOrderAndLoops(graph)
      }),
    Pass(
      .controlFlow, at: .optimizing, after: [.inlining],
      .optimize { optimizer, graph in
        optimizer.reset()
        optimizer.flow.compute(graph)
      }),
    // Leaves copies among blocks' parameters, as branch simplification does. Dead code elimination removes them.
    Pass(.valueNumbering, at: .optimizing, after: [.controlFlow], .optimize { $0.numberValues(&$1) }),
    Pass(
      .branchSimplification, at: .optimizing, after: [.controlFlow, .valueNumbering],
      .optimize { $0.simplifyBranches(&$1) }),
    Pass(
      .deadCodeElimination, at: .optimizing, after: [.valueNumbering, .branchSimplification], result: .graph,
      .optimize { $0.removeDeadCode(&$1) }),
    Pass(
      .boundsCheckElimination, at: .optimizing, after: [.deadCodeElimination], result: .graph,
      .optimize { $0.removeBoundsChecks(&$1) }),
    Pass(
      .loopInvariantCodeMotion, at: .optimizing, after: [.boundsCheckElimination], result: .graph,
      .optimize { $0.hoistInvariants(&$1) }),
    Pass(
      .interruptionChecks, at: .optimizing, after: [.valueNumbering], result: .graph,
      .optimize { $0.removeInterruptionChecks(&$1) }),
    Pass(
      .secondValueNumbering, at: .aggressive, after: [.loopInvariantCodeMotion], result: .graph,
      .optimizeIfNewEqualities {
        $0.numberValues(&$1)
        $0.removeDeadCode(&$1)
      }),
    Pass(.selection, at: .all, after: [.frontEnd], result: .machineCode, .select),
    Pass(.registerAllocation, at: .all, after: [.selection], result: .machineCode, .allocateRegisters),
    Pass(.emission, at: .all, after: [.registerAllocation], result: .machineCode, .emit),
  ]

  /// The passes of a level.
  static func passes(at level: OptimizationLevel) -> [Pass] { passes.filter { $0.levels.contains(level) } }
}

/// A row of ``Pipeline``.
struct Pass: Sendable {
  let name: PassName
  let levels: Set<OptimizationLevel>
  /// The passes that must have run before, at the levels at which they run.
  let requirements: [PassName]
  let result: Result
  let step: Step

  /// What the compiler needs to run a pass. Without arrays, which would be retained and released for each function.
  struct Stage: Sendable {
    let name: PassName
    let result: Result
    let step: Step
  }

  var stage: Stage { Stage(name: name, result: result, step: step) }

  /// The state of the function after a pass.
  enum Result {
    /// A graph that is well formed: it can be verified and shown.
    case graph
    /// A graph that a later pass completes.
    case unfinishedGraph
    case machineCode
  }

  /// The action of a pass.
  enum Step: Sendable {
    case buildGraph
    case inline
    case optimize(@Sendable (inout Optimizer, inout FunctionGraph) -> Void)
    /// Runs only if a pass found values equal, or moved them, after value numbering.
    case optimizeIfNewEqualities(@Sendable (inout Optimizer, inout FunctionGraph) -> Void)
    case select
    case allocateRegisters
    case emit
  }

  init(
    _ name: PassName, at levels: Set<OptimizationLevel>, after requirements: [PassName],
    result: Result = .unfinishedGraph,
    _ step: Step
  ) {
    self.name = name
    self.levels = levels
    self.requirements = requirements
    self.result = result
    self.step = step
  }
}

extension Set<OptimizationLevel> {
  fileprivate static var all: Self { Set(OptimizationLevel.allCases) }
  fileprivate static var unoptimized: Self { [.none] }
  fileprivate static var optimizing: Self { [.basic, .aggressive] }
  fileprivate static var aggressive: Self { [.aggressive] }
}

/// The name of a pass. The raw value is shown to users.
package enum PassName: String, CaseIterable, Sendable {
  case frontEnd = "front end"
  case inlining
  case blockOrder = "block order"
  case controlFlow = "control flow"
  case valueNumbering = "value numbering"
  case branchSimplification = "branch simplification"
  case deadCodeElimination = "dead code elimination"
  case boundsCheckElimination = "bounds checks"
  case loopInvariantCodeMotion = "loop invariant code motion"
  case interruptionChecks = "interruption checks"
  case secondValueNumbering = "second value numbering"
  case selection
  case registerAllocation = "register allocation"
  case emission
}

extension Optimizer {
  /// Runs the optimizer's passes of a level.
  ///
  /// - Parameter check: called after each pass that leaves a well-formed graph.
  mutating func run(
    _ graph: inout FunctionGraph, level: OptimizationLevel,
    afterEach check: (PassName, borrowing FunctionGraph) -> Void = { _, _ in }
  ) {
    for pass in Pipeline.passes(at: level) where run(pass.step, &graph) {
      if pass.result == .graph { check(pass.name, graph) }
    }
  }

  /// Runs a step if it is one of the optimizer's.
  ///
  /// - Returns: whether anything ran.
  mutating func run(_ step: Pass.Step, _ graph: inout FunctionGraph) -> Bool {
    switch step {
    case .optimize(let body): body(&self, &graph)
    case .optimizeIfNewEqualities(let body):
      guard hasNewEqualities else { return false }
      body(&self, &graph)
    default: return false
    }
    return true
  }
}
