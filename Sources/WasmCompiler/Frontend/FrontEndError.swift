import WebAssembly

/// Why a function has no graph. It is interpreted then.
enum FrontEndError: Error {
  /// An instruction that the compiler does not know.
  case unsupported(Opcode, offset: Int)
  /// The graph would become too large for the size of the body: a million values that meet in a thousand places.
  case tooLarge(function: Int)
  /// There are many more locals than the body could mention.
  case tooManyLocals(Int)
  /// More loops stand in each other than ``FrontEnd/maximumLoopDepth``.
  case tooManyNestedLoops
  /// The body is not valid.
  case malformed(DecodingError)
}

extension FrontEndError: CustomStringConvertible {
  var description: String {
    switch self {
    case .unsupported(let opcode, let offset):
      "\(opcode.mnemonic) at 0x\(String(offset, radix: 16)) is not supported by the compiler"
    case .tooLarge(let function): "function \(function) is too large for the compiler"
    case .tooManyLocals(let count): "it has \(count) locals or more, too many for its size"
    case .tooManyNestedLoops: "it has more than \(FrontEnd.maximumLoopDepth) loops in each other"
    case .malformed(let error): "\(error)"
    }
  }
}
