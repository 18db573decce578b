import WebAssembly

/// The frames that are active at some moment. Their function names and module offsets are computed on demand.
///
/// Of a deep recursion, only the innermost and the outermost frames are kept, and the others are counted, so the size of a backtrace is
/// limited.
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

  private var innermost: [Frame] = []
  /// The last frames that were appended after the innermost ones: a ring, in which the next frame replaces the one at ``next``.
  private var outermost: [Frame] = []
  private var next = 0
  /// The number of frames between the two that are not kept.
  private var omittedCount = 0
  /// Keeps the instances alive.
  private let store: StoreState

  /// How many of the innermost frames are kept, and how many of the outermost ones.
  package static var innermostCount: Int { 50 }
  package static var outermostCount: Int { 50 }

  /// Collects the frames that the engines append, followed by those of enclosing activations.
  ///
  /// - Parameter innermost: appends the frames of the running activation, if there is one.
  package init(in store: StoreState, innermost: (inout Backtrace) -> Void = { _ in }) {
    self.store = store
    innermost(&self)
    var suspension = store.context.pointee.suspension
    while suspension != .none {
      guard let engine = store.engine(of: suspension) else { break }
      suspension = engine.append(suspension, to: &self)
    }
  }

  package mutating func append(_ frame: Frame) {
    if omittedCount == 0, outermost.isEmpty, innermost.count < Self.innermostCount {
      innermost.append(frame)
    } else if outermost.count < Self.outermostCount {
      outermost.append(frame)
    } else {
      outermost[next] = frame
      next = next + 1 == Self.outermostCount ? 0 : next + 1
      omittedCount += 1
    }
  }

  /// Counts frames that are not kept, in place of appending them. At least as many as are kept must be appended after them.
  package mutating func omit(_ count: Int) { omittedCount += count }

  /// The frames, innermost first. O(size of the interpreted functions and of the modules' texts).
  ///
  /// If the store is interrupted, large functions have no offsets, since finding them would take long.
  package func described() -> [Trap.Frame] {
    var maps: [FunctionKey: (Int) -> Int?] = [:]
    var texts: [ObjectIdentifier: (Int) -> TextLocation?] = [:]
    let frames = innermost + outermost[next...] + outermost[..<next]
    var budget = store.interruption.isRequested ? Self.interruptedByteCount : Int.max
    var described = frames.map { frame in
      let key = FunctionKey(code: ObjectIdentifier(frame.code), function: frame.function)
      let image = frame.code.image
      let map: (Int) -> Int?
      if let known = maps[key] {
        map = known
      } else {
        budget -= image.module.functions[frame.function].body.count
        map = budget >= 0 ? frame.code.offsets(inFunction: frame.function) : { _ in nil }
        maps[key] = map
      }
      let index = UInt32(image.module.importedFunctions.count + frame.function)
      let offset = map(frame.position)
      var source: Trap.Frame.Source?
      if let text = image.text, let offset {
        let locations = texts[ObjectIdentifier(image)] ?? text.locations()
        texts[ObjectIdentifier(image)] = locations
        source = locations(offset).map { Trap.Frame.Source(file: text.name, location: $0) }
      }
      var described = Trap.Frame(
        functionIndex: index, functionName: image.functionName(index),
        moduleName: image.moduleName ?? (source == nil ? image.fileName : nil), offset: offset, source: source)
      described.functionOffset = image.module.functions[frame.function].body.lowerBound
      return described
    }
    markAmbiguousNames(of: &described, frames.map(\.code.image))
    if omittedCount > 0, let last = innermost.indices.last { described[last].omittedCallerCount = omittedCount }
    return described
  }

  /// Marks the frames whose function has the name of another one.
  private func markAmbiguousNames(of frames: inout [Trap.Frame], _ images: [ModuleImage]) {
    var names: [ObjectIdentifier: (image: ModuleImage, names: Set<String>)] = [:]
    for (frame, image) in zip(frames, images) {
      guard let name = frame.functionName else { continue }
      names[ObjectIdentifier(image), default: (image, [])].names.insert(name)
    }
    let ambiguous = names.mapValues { $0.image.ambiguousFunctionNames(among: $0.names) }
    for (index, image) in images.enumerated() {
      guard let name = frames[index].functionName else { continue }
      frames[index].isNameAmbiguous = ambiguous[ObjectIdentifier(image)]?.contains(name) ?? false
    }
  }

  /// The largest size of all functions together whose offsets are found although the store is interrupted, in bytes.
  private static let interruptedByteCount = 1 << 20

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
