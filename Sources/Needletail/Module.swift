import Synchronization
import WasmBinary
import WasmCompiler
import WasmInterpreter
import WasmNative
import WasmRuntime
import WasmText
import WasmValidation
import WebAssembly

/// A decoded and validated module: immutable, and shareable between stores and threads.
///
/// ```swift
/// let module = try Module(engine, bytes: bytes)
/// for item in module.exports { print(item.name, item.type) }
/// ```
public final class Module: Sendable {
  /// The engine that the module was loaded into.
  public let engine: Engine
  /// The module in its binary form.
  package let structure: WebAssembly.Module
  let functions: ModuleFunctions
  /// The machine code, if the engine compiles modules when they are loaded.
  package let compiled: NativeModule?
  /// Compiles functions that run often, if the engine does.
  let tiers: TierCompiler?
  private let names: ModuleNames

  var image: ModuleImage { functions.image }

  /// Decodes and validates a module, and compiles it if the engine does.
  ///
  /// - Parameters:
  ///   - engine: the engine that the module runs on.
  ///   - bytes: a module in the binary format.
  ///   - deadline: the time at which loading is stopped; nil if it is not limited.
  /// - Throws: `DecodingError` if the module is malformed; `ValidationError` if it is invalid or needs a disabled proposal;
  ///   `LimitExceeded`; `Trap` with the code `deadlineExceeded` if loading was stopped.
  /// - Complexity: O(*n*), where *n* is the size of the module.
  public convenience init(_ engine: Engine, bytes: [UInt8], deadline: ContinuousClock.Instant? = nil) throws {
    let limit = LoadingDeadline(deadline)
    try limit.check()
    do {
      try self.init(engine, decoded: Self.decode(bytes, engine, limit.stops), stops: limit.stops)
    } catch {
      throw limit.error(for: error)
    }
  }

  /// The limits on the size of a module and of its parts.
  public typealias Limits = ModuleLimits

  /// - Throws: `DecodingError` if the module is malformed; `LimitExceeded` if it exceeds a limit of the engine.
  private static func decode(_ bytes: [UInt8], _ engine: Engine, _ stops: StopCheck?) throws -> WebAssembly.Module {
    do {
      return try Decoder.decode(ModuleBytes(bytes), limits: engine.configuration.moduleLimits, stops: stops)
    } catch {
      throw error.reported
    }
  }

  /// Checks a module that was decoded without the limits of the engine.
  ///
  /// - Throws: `LimitExceeded` if it exceeds one of them.
  static func check(_ structure: WebAssembly.Module, _ engine: Engine) throws {
    let limits = engine.configuration.moduleLimits
    guard limits != Limits() else { return }
    try limits.check(structure)
    guard limits.locals < Limits().locals else { return }
    for function in structure.functions where !function.body.isEmpty {
      try structure.bytes.load(function.body)
      do throws(DecodingError) {
        try Decoder.checkLocals(of: function.body, in: structure.bytes, limits: limits)
      } catch {
        throw error.reported
      }
    }
  }

  /// Validates a module that is already decoded.
  ///
  /// - Parameters:
  ///   - sourceMap: the locations of instructions in the text that the module was assembled from, for backtraces and profilers.
  ///   - path: the absolute path of the text; nil if it is not from a file.
  ///   - name: the name of the text in messages.
  ///   - fileName: the name of the module's file in messages.
  ///   - stops: whether loading ends early: see ``LoadingDeadline``.
  package convenience init(
    _ engine: Engine, decoded structure: WebAssembly.Module, sourceMap: SourceMap? = nil,
    path: String? = nil, name: String = "<text>", fileName: String? = nil, stops: StopCheck? = nil
  ) throws {
    try Self.check(structure, engine)
    let text = sourceMap.map { ModuleText($0, path: path, name: name) }
    let entry = CacheEntry(structure, engine)
    guard let kept = entry?.read() else {
      try Self.validate(structure, engine, sourceMap, stops: stops)
      try self.init(engine, validated: structure, text: text, fileName: fileName, entry: entry) {
        try Self.compile($0, engine, entry, stops)
      }
      return
    }
    // The same function bodies were validated for the same proposals before their code was cached.
    try Self.validate(structure, engine, sourceMap, functions: kept.unvalidatedFunctions, stops: stops)
    try self.init(engine, validated: structure, text: text, fileName: fileName, entry: entry, kept: kept) { functions in
      if engine.tiers != nil { return nil }
      if let native = entry?.load(kept, for: functions.image) { return native }
      try Self.validate(structure, engine, sourceMap, stops: stops)
      return try Self.compile(functions, engine, entry, stops)
    }
  }

