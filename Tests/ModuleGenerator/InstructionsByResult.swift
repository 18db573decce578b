import WebAssembly

/// The instructions with fixed types from which the generator chooses, by result type.
struct InstructionsByResult: Sendable {
  struct Choice: Sendable {
    var definition: InstructionDefinition
    var operands: [ValueType]
    var result: ValueType?
  }

  /// By the code of the result type. Stores, which have no result, are under 0.
  private var choices: [UInt8: [Choice]] = [:]
  private var accesses: [UInt8: [Choice]] = [:]
  private var atomics: [UInt8: [Choice]] = [:]

  /// Created once and shared by all modules.
  private static let all = InstructionsByResult(.standard)

  static func shared(_ features: Features) -> InstructionsByResult {
    features == .standard ? all : InstructionsByResult(features)
  }

  private init(_ features: Features) {
    for definition in InstructionTable.shared.all {
      guard let signature = definition.signature, features.isSuperset(of: definition.feature),
        signature.resultCount < 2, !Self.excluded.contains(definition.opcode)
      else { continue }
      let operands = (0..<Int(signature.operandCount)).map { Self.type(signature.operand($0)) }
      let result = signature.resultCount == 0 ? nil : Self.type(signature.result(0))
      let code = signature.resultCount == 0 ? 0 : signature.result(0)
      let choice = Choice(definition: definition, operands: operands, result: result)
      switch definition.immediates {
      case .none, .lane, .shuffle: if result != nil { choices[code, default: []].append(choice) }
      case .memory where definition.feature.contains(.threads): atomics[code, default: []].append(choice)
      case .memory, .memoryLane: accesses[code, default: []].append(choice)
      default: break
      }
    }
  }

  /// Instructions that wait, or that are not complete instructions.
  private static let excluded: Set<Opcode> = [
    .memoryAtomicWait32, .memoryAtomicWait64, .unreachable, .nop, .drop, .else, .end, .return,
  ]

  private static func type(_ code: Signature.Code) -> ValueType {
    code == Signature.addressCode ? .i32 : ValueType(bits: UInt32(code))
  }

  func computing(_ type: ValueType) -> [Choice] { choices[UInt8(type.bits)] ?? [] }
  func atomic(_ type: ValueType) -> [Choice] { atomics[UInt8(type.bits)] ?? [] }
  func loading(_ type: ValueType) -> [Choice] { accesses[UInt8(type.bits)] ?? [] }
  var storing: [Choice] { accesses[0] ?? [] }
  var atomicallyStoring: [Choice] { atomics[0] ?? [] }
}
