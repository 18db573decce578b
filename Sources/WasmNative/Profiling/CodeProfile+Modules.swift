import WasmCompiler
import WasmRuntime
import WebAssembly

// The names of modules' code.

extension CodeProfile {
  /// Adds a module's functions and stubs.
  ///
  /// - Parameter positions: the source positions of a function's code, by its index in the module.
  func add(_ module: NativeModule, positions: (Int) -> CodePositions?) {
    let image = module.image
    let name = image.profiledName()
    var codes: [ProfiledCode] = []
    var stubs: [(start: UInt32, name: String)] = []
    for (position, range) in module.functions.enumerated() {
      guard range.isCompiled else {
        stubs.append((range.start, "stub to interpreted \(name(position))"))
        stubs.append((range.stub, image.stubName("to the interpreter", position)))
        continue
      }
      stubs.append((range.stub, image.stubName("into compiled code", position)))
      codes.append(ProfiledCode(name(position), in: module, range, positions(position)))
    }
    add(codes + Self.stubs(stubs, in: module.codeBytes))
  }

  /// Adds a function that was compiled lazily.
  ///
  /// - Parameter function: its index in the module.
  func add(
    _ function: Int, in module: NativeModule, _ range: NativeModule.FunctionRange, _ positions: CodePositions?
  ) {
    add([ProfiledCode(module.image.profiledName(function), in: module, range, positions)])
  }

  /// Pieces of code by their starts; each ends where the next one begins. A start with two names is one piece.
  private static func stubs(
    _ stubs: [(start: UInt32, name: String)], in code: UnsafeRawBufferPointer
  ) -> [ProfiledCode] {
    var sorted: [(start: UInt32, name: String)] = []
    for stub in stubs.sorted(by: { $0.start < $1.start }) where sorted.last?.start != stub.start { sorted.append(stub) }
    return sorted.indices.map { index in
      let start = Int(sorted[index].start)
      let next = index + 1 < sorted.count ? Int(sorted[index + 1].start) : code.count
      return ProfiledCode(name: sorted[index].name, bytes: UnsafeRawBufferPointer(rebasing: code[start..<next]))
    }
  }
}

extension ProfiledCode {
  fileprivate init(
    _ name: String, in module: NativeModule, _ range: NativeModule.FunctionRange, _ positions: CodePositions?
  ) {
    let text = module.image.text
    let location = text?.locations()
    let lines = (positions?.entries ?? []).compactMap { entry -> (UInt32, UInt32)? in
      guard entry.source != 0 else { return nil }
      guard let location else { return (entry.offset, entry.source) }
      return location(Int(entry.source)).map { (entry.offset, UInt32($0.line)) }
    }
    self.init(
      name: name, bytes: UnsafeRawBufferPointer(rebasing: module.codeBytes[Int(range.start)..<Int(range.end)]),
      fileName: text?.path ?? module.image.moduleName ?? "module", lines: lines)
  }
}

extension ModuleImage {
  /// The names of functions by their index in the module.
  fileprivate func profiledName() -> (Int) -> String {
    let name = distinctFunctionNames()
    let prefix = moduleName.map { "\($0)!" } ?? ""
    let imported = module.importedFunctions.count
    return { position in prefix + name(UInt32(imported + position)) }
  }

  /// The name of one function by its index among those that the module defines.
  fileprivate func profiledName(_ position: Int) -> String {
    let prefix = moduleName.map { "\($0)!" } ?? ""
    return prefix + distinctFunctionName(UInt32(module.importedFunctions.count + position))
  }

  fileprivate func stubName(_ purpose: String, _ function: Int) -> String {
    let type = module.functionType(module.functions[function].typeIndex)
    return "stub \(purpose): \(type.map { CallShape($0).description } ?? "")"
  }
}
