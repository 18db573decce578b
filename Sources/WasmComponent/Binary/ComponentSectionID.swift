/// The sections of a component; the raw value is the identifier in the binary format. (Component model, "Component Definitions".)
public enum ComponentSectionID: UInt8, Hashable, Sendable, CaseIterable {
  case custom = 0
  case coreModule = 1
  case coreInstances = 2
  case coreTypes = 3
  case component = 4
  case instances = 5
  case aliases = 6
  case types = 7
  case canonicals = 8
  case start = 9
  case imports = 10
  case exports = 11
  case values = 12
}

/// The first bytes of type definitions. (Component model, "Type Definitions".)
enum ComponentTypeCode {
  static let coreModule: UInt8 = 0x50
  static let asyncFunction: UInt8 = 0x43
  static let instance: UInt8 = 0x42
  static let component: UInt8 = 0x41
  static let function: UInt8 = 0x40
  static let resource: UInt8 = 0x3F

  static let record: UInt8 = 0x72
  static let variant: UInt8 = 0x71
  static let list: UInt8 = 0x70
  static let tuple: UInt8 = 0x6F
  static let flags: UInt8 = 0x6E
  static let enumeration: UInt8 = 0x6D
  static let option: UInt8 = 0x6B
  static let result: UInt8 = 0x6A
  static let own: UInt8 = 0x69
  static let borrow: UInt8 = 0x68
  static let fixedLengthList: UInt8 = 0x67
  static let stream: UInt8 = 0x66
  static let future: UInt8 = 0x65
  static let map: UInt8 = 0x63
}
