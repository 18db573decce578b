import WebAssembly

// Canonical built-in functions. (Component model, "Canonical Built-ins"; canonical ABI, the section of each.)
extension ComponentValidator {
  func define(
    _ builtIn: Component.BuiltIn, _ immediates: Component.Canonical.Immediates, at offset: Int
  ) throws(ValidationError) {
    let signature = try signature(of: builtIn, immediates, at: offset)
    try appendCoreFunction(signature.parameters, signature.results, at: offset)
  }

  private func signature(
    of builtIn: Component.BuiltIn, _ immediates: Component.Canonical.Immediates, at offset: Int
  ) throws(ValidationError) -> FunctionType {
    func type(_ parameters: Int, _ results: Int = 0) -> FunctionType {
      FunctionType(
        parameters: Array(repeating: .i32, count: parameters), results: Array(repeating: .i32, count: results))
    }
    switch builtIn {
    case .resourceNew, .resourceRep:
      let resource = try resource(immediates.type, at: offset)
      guard scope.localResources[resource.identity] != nil else {
        throw ValidationError("type index \(immediates.type) is not a local resource", offset: offset)
      }
      return type(1, 1)
    case .resourceDrop:
      _ = try resource(immediates.type, at: offset)
      return type(1)
    case .taskReturn: return try taskReturn(immediates, at: offset)
    case .contextGet, .contextSet:
      guard immediates.valueType == .i32 else {
        throw ValidationError("context slots are i32, found \(immediates.valueType)", offset: offset)
      }
      guard immediates.slot < 2 else {
        throw ValidationError("immediate must be less than 2: found slot \(immediates.slot)", offset: offset)
      }
      return builtIn == .contextGet ? type(0, 1) : type(1)
    case .taskCancel, .backpressureInc, .backpressureDec: return type(0)
    case .waitableSetNew, .threadIndex, .threadAvailableParallelism, .threadSuspend, .threadYield: return type(0, 1)
    case .waitableSetDrop, .subtaskDrop, .errorContextDrop, .threadResumeLater: return type(1)
    case .waitableJoin: return type(2)
    case .subtaskCancel: return type(1, 1)
    case .threadSuspendThenResume, .threadYieldThenResume, .threadSuspendThenPromote, .threadYieldThenPromote:
      return type(1, 1)
    case .waitableSetWait, .waitableSetPoll:
      _ = try memory32(immediates.memory, at: offset)
      return type(2, 1)
    case .streamNew, .futureNew:
      _ = try element(of: builtIn, immediates.type, at: offset)
      return FunctionType(results: [.i64])
    case .streamRead, .streamWrite:
      try checkCopy(builtIn, immediates, at: offset)
      return type(3, 1)
    case .futureRead, .futureWrite:
      try checkCopy(builtIn, immediates, at: offset)
      return type(2, 1)
    case .streamCancelRead, .streamCancelWrite, .futureCancelRead, .futureCancelWrite:
      _ = try element(of: builtIn, immediates.type, at: offset)
      return type(1, 1)
    case .streamDropReadable, .streamDropWritable, .futureDropReadable, .futureDropWritable:
      _ = try element(of: builtIn, immediates.type, at: offset)
      return type(1)
    case .errorContextNew:
      try checkStringOptions(immediates.options, needsRealloc: false, at: offset)
      return type(2, 1)
    case .errorContextDebugMessage:
      try checkStringOptions(immediates.options, needsRealloc: true, at: offset)
      return type(2)
    case .threadNewIndirect, .threadSpawnIndirect:
      _ = try threadFunction(immediates.coreType, at: offset)
      try checkThreadTable(immediates.table, at: offset)
      return type(2, 1)
    case .threadSpawnRef:
      let function = try threadFunction(immediates.coreType, at: offset)
      return FunctionType(parameters: [.reference(nullable: true, .concrete(function)), .i32], results: [.i32])
    }
  }

  private func taskReturn(
    _ immediates: Component.Canonical.Immediates, at offset: Int
  ) throws(ValidationError) -> FunctionType {
    let options = try check(immediates.options, at: offset)
    guard options.realloc == nil, options.postReturn == nil, options.callback == nil, !options.isAsync else {
      throw ValidationError(
        "`task.return` can only have the canonical options `memory` and `string-encoding`", offset: offset)
    }
    var results: [Component.ValueType] = []
    if let result = immediates.result { results.append(try check(result, at: offset)) }
    for type in results where table.layout(type).contents.contains(.borrow) {
      throw ValidationError("function result cannot contain a `borrow` type", offset: offset)
    }
    var parameters = flat(results)
    if parameters.hasPointers || parameters.types.count > Self.flatParameterLimit {
      try options.requireMemory(at: offset)
    }
    if parameters.types.count > Self.flatParameterLimit { parameters.types = [.i32] }
    return FunctionType(parameters: parameters.types)
  }

  // MARK: Streams and futures

  /// The element type of the stream or future that a built-in function works on; nil if it has none.
  private func element(
    of builtIn: Component.BuiltIn, _ index: UInt32, at offset: Int
  ) throws(ValidationError) -> Component.ValueType? {
    let isStream = builtIn.row.name.hasPrefix("stream")
    if case .defined(let position) = try type(index, at: offset) {
      switch table.defined[position].type {
      case .stream(let element) where isStream: return element
      case .future(let element) where !isStream: return element
      default: break
      }
    }
    throw ValidationError("type index \(index) is not a \(isStream ? "stream" : "future") type", offset: offset)
  }

  private func checkCopy(
    _ builtIn: Component.BuiltIn, _ immediates: Component.Canonical.Immediates, at offset: Int
  ) throws(ValidationError) {
    let element = try element(of: builtIn, immediates.type, at: offset)
    let options = try check(immediates.options, at: offset)
    guard options.postReturn == nil, options.callback == nil else {
      throw ValidationError(
        "canonical options `post-return` and `callback` cannot be specified for `\(builtIn.row.name)`", offset: offset)
    }
    guard let element else { return }
    try options.requireMemory(at: offset)
    let isRead = builtIn == .streamRead || builtIn == .futureRead
    if isRead, table.layout(element).contents.contains(.pointer) { try options.requireRealloc(at: offset) }
  }

  private func checkStringOptions(
    _ list: [Component.CanonicalOption], needsRealloc: Bool, at offset: Int
  ) throws(ValidationError) {
    let options = try check(list, at: offset)
    guard options.postReturn == nil, options.callback == nil, !options.isAsync else {
      throw ValidationError(
        "canonical options `post-return`, `callback` and `async` cannot be specified for error contexts",
        offset: offset)
    }
    try options.requireMemory(at: offset)
    if needsRealloc { try options.requireRealloc(at: offset) }
  }

  // MARK: Threads

  private func threadFunction(_ index: UInt32, at offset: Int) throws(ValidationError) -> UInt32 {
    let function = try scope.coreTypes.functionType(index, table, at: offset)
    guard table.functionType(function) == FunctionType(parameters: [.i32]) else {
      throw ValidationError(
        "start function must take a single `i32` argument, found \(table.functionType(function))", offset: offset)
    }
    return function
  }

  private func checkThreadTable(_ index: UInt32, at offset: Int) throws(ValidationError) {
    guard Int(index) < scope.coreTables.count else { throw .outOfBounds("table", index, at: offset) }
    let type = scope.coreTables[Int(index)]
    guard type.element == .funcref, type.addressType == .i32 else {
      throw ValidationError("indirect call requires a table of funcref, found \(type)", offset: offset)
    }
  }
}
