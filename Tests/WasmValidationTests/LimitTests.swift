import Testing
import WasmBinary
import WasmText
import WebAssembly

/// Large modules are validated in time and memory proportional to their size, or refused.
@Suite(.serialized) struct LimitTests {
  @Test("50,000 nested blocks are valid, 100,000 are refused", .timeLimit(.minutes(1)))
  func nestedBlocks() throws {
    func nested(_ depth: Int) throws -> Module {
      let body =
        [0] + Array(repeating: [UInt8(0x02), 0x40], count: depth).joined() + Array(repeating: 0x0B, count: depth + 1)
      return try module(bodies: [body])
    }
    #expect(verdict(try nested(50_000)) == nil)
    #expect(verdict(try nested(100_000))?.message.hasPrefix("too many nested blocks") == true)
  }

  @Test("50,000 locals in each of 10,000 functions are valid", .timeLimit(.minutes(1)))
  func manyLocals() throws {
    // 50,000 locals of type i64; the last one is read.
    let body: [UInt8] = [1, 0xD0, 0x86, 0x03, 0x7E, 0x20, 0xCF, 0x86, 0x03, 0x1A, 0x0B]
    #expect(verdict(try module(bodies: Array(repeating: body, count: 10_000))) == nil)
  }

  @Test("More locals are refused, even if the decoder accepts them")
  func tooManyLocals() throws {
    var limits = ModuleLimits()
    limits.locals = 1 << 31
    let body: [UInt8] = [2, 0xD0, 0x86, 0x03, 0x7E, 0x01, 0x7F, 0x0B]
    let error = verdict(try module(bodies: [body], limits: limits))
    #expect(error?.message.hasPrefix("too many locals") == true)
  }

  @Test("65,536 memories are valid if the decoder accepts them")
  func manyMemories() throws {
    var limits = ModuleLimits()
    limits.memories = 1 << 16
    let count: [UInt8] = [0x80, 0x80, 0x04]
    let memories = Array(repeating: [UInt8(0), 0], count: 1 << 16).joined()
    let size: [UInt8] = [0x83, 0x80, 0x08]
    let module = try Decoder.decode([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 5] + size + count + memories, limits: limits)
    #expect(verdict(module) == nil)
    #expect(verdict(module, features: .wasm1)?.message.hasPrefix("multiple memories") == true)
  }

  @Test("A table of 2^32-1 elements is valid: the host limits its size")
  func largeTable() throws {
    #expect(try verdict("(table 0xffff_ffff funcref)") == nil)
  }

  @Test("Types with more than 63 supertypes are refused before their hierarchy is entered")
  func deepHierarchy() throws {
    func chain(_ count: Int) -> String {
      "(type (sub (struct)))" + (0..<count).map { "(type (sub \($0) (struct)))" }.joined()
    }
    #expect(try verdict(chain(63)) == nil)
    guard case .limitExceeded? = try verdict(chain(64)) else {
      Issue.record("accepted")
      return
    }
    guard case .limitExceeded? = try verdict("(rec \(chain(1000)))") else {
      Issue.record("accepted")
      return
    }
  }

  @Test("Calls that return 1,000 values each do not exhaust the memory")
  func highStack() throws {
    let results = Array(repeating: "i32", count: 1000).joined(separator: " ")
    let calls = Array(repeating: "(call $f)", count: 10_000).joined()
    let error = try verdict("(func $f (result \(results)) (unreachable)) (func \(calls) (unreachable))")
    guard case .limitExceeded? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("A large count in unreachable code does not cause a long loop", .timeLimit(.minutes(1)))
  func hugeCountInUnreachableCode() throws {
    let array = "(type $a (array i32))"
    let instructions = Array(repeating: "(array.new_fixed $a 0xffff_fff0) (drop)", count: 1000).joined()
    #expect(try verdict("\(array) (func (unreachable) \(instructions))") == nil)
  }
}
