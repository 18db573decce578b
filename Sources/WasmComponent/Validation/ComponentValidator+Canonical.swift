import WebAssembly

// Lifting and lowering. (Component model, "Canonical Definitions"; canonical ABI, "canon lift", "canon lower".)
extension ComponentValidator {
  /// The largest number of flat parameters, of flat results, and of flat parameters of an async call.
  static let flatParameterLimit = 16
  static let flatResultLimit = 1
  static let asyncFlatParameterLimit = 4

  func define(_ definition: Component.Canonical, at offset: Int) throws(ValidationError) {
    guard scope.coreFunctions.count < ComponentLimits.entries, scope.functions.count < ComponentLimits.entries else {
      throw ValidationError("too many functions: expected at most \(ComponentLimits.entries)", offset: offset)
    }
    switch definition {
    case .lift(let function, let options, let type): try lift(function, options, type, at: offset)
    case .lower(let function, let options): try lower(function, options, at: offset)
    case .builtIn(let builtIn, let immediates): try define(builtIn, immediates, at: offset)
    }
  }

  /// Checks options by the rules that hold for all definitions.
  func check(_ list: [Component.CanonicalOption], at offset: Int) throws(ValidationError) -> CanonicalOptions {
    let options = try CanonicalOptions(list, at: offset)
    if let memory = options.memory { _ = try memory32(memory, at: offset) }
    if let realloc = options.realloc {
      let type = FunctionType(parameters: [.i32, .i32, .i32, .i32], results: [.i32])
      try checkSignature(of: realloc, type, "realloc", at: offset)
      guard options.memory != nil else {
        throw ValidationError("canonical option `realloc` requires `memory` to also be specified", offset: offset)
      }
    }
    if let callback = options.callback {
      let type = FunctionType(parameters: [.i32, .i32, .i32], results: [.i32])
      try checkSignature(of: callback, type, "callback", at: offset)
      guard options.isAsync else {
        throw ValidationError("cannot specify callback without async", offset: offset)
      }
    }
    if options.isAsync, options.postReturn != nil {
      throw ValidationError("cannot specify post-return function in async", offset: offset)
    }
    return options
  }

  /// Checks that there is a memory, and that values can be stored in it.
  func memory32(_ index: UInt32, at offset: Int) throws(ValidationError) -> MemoryType {
    guard Int(index) < scope.coreMemories.count else { throw .outOfBounds("memory", index, at: offset) }
    let type = scope.coreMemories[Int(index)]
    guard type.addressType == .i32, !type.isShared else {
      throw ValidationError(
        "canonical option `memory` must be a 32-bit memory that is not shared, found \(type)", offset: offset)
    }
    return type
  }

  func checkSignature(
    of index: UInt32, _ expected: FunctionType, _ option: String, at offset: Int
  ) throws(ValidationError) {
    let type = try coreFunction(index, at: offset)
    guard type == expected else {
      throw ValidationError(
        "canonical option `\(option)` uses a core function with an incorrect signature: expected \(expected), "
          + "found \(type)", offset: offset)
    }
  }

  /// The flat types of values one after another.
  func flat(_ types: [Component.ValueType]) -> (types: [ValueType], hasPointers: Bool) {
    var flat: [ValueType] = []
    var hasPointers = false
    for type in types {
      let layout = table.layout(type)
      flat.append(contentsOf: layout.flat.prefix(ValueLayout.flatLimit - flat.count))
      if layout.contents.contains(.pointer) { hasPointers = true }
    }
    return (flat, hasPointers)
  }

  // MARK: Lift

  private func lift(
    _ function: UInt32, _ list: [Component.CanonicalOption], _ typeIndex: UInt32, at offset: Int
  ) throws(ValidationError) {
    guard case .function(let index) = try type(typeIndex, at: offset) else {
      throw ValidationError("type index \(typeIndex) is not a function type", offset: offset)
    }
    let type = table.functions[index].type
    let callee = try coreFunction(function, at: offset)
    let options = try check(list, at: offset)
    if options.isAsync, !type.isAsync {
      throw ValidationError("the `async` canonical option requires an async function type", offset: offset)
    }
    var parameters = flat(type.parameters.map(\.type))
    if parameters.hasPointers || parameters.types.count > Self.flatParameterLimit {
      try options.requireMemory(at: offset)
      try options.requireRealloc(at: offset)
    }
    if parameters.types.count > Self.flatParameterLimit { parameters.types = [.i32] }
    var results = flat(type.result.map { [$0] } ?? [])
    let limit = options.isAsync ? Self.flatParameterLimit : Self.flatResultLimit
    if results.hasPointers || results.types.count > limit { try options.requireMemory(at: offset) }
    if options.isAsync {
      results.types = options.callback == nil ? [] : [.i32]
    } else if results.types.count > limit {
      results.types = [.i32]
    }
    try match(callee.parameters, parameters.types, "parameter", at: offset)
    try match(callee.results, results.types, "result", at: offset)
    if let postReturn = options.postReturn {
      try checkSignature(of: postReturn, FunctionType(parameters: results.types), "post-return", at: offset)
    }
    try append(.function(index))
  }

  private func match(
    _ types: [ValueType], _ expected: [ValueType], _ what: String, at offset: Int
  ) throws(ValidationError) {
    guard types != expected else { return }
    func list(_ types: [ValueType]) -> String { "[\(types.map(\.description).joined(separator: ", "))]" }
    var error = ValidationError(
      "lowered \(what) types `\(list(expected))` do not match \(what) types `\(list(types))` of core function",
      offset: offset)
    // The suite writes core types in capitals.
    error.suiteMessage =
      "lowered \(what) types `\(list(expected).uppercased())` do not match \(what) types `\(list(types).uppercased())`"
    throw error
  }

  // MARK: Lower

  private func lower(
    _ function: UInt32, _ list: [Component.CanonicalOption], at offset: Int
  ) throws(ValidationError) {
    guard case .function(let index) = try entity(.init(.function, function), at: offset) else { return }
    let type = table.functions[index].type
    let options = try check(list, at: offset)
    if options.postReturn != nil {
      throw ValidationError("canonical option `post-return` cannot be specified for lowerings", offset: offset)
    }
    if options.callback != nil {
      throw ValidationError("canonical option `callback` cannot be specified for lowerings", offset: offset)
    }
    if options.isAsync, !type.isAsync {
      throw ValidationError("the `async` canonical option requires an async function type", offset: offset)
    }
    var parameters = flat(type.parameters.map(\.type))
    let limit = options.isAsync ? Self.asyncFlatParameterLimit : Self.flatParameterLimit
    if parameters.hasPointers || parameters.types.count > limit { try options.requireMemory(at: offset) }
    if parameters.types.count > limit { parameters.types = [.i32] }
    var results = flat(type.result.map { [$0] } ?? [])
    if results.hasPointers {
      try options.requireMemory(at: offset)
      try options.requireRealloc(at: offset)
    }
    if options.isAsync ? type.result != nil : results.types.count > Self.flatResultLimit {
      try options.requireMemory(at: offset)
      parameters.types.append(.i32)
      results.types = []
    }
    if options.isAsync { results.types = [.i32] }
    try appendCoreFunction(parameters.types, results.types, at: offset)
  }
}
