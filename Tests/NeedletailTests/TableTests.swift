import Needletail
import Testing

/// Tables that the host creates, reads and writes.
@Suite struct TableTests {
  private let store: Store

  init() throws { store = try Store(Engine()) }

  private func table(_ minimum: UInt64, _ maximum: UInt64? = nil, _ element: ReferenceType = .funcref) throws -> Table {
    try Table(
      store, type: TableType(element: element, limits: Limits(minimum: minimum, maximum: maximum)),
      initial: .null(element.heapType))
  }

  private static let i31 = ReferenceType(isNullable: true, heapType: .i31)

  @Test("Every element has the initial value; growing fills the new ones and returns the previous number")
  func growth() throws {
    let type = TableType(element: Self.i31, limits: Limits(minimum: 2, maximum: 5))
    let table = try Table(store, type: type, initial: .reference(Reference(i31: 3)))
    #expect(table.count == 2 && table.type == type)
    #expect(try table.grow(by: 3, filling: .reference(Reference(i31: 4))) == 2)
    #expect(try (0..<5).map { try table.get($0).anyReference?.i31 } == [3, 3, 4, 4, 4])
    #expect(table.count == 5 && table.type.limits == Limits(minimum: 5, maximum: 5))
    #expect(try table.grow(by: 0, filling: .null(.i31)) == 5)
    #expect(try table.grow(by: 1, filling: .null(.i31)) == nil)
    #expect(try table.grow(by: .max, filling: .null(.i31)) == nil)
  }

  @Test("Elements outside the table trap")
  func bounds() throws {
    let table = try table(2)
    for index in [2, .max] as [UInt64] {
      #expect((#expect(throws: Trap.self) { try table.get(index) })?.code == .outOfBoundsTableAccess)
      #expect((#expect(throws: Trap.self) { try table.set(index, .null(.function)) })?.code == .outOfBoundsTableAccess)
    }
  }

  @Test("Values of another type are refused, also if the index is outside the table")
  func types() throws {
    let table = try table(1)
    let nonnull = TableType(
      element: ReferenceType(isNullable: false, heapType: .function), limits: Limits(minimum: 1))
    for value in [Value.i32(1), .external(nil), .reference(Reference(i31: 1))] {
      #expect(throws: ArgumentError.self) { try table.set(0, value) }
      #expect(throws: ArgumentError.self) { try table.set(7, value) }
      #expect(throws: ArgumentError.self) { try table.grow(by: 1, filling: value) }
      #expect(throws: ArgumentError.self) { try Table(store, type: nonnull, initial: value) }
    }
    #expect(throws: ArgumentError.self) { try Table(store, type: nonnull, initial: .function(nil)) }
    #expect(table.count == 1)
  }

  @Test("The limits of the store apply to new and growing tables")
  func limits() throws {
    let store = try Store(Engine(), limits: Store.Limits(tableElementCount: 10, tableCount: 1))
    func table(_ count: UInt64) throws -> Table {
      try Table(store, type: TableType(element: .funcref, limits: Limits(minimum: count)), initial: .function(nil))
    }
    // What is refused does not count.
    #expect(throws: LimitExceeded.self) { try table(11) }
    let first = try table(8)
    #expect(try first.grow(by: 3, filling: .function(nil)) == nil)
    #expect(try first.grow(by: 2, filling: .function(nil)) == 8)
    #expect(throws: LimitExceeded.self) { try table(0) }
  }

  @Test("The guest calls the functions that the host stores in its table", arguments: TestedEngine.all)
  func calls(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      """
      (type $t (func (result i32))) (table (export "table") 2 funcref)
      (func (export "run") (param i32) (result i32) (call_indirect (type $t) (local.get 0)))
      """)
    let table = try #require(instance.table("table"))
    let run = try instance.function("run")!.typed(Int32.self, returning: Int32.self)
    #expect((#expect(throws: Trap.self) { try run(1) })?.code == .uninitializedElement)
    let function = try Function(instance.store) { (_: Caller) -> Int32 in 42 }
    try table.set(1, .function(function))
    #expect(try run(1) == 42)
    #expect(try table.get(1).anyFunction?.call()[0].i32 == 42)
    try table.set(1, .function(Function(instance.store) { (_: Caller) -> Int64 in 42 }))
    #expect((#expect(throws: Trap.self) { try run(1) })?.code == .indirectCallTypeMismatch)
  }
}
