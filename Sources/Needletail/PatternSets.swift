import WebAssembly

/// Patterns for names, so that exact ones are found at once.
struct NameSet {
  private var exact: Set<ExactName> = []
  private var others: [NamePattern] = []

  init(_ patterns: some Sequence<NamePattern>) {
    for pattern in patterns {
      if let name = pattern.exactName { exact.insert(ExactName(name)) } else { others.append(pattern) }
    }
  }

  func contains(_ name: String) -> Bool {
    exact.contains(ExactName(name)) || others.contains { $0.matches(name) }
  }
}

/// Patterns for imports, so that those of exact modules are found at once.
struct ImportSet {
  private var exact: [ExactName: NameSet] = [:]
  private var others: [(module: NamePattern, names: NameSet)] = []

  init(_ patterns: [Policy.ImportPattern]) {
    for (module, group) in Dictionary(grouping: patterns, by: \.module) {
      let names = NameSet(group.lazy.map(\.name))
      if let name = module.exactName { exact[ExactName(name)] = names } else { others.append((module, names)) }
    }
  }

  func contains(_ item: WebAssembly.Module.Import) -> Bool {
    if let names = exact[ExactName(item.module)], names.contains(item.name) { return true }
    return others.contains { $0.module.matches(item.module) && $0.names.contains(item.name) }
  }
}
