/// What compiled code does beyond what the standard asks for.
struct FrontEndOptions: Hashable, Sendable {
  /// Whether every NaN that an instruction makes is the canonical one, as in the standard's deterministic profile.
  var isDeterministic = false
  /// Whether loops and functions look for a request to stop.
  var isInterruptible = false
}
