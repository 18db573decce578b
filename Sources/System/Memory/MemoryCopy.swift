#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Copies bytes that may overlap. Not inlined and not throwing, since Swift 6.3.1 miscompiles a throwing function that ends in such a
/// copy (swiftlang/swift#90477).
@inline(never)
package func memoryCopy(_ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ byteCount: Int) {
  target.copyMemory(from: source, byteCount: byteCount)
}

/// Sets bytes. Not inlined for the same reason.
@inline(never)
package func memoryFill(_ target: UnsafeMutableRawPointer, _ byte: UInt8, _ byteCount: Int) {
  target.initializeMemory(as: UInt8.self, repeating: byte, count: byteCount)
}

/// Whether two areas have equal bytes.
package func memoryIsEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ byteCount: Int) -> Bool {
  memcmp(a, b, byteCount) == 0
}
