import WebAssembly

/// The functions that generated modules import from the module `host`. They have the first indices.
public enum HostFunction: String, CaseIterable, Sendable {
  case mix
  case trip
  /// Called with the number of a check that failed.
  case wrong
  /// Returns an object whose release calls the guest's function `released` with the argument, if it is exported.
  case object

  /// The functions that random code calls.
  static let ordinary: [HostFunction] = [.mix, .trip]

  public var type: FunctionType {
    switch self {
    case .mix: FunctionType(parameters: [.i32, .i64], results: [.i64])
    case .trip: FunctionType(parameters: [.f64, .i32], results: [.i32, .f64])
    case .wrong: FunctionType(parameters: [.i32], results: [])
    case .object: FunctionType(parameters: [.i32], results: [.externref])
    }
  }

  /// The result of `mix`.
  public static func mix(_ x: Int32, _ y: Int64) -> Int64 { (y ^ Int64(x)) &* 0x2545_F491_4F6C_DD1D }

  /// The result of `trip`; nil if it throws.
  public static func trip(_ x: Double, _ y: Int32) -> (Int32, Double)? {
    y & 0xFF == 0x5A ? nil : (y &+ 1, x.isNaN ? 1 : x)
  }

  /// The names of imported globals and tables that only occupy indices.
  public static let paddingGlobal = "number"
  public static let paddingTable = "numbers"
}
