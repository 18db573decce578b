/// The ``ProcessorFeatures`` of x86-64. The baseline is SSE4.1 (all 64-bit processors of the last fifteen years).
struct X86_64Features: OptionSet, Hashable, Sendable {
  let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(_ features: ProcessorFeatures) { rawValue = features.rawValue }

  /// Includes SSE4.2.
  static let avx = X86_64Features(rawValue: 1 << 0)
  static let avx2 = X86_64Features(rawValue: 1 << 1)
  static let fma = X86_64Features(rawValue: 1 << 2)
  static let bmi1 = X86_64Features(rawValue: 1 << 3)
  static let bmi2 = X86_64Features(rawValue: 1 << 4)
  static let lzcnt = X86_64Features(rawValue: 1 << 5)
  static let popcnt = X86_64Features(rawValue: 1 << 6)

  static let baseline: X86_64Features = []
  /// The features of this machine; the baseline if its processor cannot be queried, for example where executable memory is forbidden.
  static let native = detect() ?? .baseline

  /// The usual name of each feature.
  static let names: [(name: String, feature: X86_64Features)] = [
    ("avx", .avx), ("avx2", .avx2), ("fma", .fma), ("bmi1", .bmi1), ("bmi2", .bmi2), ("lzcnt", .lzcnt),
    ("popcnt", .popcnt),
  ]
}

extension ProcessorFeatures {
  init(_ features: X86_64Features) { self.init(rawValue: features.rawValue) }
}

extension X86_64Features {
  /// An output register of `cpuid`.
  private enum Register: Int {
    case eax, ebx, ecx, edx
  }

  /// The positions of the features' bits. Source: Intel's manual, volume 2, CPUID; AMD's, volume 3, appendix E.
  private static let bits: [(feature: X86_64Features, leaf: UInt32, register: Register, bit: UInt32)] = [
    (.avx, 1, .ecx, 28), (.fma, 1, .ecx, 12), (.popcnt, 1, .ecx, 23), (.avx2, 7, .ebx, 5), (.bmi1, 7, .ebx, 3),
    (.bmi2, 7, .ebx, 8), (.lzcnt, 0x8000_0001, .ecx, 5),
  ]

  /// Queries the processor.
  private static func detect() -> X86_64Features? {
    guard let processor = ProcessorQuery() else { return nil }
    var features: X86_64Features = []
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
