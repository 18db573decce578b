import WasmBinary
import WasmText
import WasmValidation
import WebAssembly

/// The validation error of a text; nil if it is valid.
func verdict(_ text: String, features: Features = .all, threadCount: Int = 1) throws -> LoadingError? {
  verdict(try Decoder.decode(try assemble(text)), features: features, threadCount: threadCount)
}

func verdict(_ module: Module, features: Features = .all, threadCount: Int = 1) -> LoadingError? {
  do throws(LoadingError) {
    try Validator.validate(module, features: features, threadCount: threadCount)
    return nil
  } catch {
    return error
  }
}

/// A module with one function type without parameters and results, and functions of that type with the given bodies.
func module(bodies: [[UInt8]], limits: ModuleLimits = .init()) throws -> Module {
  func number(_ value: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var value = value
    repeat {
      bytes.append(UInt8(value & 0x7F) | (value > 0x7F ? 0x80 : 0))
      value >>= 7
    } while value > 0
    return bytes
  }
  func section(_ id: UInt8, _ payload: [UInt8]) -> [UInt8] { [id] + number(payload.count) + payload }
  var code = number(bodies.count)
  for body in bodies { code += number(body.count) + body }
  return try Decoder.decode(
    [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0] + section(1, [1, 0x60, 0, 0])
      + section(3, number(bodies.count) + Array(repeating: 0, count: bodies.count)) + section(10, code), limits: limits)
}
