import Needletail

enum Version {
  static let current = Engine.version
}
