/// The functions that change the machine stack of a thread. They are machine code, so a system that forbids executable memory has none.
package struct StackSwitch: Sendable {
  package typealias Body = @convention(c) (UnsafeMutableRawPointer) -> Void
  package typealias Start =
    @convention(c) (Body, UnsafeMutableRawPointer, _ top: UInt, _ saved: UnsafeMutablePointer<UInt>) -> Void
  package typealias Change = @convention(c) (_ saved: UnsafeMutablePointer<UInt>, _ target: UInt) -> Void

  /// Calls a function, which must not return, with its argument on a stack that is not used yet. The address after the stack's highest
  /// word is a multiple of 16. The current stack pointer is saved.
  let start: Start
  /// Continues at a stack pointer that was saved, and saves the current one. That stack must not be in use, and every saved stack pointer
  /// can be used once.
  let change: Change

  package init(start: Start, change: Change) {
    self.start = start
    self.change = change
  }
}
