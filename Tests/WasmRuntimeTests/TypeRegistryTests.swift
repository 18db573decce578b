import Testing
import WasmBinary
import WasmRuntime
import WasmText
import WebAssembly

/// The lifetimes of canonical types: as long as they, or types that refer to them, are held.
@Suite("Lifetimes of canonical types")
struct TypeRegistryTests {
  let registry = TypeRegistry()

  private func module(_ types: String) throws -> Module {
    try Decoder.decode(try assemble("(module \(types))"))
  }

  @Test("Types are removed with their last holder, and equal types share an index")
  func shared() throws {
    let text =
      "(type (func (param i32))) (rec (type $a (struct (field (ref null $b)))) (type $b (array (ref null $a))))"
    var first: InternedTypes? = try registry.intern(try module(text))
    var second: InternedTypes? = try registry.intern(try module(text))
    #expect(first?.indices == second?.indices)
    #expect(registry.count == 3)
    first = nil
    #expect(registry.count == 3)
    second = nil
    #expect(registry.count == 0)
  }

  @Test("Types stay as long as others refer to them")
  func referred() throws {
    var base: InternedTypes? = try registry.intern(
      try module("(type $a (sub (struct))) (type $b (sub $a (struct (field i32))))"))
    let index = try #require(base?.indices[1])
    let element = ValueType.reference(nullable: true, .concrete(index, isExact: false))
    var array = try registry.intern(SubType(.array(FieldType(storage: .value(element), isMutable: true))))
    #expect(array != nil)
    base = nil
    #expect(registry.count == 3)
    #expect(registry.display(index).count == 2)
    array = nil
    #expect(registry.count == 0)
    #expect(array == nil)
  }

  @Test("A held type stays; an unknown type cannot be held or referred to")
  func held() throws {
    var types: InternedTypes? = try registry.intern(try module("(type (struct (field i64)))"))
    let index = try #require(types?.indices[0])
    var hold = registry.hold(index)
    types = nil
    #expect(registry.typeIfKnown(index) != nil)
    hold = nil
    #expect(hold == nil && types == nil)
    #expect(registry.typeIfKnown(index) == nil)
    #expect(registry.hold(index) == nil)
    #expect(registry.hold(1 << 19) == nil)
    let unknown = ValueType.reference(nullable: true, .concrete(index, isExact: false))
    #expect(try registry.intern(FunctionType(parameters: [unknown])) == nil)
    #expect(registry.top(of: .concrete(index, isExact: false)) == .any)
    #expect(!registry.matches(unknown, .reference(nullable: true, .structure)))
  }

  @Test("The maximum number of types can be registered repeatedly")
  func reused() throws {
    // A long chain of types, each of which refers to the previous one, is released without recursion.
    let registry = TypeRegistry(limit: 5000)
    let count = 4000
    var module = Module(bytes: [])
    for index in 0..<count {
      let previous = StorageType.value(.reference(nullable: true, .concrete(UInt32(max(index - 1, 0)), isExact: false)))
      let field = index == 0 ? StorageType.i8 : previous
      module.types.append(SubType(.structure([FieldType(storage: field, isMutable: true)])))
      module.recursionGroups.append(index..<index + 1)
    }
    for _ in 0..<6 {
      let types = try registry.intern(module)
      #expect(registry.count == count)
      #expect(types.indices.count == count)
    }
    #expect(registry.count == 0)
  }

  @Test("A rejected module with too many types keeps no types")
  func limited() throws {
    let limit = 300
    let registry = TypeRegistry(limit: limit)
    let kinds: [ValueType] = [.i32, .i64, .f32, .f64, .v128]
    var module = Module(bytes: [])
    for index in 0...limit {
      var rest = index
      let parameters = (0..<9).map { _ in
        defer { rest /= 5 }
        return kinds[rest % 5]
      }
      module.types.append(SubType(.function(FunctionType(parameters: parameters))))
      module.recursionGroups.append(index..<index + 1)
    }
    #expect(throws: LimitExceeded.self) { try registry.intern(module) }
    #expect(registry.count == 0)
    module.types.removeLast()
    module.recursionGroups.removeLast()
    let all = try registry.intern(module)
    #expect(registry.count == limit)
    #expect(throws: LimitExceeded.self) { try registry.intern(FunctionType(results: [.i32])) }
    // Types that are already registered still fit.
    #expect(try registry.intern(module).indices == all.indices)
  }

  @Test("Threads that register and release the same types agree on them")
  func threads() async throws {
    let text =
      "(type $f (func)) (rec (type $a (sub (struct (field (ref null $f) (ref null $a))))) (type (sub $a (struct (field (ref null $f) (ref null $a))))))"
    let module = try module(text)
    let registry = registry
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<500 {
            let types = try registry.intern(module)
            let again = try registry.intern(module)
            #expect(types.indices == again.indices)
            #expect(registry.isSubtype(types.indices[2], of: types.indices[1]))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(registry.count == 0)
  }

  @Test("Random modules in any order have the same types as on their own")
  func random() throws {
    var generator = Generator(state: 7)
    var live: [(module: Module, types: InternedTypes)] = []
    for _ in 0..<400 {
      if live.count > 6 || !live.isEmpty && generator.next(3) == 0 {
        live.remove(at: generator.next(live.count))
      } else {
        let module = generator.module()
        live.append((module, try registry.intern(module)))
      }
      for entry in live { check(entry.module, entry.types) }
      // Two modules agree on a type if and only if the types are equal within one module.
      if live.count > 1 { try compare(live[0].module, live[0].types, live[1].module, live[1].types) }
    }
    live = []
    #expect(registry.count == 0)
  }

  /// Checks that the types are those of the module, with canonical indices.
  private func check(_ module: Module, _ types: InternedTypes) {
    for (type, index) in zip(module.types, types.indices) {
      #expect(registry.type(index) == type.mapTypeIndices { types.indices[Int($0)] })
    }
  }

  private func compare(_ a: Module, _ aTypes: InternedTypes, _ b: Module, _ bTypes: InternedTypes) throws {
    let alone = TypeRegistry()
    let (aAlone, bAlone) = (try alone.intern(a), try alone.intern(b))
    for i in a.types.indices {
      for j in b.types.indices {
        #expect((aTypes.indices[i] == bTypes.indices[j]) == (aAlone.indices[i] == bAlone.indices[j]))
      }
    }
  }

  /// Random recursion groups of few shapes, so that many are equal.
  private struct Generator {
    var state: UInt64

    mutating func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }

    mutating func module() -> Module {
      var module = Module(bytes: [])
      for _ in 0..<1 + next(6) {
        let first = module.types.count
        let count = 1 + next(3)
        for index in first..<first + count {
          let fields = (0..<next(3)).map { _ -> FieldType in
            let target = UInt32(next(first + count))
            let storage: StorageType =
              next(2) == 0 ? .i8 : .value(.reference(nullable: true, .concrete(target, isExact: false)))
            return FieldType(storage: storage, isMutable: true)
          }
          var type = SubType(.structure(fields), isFinal: false)
          if index > 0, next(4) == 0 { type.supertypes = [UInt32(next(index))] }
          module.types.append(type)
        }
        module.recursionGroups.append(first..<first + count)
      }
      return module
    }
  }
}
