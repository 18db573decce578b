import WasmBinary
import WebAssembly

/// Makes random valid modules that end: for comparing engines with each other.
///
/// A module exports all its functions, a memory, and its globals as `g0`, `g1`, …; `g0` is the fuel that loops and calls use up.
/// When there is none left, loops end and functions return at once.
public struct ModuleGenerator {
  public struct Options: Sendable {
    public var functionCount = 6
    /// How deep expressions and blocks nest.
    public var depth = 5
    public var features: Features = .standard

    public init() {}
  }

  /// A module, and what must be known to run it.
  public struct GeneratedModule: Sendable {
    public var bytes: [UInt8]
    /// The exported functions, named `f0`, `f1`, …, by their types.
    public var functions: [FunctionType]
    /// The types of the globals.
    public var globals: [ValueType]
  }

  var random: RandomSource
  let options: Options
  let instructions: InstructionsByResult

  // The module.
  var signatures: [FunctionType] = []
  var functionTypes: [Int] = []
  var globals: [ValueType] = []

  private init(seed: UInt64, options: Options) {
    random = RandomSource(seed: seed)
    self.options = options
    instructions = InstructionsByResult.shared(options.features)
  }

  /// The module of a seed: always the same.
  public static func module(seed: UInt64, options: Options = Options()) -> GeneratedModule {
    var generator = ModuleGenerator(seed: seed, options: options)
    return generator.make()
  }

  static let numberTypes: [ValueType] = [.i32, .i64, .f32, .f64]
  static let tableSize = 16

  mutating func type() -> ValueType {
    options.features.contains(.simd) && random.chance(15) ? .v128 : random.pick(Self.numberTypes)
  }

  private mutating func types(upTo count: Int) -> [ValueType] { (0..<random.below(count + 1)).map { _ in type() } }

  private mutating func make() -> GeneratedModule {
    signatures = (0..<5).map { _ in FunctionType(parameters: types(upTo: 5), results: types(upTo: 2)) }
    // More than fit into registers.
    signatures.append(FunctionType(parameters: (0..<14).map { _ in type() }, results: (0..<9).map { _ in type() }))
    functionTypes = (0..<options.functionCount).map { _ in random.below(signatures.count) }
    globals = [.i32] + (0..<5).map { _ in type() }
    var writer = BinaryWriter()
    writer.header()
    writeTypes(&writer)
    writer.section(.function) { writer in
      writer.vector(functionTypes) { $0.u32(UInt32($1)) }
    }
    writer.section(.table) { writer in
      writer.count(1)
      writer.byte(0x70)
      writer.byte(0)
      writer.count(Self.tableSize)
    }
    writer.section(.memory) { writer in
      writer.count(1)
      writer.raw([1, 1, 3])
    }
    writer.section(.tag) { writer in
      writer.count(1)
      writer.byte(0)
      writer.count(tagType)
    }
    writeGlobals(&writer)
    writeExports(&writer)
    writeElements(&writer)
    writer.section(.code) { writer in
      writer.count(functionTypes.count)
      for index in functionTypes.indices {
        var body = BodyGenerator(self, function: index)
        body.run()
        random = body.module.random
        writer.byteVector(body.bytes)
      }
    }
    return GeneratedModule(bytes: writer.bytes, functions: functionTypes.map { signatures[$0] }, globals: globals)
  }

  // MARK: Sections

  var tagType: Int { signatures.count }
  var structureType: Int { signatures.count + 1 }
  var arrayType: Int { signatures.count + 2 }
  /// The type of a block that leaves what the tag carries.
  var payloadBlockType: Int { signatures.count + 3 }
  static let tagParameters: [ValueType] = [.i32, .f64]
  /// The structure's fields: `i32`, `i64`, packed `i8`, and a reference to another such structure.
  static let structureFields: [ValueType] = [.i32, .i64, .i32]

  private func writeTypes(_ writer: inout BinaryWriter) {
    writer.section(.type) { writer in
      writer.count(signatures.count + 4)
      for signature in signatures + [FunctionType(parameters: Self.tagParameters, results: [])] {
        writer.byte(0x60)
        writer.valueTypes(signature.parameters)
        writer.valueTypes(signature.results)
      }
      // i32, i64, i8 and a nullable reference to itself, all mutable.
      writer.raw([0x5F, 4, 0x7F, 1, 0x7E, 1, 0x78, 1, 0x63])
      writer.s33(Int64(structureType))
      writer.byte(1)
      writer.raw([0x5E, 0x7E, 1])
      writer.raw([0x60, 0])
      writer.valueTypes(Self.tagParameters)
    }
  }

  private mutating func writeGlobals(_ writer: inout BinaryWriter) {
    var bytes = BinaryWriter()
    bytes.count(globals.count)
    for type in globals {
      bytes.valueType(type)
      bytes.byte(1)
      writeConstant(type, &bytes)
      bytes.byte(0x0B)
    }
    writer.section(.global) { $0.raw(bytes.bytes) }
  }

  private func writeExports(_ writer: inout BinaryWriter) {
    writer.section(.export) { writer in
      writer.count(functionTypes.count + globals.count + 1)
      writer.name("memory")
      writer.raw([2, 0])
      for (prefix, kind, count) in [("f", UInt8(0), functionTypes.count), ("g", 3, globals.count)] {
        for index in 0..<count {
          writer.name("\(prefix)\(index)")
          writer.byte(kind)
          writer.count(index)
        }
      }
    }
  }

  private func writeElements(_ writer: inout BinaryWriter) {
    writer.section(.element) { writer in
      writer.count(1)
      // Active, from 0 on; the table's end stays null.
      writer.raw([0, 0x41, 0, 0x0B])
      writer.vector(functionTypes.indices) { $0.count($1) }
    }
  }

  /// A constant instruction.
  mutating func writeConstant(_ type: ValueType, _ writer: inout BinaryWriter) {
    switch type {
    case .i32:
      writer.byte(0x41)
      writer.s32(Int32(truncatingIfNeeded: random.interesting()))
    case .i64:
      writer.byte(0x42)
      writer.s64(Int64(bitPattern: random.interesting()))
    case .f32:
      writer.byte(0x43)
      writer.fixed32(Float(random.interestingFloat()).bitPattern)
    case .f64:
      writer.byte(0x44)
      writer.fixed64(random.interestingFloat().bitPattern)
    default:
      writer.raw([0xFD, 0x0C])
      for _ in 0..<2 { writer.fixed64(random.chance(50) ? random.interesting() : random.next()) }
    }
  }
}
