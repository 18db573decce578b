import WebAssembly

/// Why a function has no graph and is interpreted instead.
enum FrontEndError: Error {
  /// An instruction that the compiler does not know.
  case unsupported(Opcode, offset: Int)
  /// The graph would be too large for the size of the body, such as a million values that merge in a thousand places.
  case tooLarge(function: Int)
  /// There are many more locals than the body could use.
  case tooManyLocals(Int)
  /// Loops are nested deeper than ``FrontEnd/maximumLoopDepth``.
  case tooManyNestedLoops
  /// The loop at which the function should begin is in unreachable code, or within `catch`.
  case unreachableLoop(offset: Int)
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
    case .unreachableLoop(let offset): "compiled code cannot begin at the loop at 0x\(String(offset, radix: 16))"
    case .malformed(let error): "\(error)"
    }
  }
}
