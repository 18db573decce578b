import WasmBinary
import WasmText
import WasmValidation
import WebAssembly

/// The validator, on modules that are valid or almost valid.
///
/// - The number of threads does not change the error.
/// - A module that is valid with some proposals is valid with all of them.
/// - A valid module has a text that assembles to a valid module.
struct ValidatorTarget: FuzzTarget {
  mutating func run(_ input: [UInt8]) throws -> Bool {
    guard let module = try? Decoder.decode(input) else { return true }
    let error = error(module, .all, threadCount: 1)
    let threaded = self.error(module, .all, threadCount: 2)
    guard "\(String(describing: error))" == "\(String(describing: threaded))" else {
      throw Finding("with two threads: \(String(describing: error)) became \(String(describing: threaded))")
    }
    if error != nil {
      guard self.error(module, .standard, threadCount: 1) != nil else {
        throw Finding("valid with fewer proposals only: \(String(describing: error))")
      }
      return true
    }
    let text: String
    let assembled: [UInt8]
    do {
      text = try WatPrinter.print(module)
      assembled = try assemble(text)
    } catch {
      throw Finding("a valid module has no text: \(error)")
    }
    guard ModuleMutator.isValid(assembled) else { throw Finding("the text of a valid module is invalid:\n\(text)") }
    return true
  }

  mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]? {
    // Half of the modules may be invalid.
    let wantsValid = mutation.choices.chance(50)
    return ModuleMutator.mutate(input, &mutation, wantsValid: wantsValid)
  }

  static func show(_ input: [UInt8]) -> String? { ModuleMutator.text(input) }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] { try source.modules { _ in true } }

  private func error(_ module: Module, _ features: Features, threadCount: Int) -> LoadingError? {
    do throws(LoadingError) {
      try Validator.validate(module, features: features, threadCount: threadCount)
      return nil
    } catch {
      return error
    }
  }
}
