import Needletail
import WasmBinary

/// Strict checks of the custom sections that the standard defines. When a module is loaded normally, errors in them are
/// ignored. (Core specification 3.0, appendix "Custom Sections".)
enum CustomSections {
  /// Checks the name and branch hint sections of a module.
  ///
  /// - Throws: `DecodingError` or `ValidationError`.
  static func check(_ module: Module) throws {
    let structure = module.structure
    for section in structure.customSections {
      switch section.name {
      case NameSection.sectionName: _ = try NameSection(decoding: structure.bytes, in: section.data)
      case BranchHints.sectionName:
        try BranchHints(decoding: structure.bytes, in: section.data).validate(in: structure)
      default: break
      }
    }
  }
}
