import Synchronization
import WebAssembly

/// The names of a module, decoded at first use, so that a program that neither traps nor is debugged does not pay for them. Safe to use
/// from several threads.
public final class ModuleNames: Sendable {
  private let module: Module
  private let decoded = Mutex<NameSection?>(nil)

  public init(_ module: Module) { self.module = module }

  /// The names of the module, its functions and its tags, but no others.
  public var section: NameSection {
    decoded.withLock { decoded in
      if let section = decoded { return section }
      let section = NameSection.forBacktraces(of: module)
      decoded = section
      return section
    }
  }

  /// The name of a function from the name section, if it has one. O(log n) after the first call.
  public func function(_ index: UInt32) -> String? { section.functions[index] }
}
