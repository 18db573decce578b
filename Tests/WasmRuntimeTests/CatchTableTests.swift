import Testing
import WasmRuntime

@Suite struct CatchTableTests {
  private static func target(_ table: CatchTable, at word: Int) -> Int? {
    table.clause(at: word) { _ in true }?.target
  }

  @Test("The innermost region around a word catches")
  func nesting() {
    var table = CatchTable()
    let outer = table.openRegion(at: 10, enclosing: nil)
    _ = table.add(CatchTable.Clause(tag: nil, target: 100, payloadSlot: nil), to: outer)
    let first = table.openRegion(at: 20, enclosing: outer)
    _ = table.add(CatchTable.Clause(tag: nil, target: 101, payloadSlot: nil), to: first)
    table.closeRegion(first, at: 30)
    let empty = table.openRegion(at: 30, enclosing: outer)
    table.closeRegion(empty, at: 30)
    let last = table.openRegion(at: 30, enclosing: outer)
    _ = table.add(CatchTable.Clause(tag: nil, target: 102, payloadSlot: nil), to: last)
    table.closeRegion(last, at: 40)
    table.closeRegion(outer, at: 50)
    for (words, expected) in [
      (0..<10, nil), (10..<20, 100), (20..<30, 101), (30..<40, 102), (40..<50, 100), (50..<60, nil),
    ] as [(Range<Int>, Int?)] {
      for word in words { #expect(Self.target(table, at: word) == expected, "\(word)") }
    }
  }

  @Test("A nest that is closed is not searched")
  func closedNest() {
    var table = CatchTable()
    var regions: [Int] = []
    for depth in 0..<1000 { regions.append(table.openRegion(at: depth, enclosing: regions.last)) }
    for (depth, region) in regions.enumerated().reversed() {
      _ = table.add(CatchTable.Clause(tag: 0, target: depth, payloadSlot: nil), to: region)
      table.closeRegion(region, at: 2000 - depth)
    }
    var count = 0
    let clause = table.clause(at: 3000) { _ in
      count += 1
      return true
    }
    #expect(clause == nil && count == 0)
    #expect(Self.target(table, at: 1500) == 499)
  }
}
