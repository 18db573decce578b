/// The decisions from which something random is generated: drawn at random, or taken from a list, after whose end each
/// decision is 0.
///
/// Generators must map 0 to the simplest alternative. A shorter list, or one with smaller numbers, then generates
/// something simpler, of the same kind and equally well-formed. The minimizer relies on this. (D. R. MacIver and A. F.
/// Donaldson, "Test-Case Reduction via Test-Case Generation", 2020.)
public struct Choices: Sendable {
  private var random: RandomSource?
  private var list: [UInt32] = []
  private var position = 0
  /// The decisions so far, if they are recorded.
  public private(set) var taken: [UInt32]?

  /// Random decisions from a seed.
  public init(seed: UInt64, keeping isKept: Bool = false) {
    random = RandomSource(seed: seed)
    taken = isKept ? [] : nil
  }

  /// Decisions from a list.
  public init(_ list: [UInt32]) { self.list = list }

  private mutating func draw() -> UInt32 {
    guard random == nil else {
      let choice = UInt32(truncatingIfNeeded: random!.next() >> 32)
      taken?.append(choice)
      return choice
    }
    guard position < list.count else { return 0 }
    position += 1
    return list[position - 1]
  }

  /// A random 64-bit number.
  public mutating func bits() -> UInt64 { (UInt64(draw()) << 32) | UInt64(draw()) }

  /// A number from 0 to `bound` - 1.
  public mutating func below(_ bound: Int) -> Int { Int((UInt64(draw()) * UInt64(bound)) >> 32) }

  /// Whether an event with this probability, in percent, happens.
  public mutating func chance(_ percent: Int) -> Bool { below(100) >= 100 - percent }

  public mutating func pick<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element {
    elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
  }

  /// A number that is often at a boundary.
  public mutating func interesting() -> UInt64 {
    switch below(7) {
    case 6:
      // At a boundary of a signed integer of 8, 16 or 32 bits, below and above zero.
      let boundary: UInt64 = 1 << pick([7, 15, 31])
      return (below(2) == 0 ? boundary : 0 &- boundary) &+ UInt64(below(3)) &- 1
    case 0: return UInt64(below(10))
    case 1: return UInt64(below(1 << 16))
    case 2: return 0 &- UInt64(1 + below(10))
    case 3: return (1 << UInt64(below(64))) &+ UInt64(below(3)) &- 1
    case 4: return pick([0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000])
    default: return bits()
    }
  }

  /// A float that is often at a boundary.
  public mutating func interestingFloat() -> Double {
    switch below(5) {
    case 0: return pick([0, 1, -0.0, -1, 0.5, -0.5, 1.5, 2.5, .infinity, -.infinity, .nan])
    case 1: return Double(below(2000) - 1000) / 8
    case 2: return Double(Int64(bitPattern: interesting()))
    case 3:
      return pick([2_147_483_647, 2_147_483_648, -2_147_483_649, 4_294_967_295, 4_294_967_296, 0x1p63, -9.3e18, 1.9e19])
    default: return Double(sign: .plus, exponent: below(200) - 100, significand: 1 + Double(below(1000)) / 1000)
    }
  }
}
