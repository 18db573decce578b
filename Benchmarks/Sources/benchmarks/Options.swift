/// The options of the command line.
struct Options {
  enum Statistic: String { case minimum, median }
  enum Clock: String { case wall, user }

  static let usage = """
    usage: swift run -c release --package-path Benchmarks benchmarks [NAME…] [OPTION…] [-- FILE [ARGUMENT…]]

      NAME                 a program of Programs/ (default: all but hello)
      -- FILE [ARGUMENT…]  another module instead, with arguments
      --dir FOLDER         let the module use a folder
      --env NAME=VALUE     give the module a variable
      --runs N             runs of each program on each runtime (default: 3; with --startup 40)
      --engine "NAME …"    a runtime, with options for it after its name; can be given again
                           (default: those of needletail, wasmkit, node, wasmtime and native that are installed)
      --needletail PATH    the executable (default: .build/release/needletail of the main package)
      --statistic WHICH    minimum (default) or median of the runs
      --clock WHICH        wall (default) or user, the processor time in user mode
      --net                subtract the same runtime's time for hello world
      --startup            hello world, or FILE, many times: times and peak memory of the whole process
      --timeout SECONDS    kill a run that takes longer (default: 120)
      --json FILE          write all single measurements to FILE
      --help               print this

    """

  var names: [String] = []
  /// A module other than the programs here, and its arguments.
  var module: [String] = []
  /// The grants to that module as options, which are the same for all runtimes.
  var grants: [String] = []
  var runs: Int
  var engines: [String] = []
  var needletail: String?
  var statistic = Statistic.minimum
  var clock = Clock.wall
  var net = false
  var startup = false
  var timeout = 120.0
  var json: String?
  var help = false

  /// - Throws: `UserError` for an unknown option, or a missing or invalid value.
  init(arguments: [String]) throws(UserError) {
    var rest = arguments[...]
    var runs: Int?

    func value(of option: String) throws(UserError) -> String {
      guard let value = rest.popFirst() else { throw UserError("expected a value after \(option)") }
      return value
    }
    func read<Value>(_ option: String, as parse: (String) -> Value?) throws(UserError) -> Value {
      let text = try value(of: option)
      guard let parsed = parse(text) else { throw UserError("\(option) cannot be '\(text)'") }
      return parsed
    }

    self.runs = 0
    while let argument = rest.popFirst() {
      switch argument {
      case "--runs": runs = try read(argument) { Int($0).flatMap { $0 > 0 ? $0 : nil } }
      case "--dir", "--env": grants += [argument, try value(of: argument)]
      case "--engine": engines.append(try value(of: argument))
      case "--needletail": needletail = try value(of: argument)
      case "--statistic": statistic = try read(argument, as: Statistic.init)
      case "--clock": clock = try read(argument, as: Clock.init)
      case "--net": net = true
      case "--startup": startup = true
      case "--timeout": timeout = try read(argument) { Double($0).flatMap { $0 > 0 ? $0 : nil } }
      case "--json": json = try value(of: argument)
      case "--help", "-h": help = true
      case "--":
        guard !rest.isEmpty else { throw UserError("expected a file after --") }
        module = Array(rest)
        rest = []
      case _ where argument.hasPrefix("-"): throw UserError("unknown option '\(argument)'")
      default: names.append(argument)
      }
    }
    guard module.isEmpty || names.isEmpty else {
      throw UserError("expected names of programs or a file after --, found both")
    }
    self.runs = runs ?? (startup ? 40 : 3)
  }
}
