/// Amounts of memory in messages: bytes, KiB, MiB, GiB and TiB.
package enum ByteCount {
  private static let units: [(byteCount: UInt64, name: String)] = [
    (1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"),
  ]

  /// An amount with one decimal at most: `72 bytes`, `64 KiB`, `1.5 MiB`.
  package static func format(_ count: UInt64) -> String {
    for (unit, name) in units where count >= unit {
      let tenths = (Double(count) / Double(unit) * 10).rounded() / 10
      return tenths == tenths.rounded() ? "\(Int(tenths)) \(name)" : "\(tenths) \(name)"
    }
    return count == 1 ? "1 byte" : "\(count) bytes"
  }

  /// The same for an amount that cannot be negative.
  package static func format(_ count: Int) -> String { format(UInt64(count)) }
}
