/// The sections of a module; the raw value is the identifier in the binary format.
/// (Core specification 3.0, 5.5.2 "Sections".)
public enum SectionID: UInt8, Hashable, Sendable, CaseIterable {
  case custom = 0
  case type = 1
  case `import` = 2
  case function = 3
  case table = 4
  case memory = 5
  case global = 6
  case export = 7
  case start = 8
  case element = 9
  case code = 10
  case data = 11
  case dataCount = 12
  case tag = 13

  /// The standard sections in their required order, which differs from that of their identifiers.
  public static let order: [SectionID] = [
    .type, .import, .function, .table, .memory, .tag, .global, .export, .start, .element, .dataCount, .code, .data,
  ]

  /// The position in ``order``, counted from 1; 0 for custom sections, which may appear anywhere.
  public var rank: Int { Int(Self.ranks[Int(rawValue)]) }

  private static let ranks: [UInt8] = {
    var ranks = [UInt8](repeating: 0, count: allCases.count)
    for (position, section) in order.enumerated() { ranks[Int(section.rawValue)] = UInt8(position + 1) }
    return ranks
  }()

  /// The magic number `\0asm` and version 1, which begin every module.
  public static let moduleHeader: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]
}
