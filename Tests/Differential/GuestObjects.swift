import ModuleGenerator
import Needletail

/// Host objects whose release calls the guest. One for each store.
final class GuestObjects {
  /// The guest's function for it, while there is one to call.
  var released: Function?
  /// What went wrong when it was called.
  private(set) var complaint: String?

  /// An object that calls the guest with `kind` when the heap has lost it.
  func make(_ kind: Int32) -> ExternalReference { ExternalReference(Object(self, kind)) }

  private func call(_ kind: Int32) {
    guard let released else { return }
    do {
      try released.call([.i32(kind)])
    } catch {
      complain(of: "released", error)
    }
  }

  /// Functions without order may find their segments dropped, and the casts of generated code may fail; nothing else.
  func complain(of function: String, _ error: any Error) {
    if let trap = error as? Trap, Self.expected.contains(where: trap.message.hasPrefix) { return }
    complaint = complaint ?? "\(function): \(error)"
  }

  private static let expected = [
    "out of bounds memory access", "out of bounds table access", "cast failure", "call stack exhausted",
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
