/// Proposals that can be turned on and off, by the names that the WebAssembly project gives them.
public struct Features: OptionSet, Hashable, Sendable {
  /// One bit for each feature.
  public let rawValue: UInt32
  /// Creates a set from bits; unknown bits have no effect.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Imports and exports of mutable globals.
  public static let mutableGlobals = Features(rawValue: 1 << 0)
  /// Instructions that extend a sign within an integer, such as `i32.extend8_s`.
  public static let signExtension = Features(rawValue: 1 << 1)
  /// Conversions of floats to integers that saturate instead of trapping.
  public static let saturatingConversions = Features(rawValue: 1 << 2)
  /// Functions and blocks with several results, and blocks with parameters.
  public static let multiValue = Features(rawValue: 1 << 3)
  /// Instructions on ranges of memories and tables, such as `memory.copy`, and passive segments.
  public static let bulkMemory = Features(rawValue: 1 << 4)
  /// References as values, tables of any reference type, and several tables.
  public static let referenceTypes = Features(rawValue: 1 << 5)
  /// 128-bit vectors.
  public static let simd = Features(rawValue: 1 << 6)
  /// Vector instructions whose results may differ between processors.
  public static let relaxedSIMD = Features(rawValue: 1 << 7)
  /// Tail calls, such as `return_call`.
  public static let tailCalls = Features(rawValue: 1 << 8)
  /// Integer addition, subtraction and multiplication in constant expressions.
  public static let extendedConstants = Features(rawValue: 1 << 9)
  /// Several memories in a module.
  public static let multiMemory = Features(rawValue: 1 << 10)
  /// Memories and tables with 64-bit addresses.
  public static let memory64 = Features(rawValue: 1 << 11)
  /// Typed references to functions, and `call_ref`.
  public static let functionReferences = Features(rawValue: 1 << 12)
  /// Garbage-collected structures, arrays and `i31` references, and the hierarchy of types.
  public static let gc = Features(rawValue: 1 << 13)
  /// Exceptions with `try_table` and `exnref`.
  public static let exceptions = Features(rawValue: 1 << 14)
  /// Shared memories and atomic instructions.
  public static let threads = Features(rawValue: 1 << 15)
  /// 128-bit addition, subtraction and widening multiplication of integers.
  public static let wideArithmetic = Features(rawValue: 1 << 16)
  /// Memories with pages of one byte.
  public static let customPageSizes = Features(rawValue: 1 << 17)
  /// Structures that carry a descriptor, and exact reference types.
  public static let customDescriptors = Features(rawValue: 1 << 18)
  /// Exceptions with `try` and `catch`, which the standard replaced.
  public static let legacyExceptions = Features(rawValue: 1 << 19)
  /// Import sections that write a module's name once for several imports.
  public static let compactImports = Features(rawValue: 1 << 20)

  /// The names of the features on the command line and in error messages, and what they add.
  public static let names: [(feature: Features, name: String, summary: String)] = [
    (.mutableGlobals, "mutable-globals", "imports and exports of mutable globals"),
    (.signExtension, "sign-extension", "instructions such as i32.extend8_s"),
    (.saturatingConversions, "saturating-float-to-int", "conversions to integers that do not trap"),
    (.multiValue, "multi-value", "functions and blocks with several results"),
    (.bulkMemory, "bulk-memory", "memory.copy, memory.fill, passive segments"),
    (.referenceTypes, "reference-types", "funcref and externref, several tables"),
    (.simd, "simd", "vectors of 128 bits"),
    (.relaxedSIMD, "relaxed-simd", "faster vector instructions whose results depend on the CPU"),
    (.tailCalls, "tail-call", "return_call"),
    (.extendedConstants, "extended-const", "additions and multiplications in constants"),
    (.multiMemory, "multi-memory", "several memories in a module"),
    (.memory64, "memory64", "memories and tables with 64-bit addresses"),
    (.functionReferences, "function-references", "typed references to functions, call_ref"),
    (.gc, "gc", "garbage-collected structures and arrays, i31"),
    (.exceptions, "exceptions", "try_table, throw and exnref"),
    (.threads, "threads", "shared memories and atomic instructions"),
    (.wideArithmetic, "wide-arithmetic", "additions and multiplications of 128 bits"),
    (.customPageSizes, "custom-page-sizes", "memories with pages of one byte"),
    (.customDescriptors, "custom-descriptors", "structures with descriptors, exact types"),
    (.legacyExceptions, "legacy-exceptions", "try and catch, which exceptions replaced"),
    (.compactImports, "compact-imports", "a shorter form of import sections"),
  ]

  /// Version 1.0 of the standard (5 December 2019), in addition to what is always present. It allows imports and exports of mutable
  /// globals.
  public static let wasm1: Features = [.mutableGlobals]

  /// Version 3.0 of the standard.
  public static let wasm3: Features = [
    .mutableGlobals, .signExtension, .saturatingConversions, .multiValue, .bulkMemory, .referenceTypes, .simd,
    .relaxedSIMD, .tailCalls, .extendedConstants, .multiMemory, .memory64, .functionReferences, .gc, .exceptions,
  ]

  /// Version 3.0 and the proposals that are mature enough to be on by default.
  public static let standard: Features = wasm3.union([
    .threads, .wideArithmetic, .customPageSizes, .compactImports,
  ])

  /// Every feature.
  public static let all: Features = Features(rawValue: (1 << 21) - 1)
}

extension Features: CustomStringConvertible {
  /// The names of the features, separated by commas.
  public var description: String {
    Self.names.filter { contains($0.feature) }.map(\.name).joined(separator: ",")
  }
}
