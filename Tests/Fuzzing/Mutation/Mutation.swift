import ModuleGenerator

/// The random decisions and limits of a mutation.
public struct Mutation {
  public var choices: Choices
  /// The maximum size of the result, in bytes.
  public let maximumSize: Int
  private let changeBytes: (_ bytes: [UInt8], _ maximumSize: Int) -> [UInt8]

  /// - Parameter changeBytes: mutates bytes of unknown meaning.
  public init(
    seed: UInt64, maximumSize: Int, changeBytes: @escaping (_ bytes: [UInt8], _ maximumSize: Int) -> [UInt8]
  ) {
    choices = Choices(seed: seed)
    self.maximumSize = maximumSize
    self.changeBytes = changeBytes
  }

  /// A mutation of any bytes that adds at most `growth` bytes.
  func changed(_ bytes: [UInt8], growth: Int = 16) -> [UInt8] { changeBytes(bytes, bytes.count + growth) }
}
