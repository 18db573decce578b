/// A function that is left to the interpreter.
package struct FunctionRefusal: Sendable {
  /// The index among the functions that the module defines.
  package var function: Int
  package var reason: String
  /// The function's name, if it was stored, so that the module's names need not be read.
  package var name: String?
}
