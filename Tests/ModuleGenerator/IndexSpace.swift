/// The index spaces that can be filled with unused entries, most of them to about 2^16. The entries that code uses come last.
public enum IndexSpace: CaseIterable, Sendable {
  case types, functions, tables, globals, importedGlobals, tags, elements, data, memories, locals
}

extension ModuleGenerator {
  /// Rare, because such modules are large.
  mutating func chooseCrowd() {
    let isCrowded = choices.below(400) == 399
    guard isCrowded || options.crowd != nil else { return }
    let chosen = choices.pick(IndexSpace.allCases)
    let space = options.crowd ?? chosen
    switch space {
    case .memories:
      guard options.features.contains(.multiMemory) else { return }
      crowd = (space, 60 + choices.below(30))
    // The limit is 50,000.
    case .locals: crowd = (space, choices.chance(50) ? 32_760 + choices.below(16) : 40_000)
    // Some of the used entries then have an index below 65,536, or the first index above.
    default: crowd = (space, choices.chance(25) ? 65_535 - choices.below(4) : 65_536 + choices.below(3))
    }
  }

  /// The number of unused entries.
  func padding(_ space: IndexSpace) -> Int { crowd?.space == space ? crowd!.count : 0 }
}
