import WasmRuntime

/// The frames that are active at some moment. What they are called, and where in their modules they are, is found out
/// when somebody asks.
struct Backtrace {
  private var positions: [(instance: ModuleInstance, position: CodePosition)] = []
  /// Keeps the instances.
  private let store: StoreState

  /// Frames beyond this are not looked at; an endless recursion has more than anybody reads.
  private static let maximumCount = 100

  /// The frame given, its callers, and those of the host functions around them.
  init(from start: ActiveFrame, in store: StoreState) {
    self.store = store
    append(from: start)
  }

  /// The callers of the host function that is running.
  init(inHostFunctionOf store: StoreState) {
    self.store = store
    appendHostCallers()
  }

  private mutating func append(from start: ActiveFrame) {
    append(activationOf: start)
    appendHostCallers()
  }

  private mutating func append(activationOf start: ActiveFrame) {
    var place = start
    while positions.count < Self.maximumCount, let position = place.position {
      positions.append((place.instance, position))
      place = place.caller(of: position)
    }
  }

  private mutating func appendHostCallers() {
    var hostFrame = store.context.pointee.hostFrameHeader
    while positions.count < Self.maximumCount, let header = hostFrame {
      append(activationOf: ActiveFrame(callerOf: header))
      hostFrame = header.pointer(at: FrameHeader.slotCount, to: Slot.self)
    }
  }

  /// The frames, innermost first. Lowers each function once more.
  func frames() -> [Trap.Frame] {
    var maps: [UnsafeMutablePointer<FunctionCode>: SourceMap] = [:]
    return positions.map { instance, position in
      let code = position.module.codes + position.function
      let map = maps[code] ?? position.module.sourceMap(of: position.function)
      maps[code] = map
      let index = UInt32(instance.image.module.importedFunctions.count + position.function)
      return Trap.Frame(
        functionIndex: index, functionName: instance.image.functionName(index),
        moduleName: instance.image.moduleName, offset: map.offset(ofWord: position.word))
    }
  }
}
