/// A part of a module that belongs to proposals that are off.
package struct MissingFeature: Hashable, Sendable {
  /// The part, such as an instruction, at the beginning of a sentence.
  package var part: String
  /// The proposals that it needs.
  package var features: Features
  /// Whether one of them is enough.
  package var isAnyEnough: Bool

  package init(_ part: String, needs features: Features, isAnyEnough: Bool = false) {
    self.part = part
    self.features = features
    self.isAnyEnough = isAnyEnough
  }

  /// The names of proposals to turn on.
  package var names: [String] {
    let names = Features.names.filter { features.contains($0.feature) }.map(\.name)
    return isAnyEnough ? Array(names.prefix(1)) : names
  }
}

extension MissingFeature: CustomStringConvertible {
  /// `try needs the proposal legacy-exceptions, which is off`
  package var description: String {
    let names = Features.names.filter { features.contains($0.feature) }.map(\.name)
    let list = names.joined(separator: isAnyEnough ? " or " : " and ")
    return "\(part) needs the proposal \(list), which is off"
  }
}
