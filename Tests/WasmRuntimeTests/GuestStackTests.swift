import Testing

@testable import WasmRuntime

@Suite struct GuestStackTests {
  @Test("Unused stacks of sizes that are not used any more make room for others")
  func sizes() throws {
    for byteCount in [1 << 16, 1 << 17] {
      try withExtendedLifetime((0..<GuestStack.maximumKeptCount).map { _ in try GuestStack(byteCount: byteCount) }) {
        _ in
      }
    }
    // At least one of the last size is kept, and is the next one.
    let kept = GuestStack.keptByteCounts
    #expect(kept.count <= GuestStack.maximumKeptCount)
    let stack = try GuestStack(byteCount: 1 << 17)
    #expect(stack.top - stack.end >= 1 << 17)
    #expect(kept.filter { $0 > 1 << 17 }.count > GuestStack.maximumKeptCount / 2)
  }
}
