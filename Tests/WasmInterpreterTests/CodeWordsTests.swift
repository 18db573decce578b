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

  @Test("Code that there is no memory for is refused")
  func refusal() throws {
    var code = CodeBuffer(recordsSourceMap: false, words: CodeWords(capacityLimit: 64))
    for word in 0..<64 { code.append(UInt64(word)) }
    #expect(try code.finished().count == 64)
    code.append(64)
    code.setHalf(at: 64, 1, to: 1)
    #expect(throws: LimitExceeded.self) { try code.check() }
    #expect(throws: LimitExceeded.self) { try code.finished() }
    #expect(throws: LimitExceeded.self) { try code.copy() }
  }
}
