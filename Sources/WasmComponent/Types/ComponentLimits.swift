/// Limits on components beside those of the modules in them. They are checked before memory is allocated.
public enum ComponentLimits {
  /// Components and types of components and instances inside each other.
  public static let nesting = 100
  /// Entries of one section, declarations of one type, arguments of one instance.
  public static let entries = 1_000_000
  /// Fields, cases, labels or parameters of one type.
  public static let fields = 10_000
  /// Bytes of a name.
  public static let nameSize = 100_000
  /// How deep value types may be nested.
  public static let typeDepth = 100
  /// How many steps all comparisons and substitutions of types in one component may take. Types that double with each definition would
  /// take more time than their size suggests.
  public static let typeWork = 20_000_000
}
