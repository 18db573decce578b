import NeedletailWASI

/// Sequences of calls with paths that try to leave the sandbox: in host folders, resolved by the kernel and by walking,
/// and in memory. The host swaps links and folders between the calls.
///
/// - Nothing outside of the sandbox is read, listed or changed.
/// - All descriptors are closed.
/// - Until the host swaps something, all three return the same error codes, descriptors and contents.
struct PathsTarget: FuzzTarget {
  private static let maximumCallCount = 30

  mutating func run(_ input: [UInt8]) throws -> Bool {
    let place = SandboxPlace()
    var input = InputReader(input)
    do {
      let worlds = try PathWorld.all(in: place)
      defer { for world in worlds { world.guest.wasi.closeAll() } }
      var isComparable = true
      for _ in 0..<Self.maximumCallCount where !input.isAtEnd {
        if let call = PathCall(&input) {
          let outcomes = try worlds.map { try call.perform(in: $0, place) }
          if isComparable, let other = outcomes.firstIndex(where: { $0 != outcomes[0] }) {
            throw Finding("\(call): \(worlds[0].name) gives \(outcomes[0]), \(worlds[other].name) \(outcomes[other])")
          }
        } else {
          place.swap(input.below(SandboxPlace.swapCount))
          isComparable = false
        }
      }
    }
    guard place.isOutsideUnchanged else { throw Finding("something outside of the sandbox was changed") }
    guard place.openDescriptorCount == 0 else { throw Finding("descriptors are still open") }
    return true
  }

  static func show(_ input: [UInt8]) -> String? {
    var input = InputReader(input)
    var lines: [String] = []
    while lines.count < maximumCallCount, !input.isAtEnd {
      lines.append(PathCall(&input)?.description ?? "the host swaps \(input.below(SandboxPlace.swapCount))")
    }
    return lines.joined(separator: "\n")
  }

  static var maximumInputSize: Int { 512 }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] { source.random(count: 150, size: 200) }
}
