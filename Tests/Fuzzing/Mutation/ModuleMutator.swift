import ModuleGenerator
import WasmBinary
import WasmText
import WasmValidation
import WebAssembly

/// Mutates the sections and instructions of a module instead of its bytes.
///
/// If valid modules are required, mutations are repeated until one preserves validity. Few do, but validating takes
/// only microseconds.
enum ModuleMutator {
  private static let attemptCount = 24
  /// One in `bytesRate` mutations changes plain bytes, and one in `invalidRate` may produce an invalid module.
  private static let (bytesRate, invalidRate) = (40, 100)

  /// - Parameter wantsValid: whether invalid modules are of little use.
  /// - Returns: nil if the input is not a module or no attempt succeeded.
  static func mutate(_ input: [UInt8], _ mutation: inout Mutation, wantsValid: Bool) -> [UInt8]? {
    guard mutation.choices.below(bytesRate) != 0, let original = ModuleParts(input) else { return nil }
    let mustBeValid = wantsValid && mutation.choices.below(invalidRate) != 0
    for _ in 0..<attemptCount {
      var parts = original
      for _ in 0...mutation.choices.below(3) { change(&parts, &mutation) }
      let candidate = parts.bytes
      guard candidate.count <= mutation.maximumSize, candidate != input else { continue }
      if !mustBeValid || isValid(candidate) { return candidate }
    }
    return nil
  }

  static func isValid(_ module: [UInt8]) -> Bool { valid(module) != nil }

  /// The decoded module, if it is well-formed and valid.
  static func valid(_ bytes: [UInt8]) -> Module? {
    guard let module = try? Decoder.decode(bytes),
      (try? Validator.validate(module, features: .all, threadCount: 1)) != nil
    else { return nil }
    return module
  }

  /// The text of a module.
  static func text(_ bytes: [UInt8]) -> String? {
    (try? Decoder.decode(bytes)).flatMap { try? WatPrinter.print($0) }
  }

  private static func change(_ parts: inout ModuleParts, _ mutation: inout Mutation) {
    if !parts.bodies.isEmpty, mutation.choices.chance(70) {
      let index = mutation.choices.below(parts.bodies.count)
      if mutation.choices.chance(4) {
        parts.bodies[index] = mutation.choices.pick(parts.bodies)
      } else {
        parts.bodies[index] = changedBody(parts.bodies[index], of: parts, &mutation)
      }
    } else if !parts.sections.isEmpty {
      changeSection(&parts, &mutation)
    }
  }

  private static func changeSection(_ parts: inout ModuleParts, _ mutation: inout Mutation) {
    let index = mutation.choices.below(parts.sections.count)
    let section = parts.sections[index]
    switch mutation.choices.below(8) {
    case 0: parts.sections.remove(at: index)
    case 1 where section.isCustom: parts.sections.insert(section, at: mutation.choices.below(parts.sections.count))
    case 2, 3, 4:
      guard !section.contents.isEmpty else { return }
      let place = mutation.choices.below(section.contents.count)
      parts.sections[index].contents[place] = mutation.choices.pick(typeCodes)
    default:
      guard !section.isCode else { return }
      parts.sections[index].contents = mutation.changed(section.contents)
    }
  }

  /// Bytes with a meaning in type, import, table, memory, global and element sections: type codes, form codes, and
  /// small indices.
  private static let typeCodes: [UInt8] =
    Array(0...8) + [0x40] + Array(0x4D...0x50) + Array(0x5E...0x64) + Array(0x69...0x7F)
}
