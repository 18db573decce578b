import Needletail

enum Version {
  static let current = Engine.version
  /// What `--version` prints.
  static let text = "needletail \(current)\n"
}
