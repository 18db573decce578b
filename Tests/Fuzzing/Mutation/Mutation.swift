import ModuleGenerator

/// What a mutator decides by.
public struct Mutation {
  public var choices: Choices
  /// How many bytes the result has at most.
  public let maximumSize: Int
  private let changeBytes: (_ bytes: [UInt8], _ maximumSize: Int) -> [UInt8]

  /// - Parameter changeBytes: changes bytes whose meaning is not known.
  public init(
    seed: UInt64, maximumSize: Int, changeBytes: @escaping (_ bytes: [UInt8], _ maximumSize: Int) -> [UInt8]
  ) {
    choices = Choices(seed: seed)
    self.maximumSize = maximumSize
    self.changeBytes = changeBytes
  }

  /// Bytes with any change. They become longer by at most `growth`.
  func changed(_ bytes: [UInt8], growth: Int = 16) -> [UInt8] { changeBytes(bytes, bytes.count + growth) }
}
