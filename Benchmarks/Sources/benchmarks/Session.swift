#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The runs of one program on one runtime.
struct Measurement {
  let engine: String
  var runs: [ProcessRun] = []
  /// Why there are no runs, or why they do not count.
  var failure: String?

  /// Seconds of each run on `clock`.
  func times(_ clock: Options.Clock) -> [Double] {
    runs.map { clock == .wall ? $0.wall : $0.user }
  }

  /// The seconds that `statistic` selects; nil if the program failed.
  func time(_ statistic: Options.Statistic, _ clock: Options.Clock) -> Double? {
    guard failure == nil, !runs.isEmpty else { return nil }
    let sorted = times(clock).sorted()
    switch statistic {
    case .minimum: return sorted[0]
    case .median: return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
  }

  /// The peak memory of all runs, in bytes.
  var peakMemory: Int { runs.map(\.peakMemory).max() ?? 0 }
}

/// The measurements of one program on all runtimes.
struct ProgramResult {
  let program: String
  /// One per engine, in the same order.
  var measurements: [Measurement]

  /// The engines, grouped by output.
  var groups: [[String]] {
    var groups: [(output: [UInt8], engines: [String])] = []
    for measurement in measurements where measurement.failure == nil {
      guard let output = measurement.runs.first?.output else { continue }
      if let index = groups.firstIndex(where: { $0.output == output }) {
        groups[index].engines.append(measurement.engine)
      } else {
        groups.append((output, [measurement.engine]))
      }
    }
    return groups.map(\.engines)
  }

  var outputsAgree: Bool { groups.count <= 1 }

  var failedOnNeedletail: Bool {
    measurements.contains { $0.engine.hasPrefix("needletail") && $0.failure != nil }
  }
}

/// Measures programs on the engines in turns, so that other load on the machine affects all of them equally.
struct Session {
  let engines: [Engine]
  let options: Options
  let folder: String

  func run(_ programs: [Program]) -> [ProgramResult] {
    let baseline = options.net && !options.startup ? measure(Program(name: "hello", folder: folder)) : nil
    return programs.map { program in
      var result = measure(program)
      if let baseline { result.subtract(baseline, options) }
      return result
    }
  }

  private func measure(_ program: Program) -> ProgramResult {
    var measurements = engines.map { Measurement(engine: $0.name) }
    var commands: [[String]] = []
    for (index, engine) in engines.enumerated() {
      switch engine.commandLine(for: program) {
      case .success(let command): commands.append(command)
      case .failure(let error):
        commands.append([])
        measurements[index].failure = error.message
      }
    }
    for round in 1...options.runs {
      for index in engines.indices where measurements[index].failure == nil {
        progress("\(program.name), run \(round) of \(options.runs): \(engines[index].name)")
        let run = runProcess(commands[index], timeout: options.timeout)
        if !run.succeeded {
          measurements[index].failure = run.failure
        } else if let first = measurements[index].runs.first, first.output != run.output {
          measurements[index].failure = "printed something else in run \(round)"
        }
        measurements[index].runs.append(run)
      }
    }
    progress("")
    return ProgramResult(program: program.name, measurements: measurements)
  }

  /// Shows the current step if standard error is a terminal.
  private func progress(_ text: String) {
    if isatty(2) == 1 { say("\r\u{1b}[K\(text)") }
  }
}

extension ProgramResult {
  /// Subtracts from each run the time that the same engine needs for the empty program `hello`.
  fileprivate mutating func subtract(_ hello: ProgramResult, _ options: Options) {
    for index in measurements.indices {
      let empty = hello.measurements[index]
      guard let wall = empty.time(options.statistic, .wall), let user = empty.time(options.statistic, .user) else {
        continue
      }
      for run in measurements[index].runs.indices {
        // At least a microsecond, because the times are used as divisors.
        measurements[index].runs[run].wall = max(1e-6, measurements[index].runs[run].wall - wall)
        measurements[index].runs[run].user = max(1e-6, measurements[index].runs[run].user - user)
      }
    }
  }
}
