import NeedletailSystem

/// An object of the host that a guest can hold, with the host's descriptor.
///
/// The descriptor is closed once, when the guest has closed its last descriptor of the object and no call uses it any
/// longer. If it were closed earlier, its number could be reused for an object that is not the guest's.
public class POSIXObject {
  let descriptor: FileDescriptor
  /// Whether to close the descriptor; false for descriptors that the process or the embedder owns.
  let isOwned: Bool
  private var isClosed = false
  /// The number of calls that use the descriptor while other threads of the guest run. Protected by the guest's lock,
  /// as is `isClosed`.
  private var userCount = 0

  init(descriptor: FileDescriptor, isOwned: Bool) {
    self.descriptor = descriptor
    self.isOwned = isOwned
  }

  deinit {
    if isOwned, !isClosed { descriptor.closeIgnoringErrors() }
  }

  /// Closes the descriptor if it is owned, as soon as no call uses it. Later calls do nothing.
  public func close() throws(Errno) {
    guard isOwned, !isClosed else { return }
    isClosed = true
    guard userCount == 0 else { return }
    do throws(SystemError) {
      try descriptor.close()
    } catch {
      // An interrupted call must not be repeated, and tells nothing to the guest.
      guard error == .intr else { throw Errno(error) }
    }
  }

  /// Keeps the descriptor open until ``endUse()``, even if the guest closes it.
  func beginUse() { userCount += 1 }

  func endUse() {
    userCount -= 1
    if userCount == 0, isClosed { descriptor.closeIgnoringErrors() }
  }
}
