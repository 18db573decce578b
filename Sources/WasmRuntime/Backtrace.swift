import WebAssembly

/// The frames that are active at some moment. What they are called, and where in their modules they are, is found out
/// when somebody asks.
package struct Backtrace {
  /// A frame of Wasm's.
  package struct Frame {
    /// What the function was translated by, with the function's index among those that the module defines.
    package var code: any TranslatedModule
    package var function: Int
    /// Where in the function, in the translation's own terms.
    package var position: Int

    package init(code: any TranslatedModule, function: Int, position: Int) {
      self.code = code
      self.function = function
      self.position = position
    }
  }

  private var frames: [Frame] = []
  /// Keeps the instances.
  private let store: StoreState

  /// Frames beyond this are not looked at; an endless recursion has more than anybody reads.
  package static let maximumCount = 100

  /// Frames that the engines append, to which those of the activations around them are added.
  ///
  /// - Parameter innermost: appends the frames of the activation that is running, if there is one.
  package init(in store: StoreState, innermost: (inout Backtrace) -> Void = { _ in }) {
    self.store = store
    innermost(&self)
    var suspension = store.context.pointee.suspension
    while !isFull, suspension != .none {
      guard let walker = suspension.isCompiled ? store.compiledCode : store.interpretedFrames else { break }
      suspension = walker.append(suspension, to: &self)
    }
  }

  package var isFull: Bool { frames.count >= Self.maximumCount }

  package mutating func append(_ frame: Frame) {
    if !isFull { frames.append(frame) }
  }

  /// The frames, innermost first. O(size of the functions that are interpreted).
  package func described() -> [Trap.Frame] {
    var maps: [FunctionKey: (Int) -> Int?] = [:]
    return frames.map { frame in
      let key = FunctionKey(code: ObjectIdentifier(frame.code), function: frame.function)
      let map = maps[key] ?? frame.code.offsets(inFunction: frame.function)
      maps[key] = map
      let image = frame.code.image
      let index = UInt32(image.module.importedFunctions.count + frame.function)
      return Trap.Frame(
        functionIndex: index, functionName: image.functionName(index), moduleName: image.moduleName,
        offset: map(frame.position))
    }
  }

  private struct FunctionKey: Hashable {
    var code: ObjectIdentifier
    var function: Int
  }
}

/// A module as an engine has translated it.
package protocol TranslatedModule: AnyObject {
  var image: ModuleImage { get }
  /// What leads from a position in the code of a function to an offset in the module's binary.
  func offsets(inFunction function: Int) -> (Int) -> Int?
}

/// Finds the frames of activations that were left by a call of a host function, or of another engine's code.
package protocol SuspendedFrames: Sendable {
  /// Appends the frames of an activation.
  ///
  /// - Returns: where the activation around it was left.
  func append(_ suspension: Suspension, to backtrace: inout Backtrace) -> Suspension

  /// Where the activation around one was left.
  func outer(_ suspension: Suspension) -> Suspension
}

extension StoreState {
  /// Where activations were left, innermost first, from one on.
  package func outer(_ suspension: Suspension) -> Suspension {
    (suspension.isCompiled ? compiledCode : interpretedFrames)?.outer(suspension) ?? .none
  }
}
