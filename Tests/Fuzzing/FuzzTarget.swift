/// A part of Needletail that reads untrusted bytes, and the properties that must hold for all inputs.
///
/// A target is deterministic: an input has the same result in every process.
public protocol FuzzTarget {
  init()

  /// Runs the part on an input.
  ///
  /// - Returns: whether the input should be kept if it reached new code; false for slow inputs.
  /// - Throws: ``Finding`` if a property does not hold. A crash of the process is also a finding.
  mutating func run(_ input: [UInt8]) throws -> Bool

  /// Mutates an input.
  ///
  /// - Returns: nil if generic mutations of bytes work as well.
  mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]?

  /// The initial inputs.
  static func seeds(_ source: SeedSource) throws -> [[UInt8]]

  /// A readable form of an input.
  static func show(_ input: [UInt8]) -> String?

  /// The maximum size of an input, in bytes.
  static var maximumInputSize: Int { get }
}

extension FuzzTarget {
  public mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]? { nil }

  public static func show(_ input: [UInt8]) -> String? { nil }

  public static var maximumInputSize: Int { 4096 }
}

/// A property that does not hold.
public struct Finding: Error, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}

/// The targets, named as on the command line.
public enum FuzzTargetName: String, CaseIterable, Sendable {
  case decoder, text, component, validator, lowering, compiler, artifact, paths, wasi, execution, generated

  public var type: any FuzzTarget.Type {
    switch self {
    case .decoder: DecoderTarget.self
    case .text: TextTarget.self
    case .component: ComponentTarget.self
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
