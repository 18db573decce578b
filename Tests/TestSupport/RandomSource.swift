// Reproducible pseudorandom numbers.
@_exported import struct ModuleGenerator.RandomSource

extension RandomSource {
  public mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

  public mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  /// A random element. The array must not be empty.
  public mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