  /// - Parameters:
  ///   - entry: the module's entry in the cache, if it has one.
  ///   - kept: the contents of the entry.
  ///   - isPrecompiled: whether `makeCode` returns code that was compiled earlier. Such a module has no tiers: instances that cannot use
  ///     its code are refused, which a ``TierCompiler`` that has compiled nothing would permit.
  ///   - validate: checks bodies before the first function is interpreted; nil if they are valid.
  ///   - makeCode: creates the machine code, if the engine compiles.
  init(
    _ engine: Engine, validated structure: WebAssembly.Module, text: ModuleText? = nil, fileName: String? = nil,
    entry: CacheEntry? = nil, kept: ArtifactReader? = nil, isPrecompiled: Bool = false,
    validate: (@Sendable () throws -> Void)? = nil, makeCode: (ModuleFunctions) throws -> NativeModule?
  ) throws {
    self.engine = engine
    self.structure = structure
    names = ModuleNames(structure)
    let image = try ModuleImage(structure, registry: engine.types, names: names, text: text, fileName: fileName)
    let report = Self.report(of: image, engine)
    if !isPrecompiled, let tiers = engine.tiers {
      let keeper = entry.map { entry -> @Sendable (PartialCode) -> Void in { entry.write($0) } }
      self.tiers = TierCompiler(image, tiers, keeper: keeper)
    } else {
      tiers = nil
    }
    functions = try ModuleFunctions(
      image, interpreter: engine.interpreter, native: engine.compiler, tierPolicy: tiers, validate: validate)
    compiled = try makeCode(functions)
    if let tiers, let entry, let kept, !entry.restore(kept, to: tiers, in: functions) {
      // An entry that is damaged does not show that the module is valid.
      try Self.validate(structure, engine)
    }
    if let compiled {
      for refusal in compiled.refusals { report(refusal.function, refusal.reason, refusal.name) }
      NativeEngine.publish(compiled, in: functions) { report($0, $1, nil) }
    }
  }

  /// - Parameters:
  ///   - sourceMap: the locations of fields and instructions in the module's text, if it has one, for errors.
  ///   - functions: the functions whose bodies are validated, by index among those that the module defines; nil for all.
  static func validate(
    _ structure: WebAssembly.Module, _ engine: Engine, _ sourceMap: SourceMap? = nil, functions: [Int]? = nil,
    stops: StopCheck? = nil
  ) throws {
    do {
      try Validator.validate(
        structure, features: engine.configuration.features, threadCount: engine.configuration.validationThreadCount,
        functions: functions, stops: stops)
    } catch {
      guard var error = Self.validationError(error, isText: sourceMap != nil) else { throw error.underlying }
      error.location = sourceMap?.location(at: error.offset)
      error.functionName = error.function.flatMap { ModuleNames(structure).function($0) }
      throw error
    }
  }

  /// The error for validation; nil for another kind. In a text, a form of a proposal that is off is not called by its name in the binary.
  private static func validationError(_ error: LoadingError, isText: Bool) -> ValidationError? {
    switch error {
    case .invalid(let error): error
    case .malformed(let error): isText ? error.missingFeature.map { ValidationError($0, offset: error.offset) } : nil
    case .limitExceeded: nil
    }
  }

  private static func compile(
    _ functions: ModuleFunctions, _ engine: Engine, _ entry: CacheEntry?, _ stops: StopCheck?
  ) throws -> NativeModule? {
    guard let compiler = engine.compiler, engine.tiers == nil else { return nil }
    let compiled: NativeModule
    do {
      compiled = try compiler.compile(functions.image, stops: stops)
    } catch {
      throw error.limitExceeded
    }
    if !compiled.isLazy { entry?.write(compiled) }
    return compiled
  }

  /// Stores the code of functions that ran often in the engine's cache, if compiling it took longer than storing it takes. With
  /// ``Engine/Configuration/Execution/auto``, this also happens when the module is no longer used; a process that ends before that can
  /// call it. Does nothing for other engines, which store code when they load a module.
  ///
  /// - Complexity: O(size of the module and its code).
  public func storeHotCode() { tiers?.keep() }

