/// Instruction sets, by the numbers that artifacts give them.
package enum Architecture: UInt32, Sendable {
  case x86_64 = 1
  case arm64 = 2

  package var name: String {
    switch self {
    case .x86_64: "x86-64"
    case .arm64: "arm64"
    }
  }

  /// The machine's number in ELF (`e_machine`).
  package var elfMachine: UInt32 {
    switch self {
    case .x86_64: 62
    case .arm64: 183
    }
  }
}
