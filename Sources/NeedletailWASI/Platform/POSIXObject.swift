#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a guest can hold of the host: something behind a descriptor of the host's.
///
/// The descriptor is closed once, when the guest has closed the last of its own and no call uses it any more: its number
/// could soon stand for something that is not the guest's.
public class POSIXObject {
  let descriptor: Int32
  /// Whether to close the descriptor; not for those that the process was started with.
  let isOwned: Bool
  private var isClosed = false
  /// How many calls use the descriptor while other threads of the guest go on. Belongs to who holds the guest's lock, as
  /// `isClosed` does.
  private var userCount = 0

  init(descriptor: Int32, isOwned: Bool) {
    self.descriptor = descriptor
    self.isOwned = isOwned
  }

  deinit {
    if isOwned, !isClosed { _ = systemClose(descriptor) }
  }

  public func close() throws(Errno) {
    guard isOwned, !isClosed else { return }
    isClosed = true
    guard userCount == 0 else { return }
    // After EINTR the descriptor is closed on Linux, and unspecified elsewhere: never call it again.
    guard systemClose(descriptor) == 0 || errno == EINTR else { throw .ofLastCall }
  }

  /// Keeps the descriptor open until ``endUse()``, whatever is closed.
  func beginUse() { userCount += 1 }

  func endUse() {
    userCount -= 1
    if userCount == 0, isClosed { _ = systemClose(descriptor) }
  }
}

func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
