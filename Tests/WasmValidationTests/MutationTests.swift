import Testing
import TestSupport
import WasmBinary
import WasmText
import WasmValidation
import WebAssembly

/// Modules with randomly changed bytes are valid or rejected with a typed error, within a short time.
@Suite struct MutationTests {
  /// Scripts whose modules together use all parts of the language.
  private static let scripts = [
    "block.wast", "br_table.wast", "call_indirect.wast", "elem.wast", "data.wast", "global.wast", "struct.wast",
    "array.wast", "array_init_elem.wast", "br_on_cast.wast", "ref_func.wast", "type-subtyping.wast", "try_table.wast",
    "return_call_ref.wast", "memory64.wast", "table_init.wast", "simd_lane.wast", "local_init.wast",
    "legacy/try_catch.wast", "proposals/custom-descriptors/br_on_cast_desc_eq.wast",
    "proposals/threads/atomic.wast",
  ]

  private static func firstModule(_ path: String) throws -> [UInt8] {
    for command in try TestSuite.commands(path) {
      if case .module(let module) = command.kind, let bytes = try? module.bytes(), bytes.count > 60 { return bytes }
    }
    throw DecodingError("no module in \(path)", offset: 0)
  }

  @Test("500 mutations with a fixed seed", .timeLimit(.minutes(5)), arguments: scripts)
  func mutations(path: String) throws {
    let original = try Self.firstModule(path)
    var random = RandomSource(seed: 0x6E65_6564_6C65)
    let clock = ContinuousClock()
    var (validCount, slowest) = (0, Duration.zero)
    for _ in 0..<500 {
      let bytes = Self.mutate(original, &random)
      let time = clock.measure {
        if let module = try? Decoder.decode(bytes), verdict(module) == nil { validCount += 1 }
      }
      slowest = max(slowest, time)
    }
    #expect(slowest < .seconds(1))
    // Some mutations are harmless. If none were valid, only the decoder would be tested.
    #expect(validCount > 0)
  }

  @Test("Every truncation is valid or rejected with a typed error", arguments: scripts)
  func truncations(path: String) throws {
    let original = try Self.firstModule(path)
    let clock = ContinuousClock()
    for end in 0..<original.count {
      let time = clock.measure {
        if let module = try? Decoder.decode(Array(original[..<end])) { _ = verdict(module) }
      }
      #expect(time < .seconds(1), "the first \(end) bytes")
    }
  }

  private static func mutate(_ original: [UInt8], _ random: inout RandomSource) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let position = Int.random(in: 8..<bytes.count, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes.remove(at: position)
      case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: position)
      case 2: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 3: bytes[position] = [0, 0x7F, 0x80, 0xFF, 0x0B, 0xFB, 0x40].randomElement(using: &random)!
      case 4: bytes[position] = bytes[Int.random(in: 8..<bytes.count, using: &random)]
      default: bytes[position] &+= UInt8.random(in: 0...2, using: &random) &- 1
      }
    }
    return bytes
  }
}
