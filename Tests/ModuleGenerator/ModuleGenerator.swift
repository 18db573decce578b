import WasmBinary
import WebAssembly

/// Generates random valid modules that terminate, to compare engines.
///
/// A module exports all its functions as `f0`, `f1`, …; its memories as `m0`, …; and its numeric globals as `g0`, `g1`,
/// …. `g0` is the fuel that loops and calls consume. When it is used up, loops end and functions return at once. The
/// module imports the functions of ``HostFunction``.
///
/// Some modules also export `released`, which the host calls when an object is released, and functions `u0`, `u1`, …
/// that create such objects. These functions are unordered: engines release objects at different times, so that their
/// effects are not compared, and they are not part of ``GeneratedModule/functions``.
///
/// Modules also check themselves: default values must be zero, and objects must have the types that references claim.
/// They call ``HostFunction/wrong`` otherwise.
public struct ModuleGenerator {
  public struct Options: Sendable {
    public var functionCount = 12
    /// The maximum nesting of expressions and blocks.
    public var depth = 5
    public var features: Features = .standard
    /// Whether to avoid vectors and references in function types, and vectors in exported globals, which not every
    /// engine's interface supports.
    public var hasOnlyNumbersInTypes = false
    /// The index space in which every module has tens of thousands of entries. By default chosen per module, and
    /// rarely.
    public var crowd: IndexSpace?

    public init() {}
  }

  /// A module and the information needed to run it.
  public struct GeneratedModule: Sendable {
    public var bytes: [UInt8]
    /// The types of the exported functions.
    public var functions: [FunctionType]
    /// The types of the exported globals.
    public var globals: [ValueType]
    public var memoryCount: Int
    /// Whether it creates objects of many types, so that garbage collections matter.
    public var hasShapes: Bool
    /// The length of the longest array that it certainly creates.
    public var longestArray = 0
  }

  /// The decisions from which a module is generated, for the module and for each function's body.
  public struct Recipe: Sendable, Equatable {
    public var module: [UInt32]
    public var bodies: [[UInt32]]

    public init(module: [UInt32], bodies: [[UInt32]]) {
      self.module = module
      self.bodies = bodies
    }
  }

  var choices: Choices
  let options: Options
  let instructions: InstructionsByResult

  // The module
  var signatures: [FunctionType] = []
  /// The signatures of the functions that the module defines.
  var functionTypes: [Int] = []
  var functionKinds: [FunctionKind] = []
  var globals: [ValueType] = []
  var memories: [MemoryType] = []
  /// Whether functions modify the table of functions.
  private(set) var writesFunctionTable = true
  /// The types of two additional functions, called only by failing casts and similar code: one has many results, one
  /// many parameters.
  var wideSignatures: [FunctionType] = []
  var shapes: [Shape] = []
  var shapeGroups: [Range<Int>] = []
  var groupIdentities: [[SubType]: Int] = [:]
  /// The shape of the objects in one of the tables.
  var tableShape = 0
  /// The shape of the objects in a segment that only unordered functions use.
  var segmentShape: Int?
  var crowd: (space: IndexSpace, count: Int)?

  private init(_ choices: Choices, _ options: Options) {
    self.choices = choices
    self.options = options
    instructions = InstructionsByResult.shared(options.features)
  }

  /// The module of a seed, which is always the same.
  public static func module(seed: UInt64, options: Options = Options()) -> GeneratedModule {
    var generator = ModuleGenerator(Choices(seed: seed), options)
    return generator.make { Choices(seed: bodySeed(seed, $0)) }.module
  }

  /// The decisions of a seed.
  public static func recipe(seed: UInt64, options: Options = Options()) -> Recipe {
    var generator = ModuleGenerator(Choices(seed: seed, keeping: true), options)
    let bodies = generator.make { Choices(seed: bodySeed(seed, $0), keeping: true) }.bodies
    return Recipe(module: generator.choices.taken ?? [], bodies: bodies.map { $0.taken ?? [] })
  }

  /// The module that decisions generate.
  public static func module(_ recipe: Recipe, options: Options = Options()) -> GeneratedModule {
    var generator = ModuleGenerator(Choices(recipe.module), options)
    return generator.make { Choices($0 < recipe.bodies.count ? recipe.bodies[$0] : []) }.module
  }

  private static func bodySeed(_ seed: UInt64, _ function: Int) -> UInt64 {
    seed &* 0x1_0001 ^ UInt64(function + 1) << 48
  }

