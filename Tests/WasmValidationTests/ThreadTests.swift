import Testing
import WasmBinary
import WebAssembly

/// The result does not depend on the number of threads.
@Suite struct ThreadTests {
  /// A body of `nop`s, valid or with a superfluous operand at the end.
  private func body(_ size: Int, isValid: Bool) -> [UInt8] {
    [0] + Array(repeating: 0x01, count: size) + (isValid ? [] : [0x41, 0]) + [0x0B]
  }

  @Test("The first error is reported for any number of threads", arguments: [1, 2, 3, 8, 64])
  func firstError(threadCount: Int) throws {
    // Small bodies after a large one, so that later errors are found earlier.
    var bodies = [body(1_000_000, isValid: true)]
    for index in 1..<3000 { bodies.append(body(500, isValid: index % 1000 != 500)) }
    let module = try module(bodies: bodies)
    for _ in 0..<5 {
      guard case .invalid(let error)? = verdict(module, threadCount: threadCount) else {
        Issue.record("accepted")
        return
      }
      #expect(error.function == 500)
    }
  }

  @Test("A valid module is valid for any number of threads", arguments: [0, 1, 2, 7, 1000])
  func valid(threadCount: Int) throws {
    let module = try module(bodies: Array(repeating: body(5000, isValid: true), count: 200))
    #expect(verdict(module, threadCount: threadCount) == nil)
  }
}
