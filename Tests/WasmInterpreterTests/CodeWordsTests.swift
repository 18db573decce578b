import Testing
import WebAssembly

@testable import WasmInterpreter

@Suite("Memory of code words")
struct CodeWordsTests {
  @Test("Words are kept while the array grows, and can be changed")
  func growth() {
    var words = CodeWords()
    for word in 0..<1000 { words.append(UInt64(word)) }
    words[500] = 7
    words.truncate(to: 900)
    #expect(words.withBuffer { Array($0) } == (0..<900).map { $0 == 500 ? 7 : UInt64($0) })
  }

  @Test("Words that there is no memory for are counted, not kept, and noted")
  func noMemory() {
    var words = CodeWords(capacityLimit: 100)
    for word in 0..<1000 { words.append(UInt64(word)) }
    words[63] = 5
    words[64] = 5
    #expect(words.isIncomplete)
    #expect(words.count == 1000)
    #expect(words[63] == 5)
    #expect(words[64] == 0)
    words.truncate(to: 10)
    words.append(1)
    #expect(words.isIncomplete, "what was dropped does not come back")
  }

  @Test("Instructions are appended whole or not at all")
  func instructions() {
    let instruction = ConstantFormat(
      destination: Destination(bits: 2), value: WideImmediate(3))
    var words = CodeWords()
    for _ in 0..<100 { words.append(instruction, HandlerWord(bits: 1)) }
    #expect(words.withBuffer { Array($0) } == Array(repeating: [1, 2, 3], count: 100).flatMap { $0 })
    // The last instruction begins in memory, but does not end there.
    var limited = CodeWords(capacityLimit: 64)
    for _ in 0..<22 { limited.append(instruction, HandlerWord(bits: 1)) }
    limited.store(UInt64(7), at: 63, byteOffset: 0)
    limited.store(UInt64(7), at: 64, byteOffset: 0)
    #expect(limited.isIncomplete)
    #expect(limited.count == 66)
    #expect(limited[60] == 1 && limited[63] == 7 && limited[64] == 0)
  }

  @Test("Code that there is no memory for is refused")
  func refusal() throws {
    var code = CodeBuffer(recordsSourceMap: false, words: CodeWords(capacityLimit: 64))
    for _ in 0..<32 { _ = code.append(BranchFormat(target: .unbound), HandlerWord()) }
    #expect(try code.finished().count == 64)
    let branch = code.append(BranchFormat(target: .unbound), HandlerWord())
    code.setTarget(of: Fixup(instruction: branch), to: 0)
    #expect(throws: LimitExceeded.self) { try code.check() }
    #expect(throws: LimitExceeded.self) { try code.finished() }
    #expect(throws: LimitExceeded.self) { try code.copy() }
  }

  @Test("An operand that does not fit its field is refused")
  func misfit() throws {
    var code = CodeBuffer(recordsSourceMap: false)
    _ = code.append(ReturnFormat(header: code.narrow(65_535)), HandlerWord())
    #expect(try code.finished() == [0, 65_535])
    _ = code.append(ReturnFormat(header: code.narrow(65_536)), HandlerWord())
    #expect(throws: LimitExceeded.self) { try code.finished() }
  }
}
