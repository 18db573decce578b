import ModuleGenerator
import Needletail

/// Host objects that call the guest when they are released. There is one instance per store.
final class GuestObjects {
  /// The guest's function to call on release; nil while it must not be called.
  var released: Function?
  /// The first unexpected error of such a call.
  private(set) var complaint: String?

  /// Creates an object that calls the guest with `kind` once the heap has released it.
  func make(_ kind: Int32) -> ExternalReference { ExternalReference(Object(self, kind)) }

  private func call(_ kind: Int32) {
    guard let released else { return }
    do {
      try released.call([.i32(kind)])
    } catch {
      complain(of: "released", error)
    }
  }

  /// Unordered functions may trap because segments were dropped, because a generated cast fails, or because their time is
  /// over. Any other error is a bug.
  func complain(of function: String, _ error: any Error) {
    if let trap = error as? Trap, Self.expected.contains(where: trap.message.hasPrefix) { return }
    complaint = complaint ?? "\(function): \(error)"
  }

  private static let expected = [
    "out of bounds memory access", "out of bounds table access", "cast failure", "call stack exhausted",
    "interrupted",
  ]

  private final class Object {
    let owner: GuestObjects
    let kind: Int32

    init(_ owner: GuestObjects, _ kind: Int32) {
      self.owner = owner
      self.kind = kind
    }

    deinit { owner.call(kind) }
  }
}
