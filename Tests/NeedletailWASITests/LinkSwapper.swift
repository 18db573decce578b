#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Synchronization

/// A thread that alternately makes `swapped` the directory `real` and the link `link`, until it is stopped.
final class LinkSwapper: Sendable {
  private let path: String
  private let isStopped = Atomic<Bool>(false)
  private let isDone = Atomic<Bool>(false)

  init(_ path: String) { self.path = path }

  func start() {
    let context = Unmanaged.passRetained(self)
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    pthread_create(
      &thread, nil,
      { context in
        #if canImport(Darwin)
          Unmanaged<LinkSwapper>.fromOpaque(context).takeRetainedValue().run()
        #else
          Unmanaged<LinkSwapper>.fromOpaque(context!).takeRetainedValue().run()
        #endif
        return nil
      }, context.toOpaque())
  }

  private func run() {
    while !isStopped.load(ordering: .relaxed) {
      for name in ["real", "link"] {
        rename("\(path)/\(name)", "\(path)/swapped")
        rename("\(path)/swapped", "\(path)/\(name)")
      }
    }
    isDone.store(true, ordering: .releasing)
  }

  /// Returns when the thread no longer changes anything.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    while !isDone.load(ordering: .acquiring) { usleep(100) }
  }
}
