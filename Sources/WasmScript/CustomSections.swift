import Needletail
import WasmBinary

/// The custom sections that the standard defines, read strictly: where a module is loaded, errors in them mean nothing.
/// (Core specification 3.0, appendix "Custom Sections".)
enum CustomSections {
  /// Checks a module's sections with names and branch hints.
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
