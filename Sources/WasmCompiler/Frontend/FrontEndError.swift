import WebAssembly

/// Why a function has no graph. It is interpreted then.
enum FrontEndError: Error {
  /// An instruction that the compiler does not know.
  case unsupported(Opcode, offset: Int)
  /// The graph would become too large for the size of the body: a million values that meet in a thousand places.
  case tooLarge(function: Int)
  /// The body is not valid.
  case malformed(DecodingError)
}

extension FrontEndError: CustomStringConvertible {
  var description: String {
    switch self {
    case .unsupported(let opcode, let offset):
      "\(opcode.mnemonic) at 0x\(String(offset, radix: 16)) is not supported by the compiler"
    case .tooLarge(let function): "function \(function) is too large for the compiler"
    case .malformed(let error): "\(error)"
    }
  }
}
