import WebAssembly

// What the worker on vectors and atomics fills in.

extension Selector {
  mutating func lowerVector(_ value: Value) {}
  mutating func lowerVectorLoad(_ value: Value) {}
  mutating func lowerVectorStore(_ value: Value) {}
  mutating func lowerAtomic(_ value: Value) {}
}
