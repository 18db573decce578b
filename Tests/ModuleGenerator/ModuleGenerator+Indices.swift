import WasmBinary
import WebAssembly

// The layout of the index spaces.

extension ModuleGenerator {
  // MARK: Types

  // Aggregate types come first, because functions can take references to them.

  /// A structure with an `i32`, an `i64`, a packed `i8`, and a reference to another such structure, all mutable.
  static let structure: UInt32 = 0
  static let structureFields: [ValueType] = [.i32, .i64, .i32]
  /// A subtype with an additional `f64` and a vector.
  static let largerStructure: UInt32 = 1
  static let largerStructureFields: [ValueType] = [.f64, .v128]
  /// Arrays of `i64`, of bytes, and of references to structures.
  static let longs: UInt32 = 2
  static let bytes: UInt32 = 3
  static let references: UInt32 = 4
  static let aggregateCount = 5

  var firstShape: Int { Self.aggregateCount + padding(.types) }
  private var firstSignature: Int { firstShape + shapes.count }
  /// The index of a signature's type. The wide signatures come last.
  func type(ofSignature signature: Int) -> Int { firstSignature + signature }
  var allSignatures: [FunctionType] { signatures + wideSignatures }
  /// A signature with each shape replaced by the first equal one.
  func canonical(_ type: FunctionType) -> FunctionType {
    SubType(.function(type)).mapTypeIndices { index in
      let shape = Int(index) - firstShape
      return shapes.indices.contains(shape) ? typeIndex(ofShape: shapes[shape].identity) : index
    }.composite.function!
  }
  private var firstOther: Int { type(ofSignature: signatures.count + wideSignatures.count) }

  static let tagParameters: [[ValueType]] = [[.i32, .f64], [], [.i64, .v128]]
  func type(ofTag tag: Int) -> Int { firstOther + tag }
  /// The types of blocks whose results are the payload of the first tag, without and with the exception.
  var payloadBlock: UInt32 { UInt32(firstOther + 3) }
  var payloadAndExceptionBlock: UInt32 { UInt32(firstOther + 4) }
  /// The type of blocks that take two numbers and return two.
  var roundBlock: UInt32 { UInt32(firstOther + 5) }
  static let roundTypes: [ValueType] = [.i64, .i32]
  /// The type of functions without parameters and results.
  var plainFunction: Int { firstOther + 6 }
  /// The type of ``verifierFunction``.
  var verifierType: Int { firstOther + 7 }
  /// The type of the tag that carries an object of ``tableShape``.
  var shapeTagType: Int { firstOther + 8 }
  func type(of function: HostFunction) -> Int { firstOther + 9 + HostFunction.allCases.firstIndex(of: function)! }

  /// The function types in order of their indices.
  var functionTypeDefinitions: [FunctionType] {
    allSignatures + Self.tagParameters.map { FunctionType(parameters: $0) } + [
      FunctionType(results: Self.tagParameters[0]),
      FunctionType(results: Self.tagParameters[0] + [Self.exceptionType]),
      FunctionType(parameters: Self.roundTypes, results: Self.roundTypes),
      FunctionType(),
      FunctionType(parameters: [Self.anyType]),
      FunctionType(parameters: shapes.isEmpty ? [] : [shapeType(tableShape)]),
    ] + HostFunction.allCases.map(\.type)
  }

  static let structureType = ValueType.reference(nullable: true, .concrete(structure))
  static let longsType = ValueType.reference(nullable: true, .concrete(longs))
  static let bytesType = ValueType.reference(nullable: true, .concrete(bytes))
  static let anyType = ValueType.reference(nullable: true, .any)
  static let exceptionType = ValueType.reference(nullable: true, .exception)
  /// The references that can be used in parameters, results and locals.
  var passedReferences: [ValueType] {
    [Self.structureType, Self.anyType] + shapes.indices.prefix(3).map { shapeType($0) }
  }

  // MARK: Functions

  static func index(of function: HostFunction) -> Int { HostFunction.allCases.firstIndex(of: function)! }
  var firstFunction: Int { HostFunction.allCases.count + padding(.functions) }
  func index(ofWide signature: Int) -> Int { firstFunction + functionTypes.count + signature }
  /// Takes an `anyref` and checks that the object has the types of the references to it.
  var verifierFunction: Int { index(ofWide: wideSignatures.count) }
  var firstReleaseFunction: Int { verifierFunction + (shapes.isEmpty ? 0 : 1) }
  var definedFunctionCount: Int { firstReleaseFunction - firstFunction + releaseFunctionCount }

  // MARK: Tables and memories

  var functionTable: Int { padding(.tables) }
  static let functionTableSize = 16
  /// A table of `anyref`.
  var anyTable: Int { functionTable + 1 }
  static let anyTableSize = 8
  /// A table of objects of ``tableShape``, if there are shapes.
  var shapeTable: Int { functionTable + 2 }
  static let shapeTableSize = 4
  /// Tables of `externref` and of `anyref` for unordered functions.
  var hostTable: Int { functionTable + 3 }
  var keptTable: Int { functionTable + 4 }
  static let keptTableSize = 8

  /// The memories that code uses come after the padding.
  func memoryIndex(_ memory: Int) -> Int { padding(.memories) + memory }

  // MARK: Globals and tags

  private var firstGlobal: Int { padding(.importedGlobals) + padding(.globals) }
  func globalIndex(_ global: Int) -> Int { firstGlobal + global }
  /// An `externref` global for unordered functions.
  var hostGlobal: Int { globalIndex(globals.count) }
  func tagIndex(_ tag: Int) -> Int { padding(.tags) + tag }
  var shapeTag: Int { tagIndex(Self.tagParameters.count) }

  // MARK: Segments

  /// Passive segments of data, functions and structures. An active segment precedes them.
  var passiveData: Int { padding(.data) + 1 }
  var passiveElements: Int { padding(.elements) + 1 }
  static let passiveFunctionCount = 4
  var passiveStructures: Int { padding(.elements) + 2 }
  static let passiveStructureCount = 4
  /// Segments of objects of ``segmentShape``, and of data, for unordered functions.
  var shapeElements: Int { padding(.elements) + 4 }
  static let shapeElementCount = 200
  var releaseData: Int { padding(.data) + 2 }
  static let dataByteCount = 64
}
