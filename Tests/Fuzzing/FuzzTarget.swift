/// A part of Needletail that takes bytes of unknown origin, and what must hold for all of them.
///
/// A target is deterministic: the same input gives the same result in every process.
public protocol FuzzTarget {
  init()

  /// Gives an input to the part.
  ///
  /// - Returns: whether the input should be kept if it reached new code. Inputs that take long are not.
  /// - Throws: ``Finding`` if something does not hold. Whatever ends the process is a finding, too.
  mutating func run(_ input: [UInt8]) throws -> Bool

  /// Makes another input out of one.
  ///
  /// - Returns: nil if a change of any bytes is as good.
  mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]?

  /// Inputs to start from.
  static func seeds(_ source: SeedSource) throws -> [[UInt8]]

  /// What an input means, for people.
  static func show(_ input: [UInt8]) -> String?

  /// How many bytes an input has at most.
  static var maximumInputSize: Int { get }
}

extension FuzzTarget {
  public mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]? { nil }

  public static func show(_ input: [UInt8]) -> String? { nil }

  public static var maximumInputSize: Int { 4096 }
}

/// Something that does not hold.
public struct Finding: Error, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}

/// The targets by their names on the command line.
public enum FuzzTargetName: String, CaseIterable, Sendable {
  case decoder, text, validator, lowering, compiler, artifact, paths, wasi, execution, generated

  public var type: any FuzzTarget.Type {
    switch self {
    case .decoder: DecoderTarget.self
    case .text: TextTarget.self
    case .validator: ValidatorTarget.self
    case .lowering: LoweringTarget.self
    case .compiler: CompilerTarget.self
    case .artifact: ArtifactTarget.self
    case .paths: PathsTarget.self
    case .wasi: WASITarget.self
    case .execution: ExecutionTarget.self
    case .generated: GeneratedTarget.self
    }
  }
}
