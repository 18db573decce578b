import WebAssembly

/// The frames that are active at some moment. Their function names and module offsets are computed on demand.
package struct Backtrace {
  /// A Wasm frame.
  package struct Frame {
    /// The translated module, and the function's index among those that the module defines.
    package var code: any TranslatedModule
    package var function: Int
    /// The position in the function, in units of the translation.
    package var position: Int

    package init(code: any TranslatedModule, function: Int, position: Int) {
      self.code = code
      self.function = function
      self.position = position
    }
  }

  private var frames: [Frame] = []
  /// Keeps the instances alive.
  private let store: StoreState

  /// The largest number of frames; an endless recursion has more than anyone reads.
  package static var maximumCount: Int { 100 }

  /// Collects the frames that the engines append, followed by those of enclosing activations.
  ///
  /// - Parameter innermost: appends the frames of the running activation, if there is one.
  package init(in store: StoreState, innermost: (inout Backtrace) -> Void = { _ in }) {
    self.store = store
    innermost(&self)
    var suspension = store.context.pointee.suspension
    while !isFull, suspension != .none {
      guard let engine = store.engine(of: suspension) else { break }
      suspension = engine.append(suspension, to: &self)
    }
  }

  package var isFull: Bool { frames.count >= Self.maximumCount }

  package mutating func append(_ frame: Frame) {
    if !isFull { frames.append(frame) }
  }

  /// The frames, innermost first. O(size of the interpreted functions and of the modules' texts).
  package func described() -> [Trap.Frame] {
    var maps: [FunctionKey: (Int) -> Int?] = [:]
    var texts: [ObjectIdentifier: (Int) -> TextLocation?] = [:]
    return frames.map { frame in
      let key = FunctionKey(code: ObjectIdentifier(frame.code), function: frame.function)
      let map = maps[key] ?? frame.code.offsets(inFunction: frame.function)
      maps[key] = map
      let image = frame.code.image
      let index = UInt32(image.module.importedFunctions.count + frame.function)
      let offset = map(frame.position)
      var source: Trap.Frame.Source?
      if let text = image.text, let offset {
        let locations = texts[ObjectIdentifier(image)] ?? text.locations()
        texts[ObjectIdentifier(image)] = locations
        source = locations(offset).map { Trap.Frame.Source(file: text.name, location: $0) }
      }
      return Trap.Frame(
        functionIndex: index, functionName: image.functionName(index),
        moduleName: image.moduleName ?? (source == nil ? image.fileName : nil), offset: offset, source: source)
    }
  }

  private struct FunctionKey: Hashable {
    var code: ObjectIdentifier
    var function: Int
  }
}

extension StoreState {
  /// The error of a function that ran outside its caller's activation, which is suspended. A trap of the host gets the Wasm frames.
  @inline(never)
  package func located(_ error: any Error) -> any Error {
    guard var trap = error as? Trap, trap.backtrace.isEmpty else { return error }
    trap.backtrace = Backtrace(in: self).described()
    return trap
  }
}

/// A module that an engine has translated.
package protocol TranslatedModule: AnyObject {
  var image: ModuleImage { get }
  /// A function that maps positions in a function's code to offsets in the module's binary.
  func offsets(inFunction function: Int) -> (Int) -> Int?
}
