import Differential
/// The options of the command line.
struct FuzzOptions {
  enum Action {
    case help
    case search
    case minimize(seed: UInt64)
    /// Reports whether the recipe in a file fails. The minimizer uses it as a child process that may crash.
    case check(path: String, seed: UInt64)
    /// Runs the modules in a folder, made by other generators.
    case foreign(folder: String)
  }

  static let usage = """
    Runs random modules on each interpreter, and on the compiler at each level, and says where they differ.

    needletail-fuzz [--first SEED] [--count MODULES] [--minutes N] [--save FOLDER] [--state FILE] [--export FOLDER] [--variant N]
        Tries the modules of so many seeds, in so many minutes at most. Differences are printed; their modules go to FOLDER, as
        SEED.wasm. FILE always holds the seed that is being tried, for when a module ends the process. With --export, modules and
        what they do are written for Scripts/fuzz-wasmtime, and only the first interpreter runs. A variant is a configuration of
        the engines; 6 counts fuel, and 7 also pauses for it. By default it depends on the module.
    needletail-fuzz --foreign FOLDER
        Runs FOLDER/N.wasm, which other generators made, and writes what they do as N.json, for Scripts/fuzz-foreign.
    needletail-fuzz --minimize SEED [--save FOLDER]
        Makes the module of a seed on which engines differ as small as it can, and writes it as SEED.min.wat.
    """

  var action = Action.search
  var first: UInt64 = 1
  var count = UInt64.max
  var minutes = Double.infinity
  /// The variant of all engines; nil if it depends on the module.
  var variant: Int?
  var savePath: String?
  var statePath: String?
  var exportPath: String?

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    func next(_ name: String) throws -> String {
      guard let value = rest.popFirst() else { throw FuzzError("\(name) needs a value") }
      return value
    }
    func number(_ name: String) throws -> UInt64 {
      let text = try next(name)
      guard let number = UInt64(text) else { throw FuzzError("\(text) is no number") }
      return number
    }
    while let name = rest.popFirst() {
      switch name {
      case "--help": action = .help
      case "--first": first = try number(name)
      case "--count": count = try number(name)
      case "--variant":
        let wanted = Int(clamping: try number(name))
        guard wanted < EngineSet.variantCount else { throw FuzzError("there are \(EngineSet.variantCount) variants") }
        variant = wanted
      case "--minutes": minutes = Double(try number(name))
      case "--save": savePath = try next(name)
      case "--state": statePath = try next(name)
      case "--export": exportPath = try next(name)
      case "--minimize": action = .minimize(seed: try number(name))
      case "--foreign": action = .foreign(folder: try next(name))
      case "--check": action = .check(path: try next(name), seed: try number(name))
      default: throw FuzzError("unknown option \(name)")
      }
    }
  }
}

struct FuzzError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
