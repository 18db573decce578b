/// What a module may have more of than 16 bits can count. What generated code uses comes after.
public enum IndexSpace: CaseIterable, Sendable {
  case types, functions, tables, globals, importedGlobals, tags, elements, data, memories, locals
}

extension ModuleGenerator {
  /// Seldom: such modules are large.
  mutating func chooseCrowd() {
    let isCrowded = choices.below(400) == 399
    guard isCrowded || options.crowd != nil else { return }
    let chosen = choices.pick(IndexSpace.allCases)
    let space = options.crowd ?? chosen
    switch space {
    case .memories:
      guard options.features.contains(.multiMemory) else { return }
      crowd = (space, 60 + choices.below(30))
    // At most 50,000 are allowed.
    case .locals: crowd = (space, choices.chance(50) ? 32_760 + choices.below(16) : 40_000)
    // Some of what is used has an index below 65,536 then, and some the first above.
    default: crowd = (space, choices.chance(25) ? 65_535 - choices.below(4) : 65_536 + choices.below(3))
    }
  }

  /// How many there are that nothing uses.
  func padding(_ space: IndexSpace) -> Int { crowd?.space == space ? crowd!.count : 0 }
}