  private mutating func make(_ bodyChoices: (Int) -> Choices) -> (module: GeneratedModule, bodies: [Choices]) {
    chooseCrowd()
    chooseShapes()
    chooseTypes()
    chooseMemories()
    var writer = BinaryWriter()
    writer.header()
    writeDefinitions(&writer)
    var bodies: [Choices] = []
    var longestArray = 0
    var code = BinaryWriter()
    code.count(definedFunctionCount)
    for index in functionTypes.indices {
      var body = BodyGenerator(self, function: index, choices: bodyChoices(index))
      code.byteVector(body.make())
      bodies.append(body.choices)
      longestArray = max(longestArray, body.longestArray)
    }
    for type in wideSignatures { code.byteVector(wideBody(type)) }
    if !shapes.isEmpty { code.byteVector(verifier()) }
    for index in 0..<releaseFunctionCount {
      var body = BodyGenerator(releaseFunction: index, of: self, choices: bodyChoices(functionTypes.count + index))
      code.byteVector(body.makeReleaseFunction(index))
      bodies.append(body.choices)
      longestArray = max(longestArray, body.longestArray)
    }
    writer.section(.code) { $0.raw(code.bytes) }
    writeData(&writer)
    let module = GeneratedModule(
      bytes: writer.bytes, functions: functionTypes.map { signatures[$0] }, globals: globals,
      memoryCount: memories.count, hasShapes: !shapes.isEmpty, longestArray: longestArray)
    return (module, bodies)
  }

  // MARK: Contents

  static let numberTypes: [ValueType] = [.i32, .i64, .f32, .f64]

  mutating func type() -> ValueType {
    options.features.contains(.simd) && !options.hasOnlyNumbersInTypes && choices.chance(15)
      ? .v128 : choices.pick(Self.numberTypes)
  }

  /// The type of a parameter or result.
  private mutating func passedType() -> ValueType {
    !options.hasOnlyNumbersInTypes && choices.chance(6) ? choices.pick(passedReferences) : type()
  }

  private mutating func types(upTo count: Int) -> [ValueType] {
    (0..<choices.below(count + 1)).map { _ in passedType() }
  }

  private mutating func chooseTypes() {
    signatures = [FunctionType(parameters: [.i32], results: [.i32])]
    for _ in 0..<6 { signatures.append(FunctionType(parameters: types(upTo: 5), results: types(upTo: 2))) }
    // More than fit in registers.
    signatures.append(
      FunctionType(parameters: (0..<14).map { _ in passedType() }, results: (0..<9).map { _ in passedType() }))
    functionTypes = (0..<options.functionCount).map { _ in choices.below(signatures.count) }
    functionKinds = (0..<options.functionCount).map { $0 % 3 == 0 ? .leaf : $0 % 3 == 1 ? .small : .general }
    wideSignatures = [
      FunctionType(
        parameters: Self.manyTypes(choices.below(3)), results: Self.manyTypes(choices.pick(Self.wideCounts))),
      FunctionType(
        parameters: Self.manyTypes(choices.pick(Self.wideCounts)), results: Self.manyTypes(choices.below(3))),
    ]
    globals = [.i32] + (0..<5).map { _ in type() }
    if !shapes.isEmpty { globals += (0..<2).map { _ in shapeType(choices.below(shapes.count)) } }
    writesFunctionTable = choices.chance(50)
    if !shapes.isEmpty, !options.hasOnlyNumbersInTypes, choices.chance(20) { chooseReleases() }
  }

  private static let wideCounts = [0, 3, 15, 20, 30, 40, 70, 150, 300, 1_000]

  private static func manyTypes(_ count: Int) -> [ValueType] {
    (0..<count).map { numberTypes[($0 + count) % numberTypes.count] }
  }

  private mutating func chooseMemories() {
    memories = [memoryType(atMostOneIn: 3)]
    if options.features.contains(.multiMemory), choices.chance(30) { memories.append(memoryType(atMostOneIn: 1)) }
  }

  /// A memory of 64 KiB that can grow to three times the size; often of the default kind.
  private mutating func memoryType(atMostOneIn usual: Int) -> MemoryType {
    var type = MemoryType(limits: Limits(minimum: 1, maximum: 3))
    guard choices.below(usual + 1) == usual else { return type }
    switch choices.below(4) {
    case 0 where options.features.contains(.threads): type.isShared = true
    case 1 where options.features.contains(.customPageSizes):
      type.pageSizeLog2 = 0
      type.limits = Limits(minimum: 65_536, maximum: 3 * 65_536)
      if choices.chance(40), options.features.contains(.memory64) { type.addressType = .i64 }
    default: if options.features.contains(.memory64) { type.addressType = .i64 }
    }
    return type
  }
}

/// The kind of a function.
enum FunctionKind {
  /// A few instructions, without loops and calls.
  case leaf
  case small
  case general
}
