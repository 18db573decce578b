import WebAssembly

// Which bodies serve the vector instructions.

extension HandlerTable {
  mutating func registerVectors() {
  }
}
