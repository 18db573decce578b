import Needletail
import WebAssembly

/// The option `--policy` and the file that it names.
enum PolicyOption {
  static let definition = OptionDefinition.value(
    "policy", "FILE", completion: .files,
    "Refuse modules that ask for more than this policy allows, and apply its limits; 'needletail inspect --write-policy' makes one"
  )

  /// The policy according to the option; nil if there is none.
  ///
  /// - Throws: `FileError` if the file cannot be read; `CommandError` if it is no policy.
  static func policy(_ parser: ArgumentParser) throws -> Policy? {
    guard let path = parser.value(definition) else { return nil }
    return try FileError.naming(parser.spelling(definition)) {
      let bytes = try Files.read(path)
      do throws(PolicyError) {
        return try Policy(json: bytes)
      } catch {
        throw CommandError(
          "\(parser.spelling(definition)): \(ModuleFile.displayName(path)):\(error)",
          hints: ["'needletail help policy' lists the members"])
      }
    }
  }

  /// Checks a module.
  ///
  /// - Parameter file: the module's file, for messages.
  /// - Throws: `CommandError` with all that the policy refuses.
  static func check(_ module: Needletail.Module, _ policy: Policy, _ file: String) throws {
    do {
      try policy.check(module)
    } catch let violation as PolicyViolation {
      throw CommandError(
        "\(file): \(lines: violation)",
        hints: [
          "'needletail inspect' shows what a module asks for; change the policy, or write it again with 'needletail inspect --write-policy'"
        ])
    } catch let error as ArtifactError {
      throw CommandError("\(file): \(error.message)", hints: error.hints)
    } catch {
      throw CommandError("\(file): \(error)")
    }
  }
}
