/// A reproducible source of random numbers. (G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number
/// Generators", 2014.)
public struct RandomSource: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 to `bound` - 1.
  public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  /// Whether something of this probability, in percent, happens.
  public mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  public mutating func pick<Elements: Collection>(_ elements: Elements) -> Elements.Element {
    elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
  }

  /// A number that is often one at which something changes.
  public mutating func interesting() -> UInt64 {
    switch below(6) {
    case 0: return UInt64(below(10))
    case 1: return 0 &- UInt64(1 + below(10))
    case 2: return (1 << UInt64(below(64))) &+ UInt64(below(3)) &- 1
    case 3: return pick([0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000])
    case 4: return UInt64(below(1 << 16))
    default: return next()
    }
  }

  /// The bits of a float that is often one at which something changes.
  public mutating func interestingFloat() -> Double {
    switch below(5) {
    case 0: return pick([0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, .infinity, -.infinity, .nan])
    case 1: return Double(Int64(bitPattern: interesting()))
    case 2:
      return pick([2_147_483_647, 2_147_483_648, -2_147_483_649, 4_294_967_295, 4_294_967_296, 0x1p63, -9.3e18, 1.9e19])
    case 3: return Double(sign: .plus, exponent: below(200) - 100, significand: 1 + Double(below(1000)) / 1000)
    default: return Double(below(2000) - 1000) / 8
    }
  }
}
