/// The features of a processor beyond the baseline, which is SSE4.1 (all 64-bit processors of the last fifteen years).
///
/// The raw value is stored in artifacts: the meaning of a bit never changes.
package struct CPUFeatures: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Includes SSE4.2.
  package static let avx = CPUFeatures(rawValue: 1 << 0)
  package static let avx2 = CPUFeatures(rawValue: 1 << 1)
  package static let fma = CPUFeatures(rawValue: 1 << 2)
  package static let bmi1 = CPUFeatures(rawValue: 1 << 3)
  package static let bmi2 = CPUFeatures(rawValue: 1 << 4)
  package static let lzcnt = CPUFeatures(rawValue: 1 << 5)
  package static let popcnt = CPUFeatures(rawValue: 1 << 6)

  package static let baseline: CPUFeatures = []
  /// The features of this machine; the baseline if its processor cannot be queried, for example where executable memory is forbidden.
  package static let native = detect() ?? .baseline

  /// The usual name of each feature.
  package static let names: [(name: String, feature: CPUFeatures)] = [
    ("avx", .avx), ("avx2", .avx2), ("fma", .fma), ("bmi1", .bmi1), ("bmi2", .bmi2), ("lzcnt", .lzcnt),
    ("popcnt", .popcnt),
  ]

  /// The names of the features in the set.
  package var names: [String] { Self.names.filter { contains($0.feature) }.map(\.name) }
}

extension CPUFeatures {
  /// An output register of `cpuid`.
  private enum Register: Int {
    case eax, ebx, ecx, edx
  }

  /// The positions of the features' bits. Source: Intel's manual, volume 2, CPUID; AMD's, volume 3, appendix E.
  private static let bits: [(feature: CPUFeatures, leaf: UInt32, register: Register, bit: UInt32)] = [
    (.avx, 1, .ecx, 28), (.fma, 1, .ecx, 12), (.popcnt, 1, .ecx, 23), (.avx2, 7, .ebx, 5), (.bmi1, 7, .ebx, 3),
    (.bmi2, 7, .ebx, 8), (.lzcnt, 0x8000_0001, .ecx, 5),
  ]

  /// Queries the processor.
  private static func detect() -> CPUFeatures? {
    guard let processor = ProcessorQuery() else { return nil }
    var features: CPUFeatures = []
    for row in bits where row.leaf <= processor.identify(leaf: row.leaf & 0x8000_0000)[Register.eax.rawValue] {
      let word = processor.identify(leaf: row.leaf)[row.register.rawValue]
      if word >> row.bit & 1 != 0 { features.insert(row.feature) }
    }
    // The system must also save the wide registers: OSXSAVE says whether XCR0 can be read, and its bits 1 and 2 what is saved.
    let canAsk = processor.identify(leaf: 1)[Register.ecx.rawValue] >> 27 & 1 != 0
    if !canAsk || processor.savedState() & 6 != 6 { features.subtract([.avx, .avx2, .fma, .bmi1, .bmi2]) }
    if !features.contains(.avx) { features.subtract([.avx2, .fma]) }
    return features
  }
}
