import WebAssembly

// Subtyping of core modules and of what they import and export. (Core specification 3.0, 3.3.14 "External Types".)
extension TypeTable {
  mutating func matchModule(_ actual: Int, _ expected: Int) throws(Mismatch) {
    guard actual != expected else { return }
    let (type, other) = (modules[actual], modules[expected])
    try count(type.imports.count + type.exports.count + other.imports.count + other.exports.count)
    var imports: [CoreImportName: CoreEntityType] = [:]
    for entry in other.imports { imports[CoreImportName(module: entry.module, name: entry.name)] = entry.type }
    for entry in type.imports {
      let name = "\(entry.module)::\(entry.name)"
      guard let found = imports[CoreImportName(module: entry.module, name: entry.name)] else {
        throw Mismatch("missing expected import `\(name)`")
      }
      do throws(Mismatch) { try match(found, entry.type) } catch {
        throw error.inside("type mismatch in import `\(name)`")
      }
    }
    var exports: [String: CoreEntityType] = [:]
    for entry in type.exports { exports[entry.name] = entry.type }
    for entry in other.exports {
      guard let found = exports[entry.name] else { throw Mismatch("missing expected export `\(entry.name)`") }
      do throws(Mismatch) { try match(found, entry.type) } catch {
        throw error.inside("type mismatch in export `\(entry.name)`")
      }
    }
  }

  func match(_ actual: CoreEntityType, _ expected: CoreEntityType) throws(Mismatch) {
    switch (actual, expected) {
    case (.function(let actual), .function(let expected)), (.tag(let actual), .tag(let expected)):
      guard coreTypes.isSubtype(actual, of: expected) else {
        throw Mismatch("expected: \(describe(expected)), found: \(describe(actual))")
      }
    case (.global(let actual), .global(let expected)): try match(actual, expected)
    case (.table(let actual), .table(let expected)):
      guard actual.element == expected.element else {
        throw Mismatch("expected table element type \(expected.element), found \(actual.element)")
      }
      guard actual.addressType == expected.addressType else { throw Mismatch("mismatch in index type used for tables") }
      guard actual.limits.matches(expected.limits) else {
        throw Mismatch("mismatch in table limits: expected \(expected.limits), found \(actual.limits)")
      }
    case (.memory(let actual), .memory(let expected)):
      guard actual.isShared == expected.isShared else { throw Mismatch("mismatch in the shared flag for memories") }
      guard actual.addressType == expected.addressType else {
        throw Mismatch("mismatch in index type used for memories")
      }
      guard actual.pageSizeLog2 == expected.pageSizeLog2 else { throw Mismatch("mismatch in page size for memories") }
      guard actual.limits.matches(expected.limits) else {
        throw Mismatch("mismatch in memory limits: expected \(expected.limits), found \(actual.limits)")
      }
    default: throw Mismatch("expected \(expected.kind.keyword), found \(actual.kind.keyword)")
    }
  }

  private func match(_ actual: GlobalType, _ expected: GlobalType) throws(Mismatch) {
    guard actual.isMutable == expected.isMutable else {
      let what = expected.isMutable ? "mutable" : "immutable"
      throw Mismatch("global types differ in mutability: expected \(what)")
    }
    let matches =
      expected.isMutable ? actual.value == expected.value : coreTypes.matches(actual.value, expected.value)
    guard matches else { throw Mismatch("expected global type \(expected.value), found \(actual.value)") }
  }

  func functionType(_ index: UInt32) -> FunctionType { coreTypes.type(index).composite.function ?? FunctionType() }

  private func describe(_ index: UInt32) -> String { functionType(index).description }
}

/// The two names of a core import.
struct CoreImportName: Hashable {
  var module: String
  var name: String
}
