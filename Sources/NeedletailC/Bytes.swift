import CNeedletail

extension wasm_byte_vec_t {
  /// A vector with these bytes.
  init(_ bytes: some Collection<UInt8>) {
    self = .zeros(count: bytes.count)
    guard let data else { return }
    for (index, byte) in bytes.enumerated() { data[index] = CChar(bitPattern: byte) }
  }

  /// A vector with the UTF-8 of a text.
  init(_ text: String) { self.init(Array(text.utf8)) }

  /// A vector with the UTF-8 of a text and a terminating zero.
  init(message: String) { self.init(Array(message.utf8) + [0]) }

  /// The bytes.
  var bytes: [UInt8] {
    guard let data, size > 0 else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: data, count: size))
  }

  /// The bytes before a terminating zero as text. What is not UTF-8 is replaced by U+FFFD.
  var message: String {
    var bytes = bytes
    if bytes.last == 0 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
