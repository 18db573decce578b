/// Sections with debugging information: custom ones whose names begin with `.debug_`, such as those of DWARF.
package enum DebugSections {
  private static let prefix = ".debug_"

  package static func isName(_ name: String) -> Bool { name.hasPrefix(prefix) }
}
