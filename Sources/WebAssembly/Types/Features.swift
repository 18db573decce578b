/// Proposals that can be turned on and off, by the names that the WebAssembly project gives them.
public struct Features: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let mutableGlobals = Features(rawValue: 1 << 0)
  public static let signExtension = Features(rawValue: 1 << 1)
  public static let saturatingConversions = Features(rawValue: 1 << 2)
  public static let multiValue = Features(rawValue: 1 << 3)
  public static let bulkMemory = Features(rawValue: 1 << 4)
  public static let referenceTypes = Features(rawValue: 1 << 5)
  public static let simd = Features(rawValue: 1 << 6)
  public static let relaxedSIMD = Features(rawValue: 1 << 7)
  public static let tailCalls = Features(rawValue: 1 << 8)
  public static let extendedConstants = Features(rawValue: 1 << 9)
  public static let multiMemory = Features(rawValue: 1 << 10)
  public static let memory64 = Features(rawValue: 1 << 11)
  public static let functionReferences = Features(rawValue: 1 << 12)
  public static let gc = Features(rawValue: 1 << 13)
  public static let exceptions = Features(rawValue: 1 << 14)
  public static let threads = Features(rawValue: 1 << 15)
  public static let wideArithmetic = Features(rawValue: 1 << 16)
  public static let customPageSizes = Features(rawValue: 1 << 17)
  public static let customDescriptors = Features(rawValue: 1 << 18)
  public static let legacyExceptions = Features(rawValue: 1 << 19)
  public static let compactImports = Features(rawValue: 1 << 20)

  /// The names on the command line and in error messages.
  public static let names: [(feature: Features, name: String)] = [
    (.mutableGlobals, "mutable-globals"), (.signExtension, "sign-extension"),
    (.saturatingConversions, "saturating-float-to-int"), (.multiValue, "multi-value"),
    (.bulkMemory, "bulk-memory"), (.referenceTypes, "reference-types"), (.simd, "simd"),
    (.relaxedSIMD, "relaxed-simd"), (.tailCalls, "tail-call"), (.extendedConstants, "extended-const"),
    (.multiMemory, "multi-memory"), (.memory64, "memory64"), (.functionReferences, "function-references"),
    (.gc, "gc"), (.exceptions, "exceptions"), (.threads, "threads"), (.wideArithmetic, "wide-arithmetic"),
    (.customPageSizes, "custom-page-sizes"), (.customDescriptors, "custom-descriptors"),
    (.legacyExceptions, "legacy-exceptions"), (.compactImports, "compact-imports"),
  ]

  /// Version 1.0 of the standard (5 December 2019), beside what is always there. It puts no condition on the mutability of globals that
  /// are imported or exported.
  public static let wasm1: Features = [.mutableGlobals]

  /// Version 3.0 of the standard.
  public static let wasm3: Features = [
    .mutableGlobals, .signExtension, .saturatingConversions, .multiValue, .bulkMemory, .referenceTypes, .simd,
    .relaxedSIMD, .tailCalls, .extendedConstants, .multiMemory, .memory64, .functionReferences, .gc, .exceptions,
  ]

  /// Version 3.0 and the proposals that are far enough to be on by default.
  public static let standard: Features = wasm3.union([
    .threads, .wideArithmetic, .customPageSizes, .compactImports,
  ])

  public static let all: Features = Features(rawValue: (1 << 21) - 1)
}

extension Features: CustomStringConvertible {
  public var description: String {
    Self.names.filter { contains($0.feature) }.map(\.name).joined(separator: ",")
  }
}
