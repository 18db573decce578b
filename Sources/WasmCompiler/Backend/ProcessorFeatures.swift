/// Features of a processor beyond the baseline of its instruction set.
///
/// The backend of the instruction set defines the bits. Their meaning never changes, since artifacts store them.
package struct ProcessorFeatures: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Code for any processor of the instruction set.
  package static let baseline: ProcessorFeatures = []
  /// The features of this machine.
  package static let native = NativeBackend.nativeFeatures

  /// The usual names of the features in the set.
  package var names: [String] {
    let known = NativeBackend.featureNames.filter { contains($0.feature) }
    let rest = subtracting(ProcessorFeatures(known.map(\.feature)))
    return known.map(\.name) + (rest.isEmpty ? [] : ["features that this version does not know"])
  }
}