  /// Reports functions that the compiler leaves to the interpreter, by index among those that the module defines, and the reasons.
  private static func report(
    of image: ModuleImage, _ engine: Engine
  ) -> @Sendable (_ function: Int, _ reason: String, _ name: String?) -> Void {
    let log = engine.configuration.log
    let messages = MessageCount()
    return { function, reason, name in
      guard let log else { return }
      let number = messages.count.add(1, ordering: .relaxed).oldValue
      guard number < maximumMessageCount else {
        if number == maximumMessageCount { log("more functions are interpreted") }
        return
      }
      let index = UInt32(image.module.importedFunctions.count + function)
      log("\(name ?? image.distinctFunctionName(index)) is interpreted: \(reason)")
    }
  }

  private final class MessageCount: Sendable {
    let count = Atomic<Int>(0)
  }

  /// The largest number of interpreted functions that are named in messages: a module can have a million.
  private static let maximumMessageCount = 20

  /// Assembles, decodes and validates a module in the text format.
  ///
  /// - Parameters:
  ///   - engine: the engine that the module runs on.
  ///   - text: a module in the text format.
  ///   - legacyDialect: whether the pre-standard (2015-2017) keywords are accepted.
  ///   - deadline: the time at which loading is stopped; nil if it is not limited.
  /// - Throws: `ParseError` if the text is malformed, and the errors of ``init(_:bytes:deadline:)``.
  public convenience init(
    _ engine: Engine, text: String, legacyDialect: Bool = false, deadline: ContinuousClock.Instant? = nil
  ) throws {
    var options = WatOptions()
    options.legacyDialect = legacyDialect
    let limit = LoadingDeadline(deadline)
    try limit.check()
    do {
      let module = try assembleModule(Array(text.utf8), options: options, stops: limit.stops)
      try self.init(
        engine, decoded: Self.decode(module.bytes, engine, limit.stops), sourceMap: module.sourceMap,
        stops: limit.stops)
    } catch {
      throw limit.error(for: error)
    }
  }

  /// The module's name from the name section; nil if it has none.
  public var name: String? { names.section.module }

  /// The name of a function from the name section; nil if it has none.
  ///
  /// - Parameter index: the function's index, imported functions included.
  public func functionName(_ index: UInt32) -> String? { names.function(index) }

  /// The module's type index for a type of its engine; nil if the module does not define the type. O(number of types).
  package func typeIndex(ofCanonical index: UInt32) -> UInt32? { image.types.firstIndex(of: index).map { UInt32($0) } }

  /// The first function with a name in the name section; nil if there is none. O(number of names).
  package func functionIndex(named name: String) -> UInt32? {
    names.section.functions.entries.first { $0.name == name }?.index
  }

  /// The imports, in the module's order. O(number of imports).
  public var imports: [ImportDescription] { structure.imports.map { description(of: $0) } }

  /// ``imports`` as a lazy sequence: a module can have a million.
  package var lazyImports: some Sequence<ImportDescription> {
    structure.imports.lazy.map { [self] in description(of: $0) }
  }

  func description(of item: WebAssembly.Module.Import) -> ImportDescription {
    ImportDescription(
      module: item.module, name: item.name, type: ExternType(item.type, function: structure.functionType))
  }

  /// The exports, in the module's order. O(number of exports).
  public var exports: [ExportDescription] {
    structure.exports.compactMap { export in
      structure.externalType(export.kind, export.index).map {
        ExportDescription(name: export.name, type: ExternType($0, function: structure.functionType))
      }
    }
  }
}

extension ModuleNames: DebugNames {
  package var moduleName: String? { section.module }
  package func functionName(_ index: UInt32) -> String? { function(index) }
  package func tagName(_ index: UInt32) -> String? { section.tags[index] }

  package func forEachFunctionName(_ body: (UInt32, String) -> Void) {
    for entry in section.functions.entries { body(entry.index, entry.name) }
  }
}

extension ModuleText {
  /// - Parameters:
  ///   - path: the absolute path of the text's file, if it has one.
  ///   - name: the name for messages.
  fileprivate init(_ map: SourceMap, path: String?, name: String) {
    self.init(path: path, name: name, locations: map.locations)
  }
}
