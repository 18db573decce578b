import ModuleGenerator

/// Shrinks a failing module: removes or zeroes parts of the decisions from which it is generated, as long as the
/// resulting module still fails. (See ``Choices``.)
public struct Minimizer {
  private var recipe: ModuleGenerator.Recipe
  private let fails: (ModuleGenerator.Recipe) -> Bool
  private var attemptsLeft: Int

  /// - Parameters:
  ///   - recipe: a recipe that fails.
  ///   - attemptCount: the maximum number of calls of `fails`.
  ///   - fails: whether the module of a recipe still fails.
  public init(
    _ recipe: ModuleGenerator.Recipe, attemptCount: Int = 4_000, fails: @escaping (ModuleGenerator.Recipe) -> Bool
  ) {
    self.recipe = recipe
    self.fails = fails
    attemptsLeft = attemptCount
  }

  /// Returns the smallest failing recipe that was found.
  public mutating func run() -> ModuleGenerator.Recipe {
    var before: ModuleGenerator.Recipe
    repeat {
      before = recipe
      // Try first to empty the bodies of irrelevant functions.
      for body in recipe.bodies.indices where !recipe.bodies[body].isEmpty { attempt(\.bodies[body], []) }
      for body in recipe.bodies.indices { shrink(\.bodies[body]) }
      shrink(\.module)
    } while recipe != before && attemptsLeft > 0
    return recipe
  }

  private typealias List = WritableKeyPath<ModuleGenerator.Recipe, [UInt32]>

  @discardableResult
  private mutating func attempt(_ list: List, _ decisions: [UInt32]) -> Bool {
    guard attemptsLeft > 0, recipe[keyPath: list] != decisions else { return false }
    attemptsLeft -= 1
    var candidate = recipe
    candidate[keyPath: list] = decisions
    guard fails(candidate) else { return false }
    recipe = candidate
    return true
  }

  private mutating func shrink(_ list: List) {
    remove(from: list)
    clear(list)
    reduceNumbers(list)
  }

  /// Removes pieces from the end to the start, large ones first.
  private mutating func remove(from list: List) {
    var size = recipe[keyPath: list].count
    while size > 0 {
      var end = recipe[keyPath: list].count
      while end > 0 {
        let start = max(0, end - size)
        var shorter = recipe[keyPath: list]
        shorter.removeSubrange(start..<end)
        attempt(list, shorter)
        end = start
      }
      size /= 2
    }
  }

  /// Replaces pieces by zeros.
  private mutating func clear(_ list: List) {
    var size = recipe[keyPath: list].count
    while size > 0 {
      for start in stride(from: 0, to: recipe[keyPath: list].count, by: size) {
        var simpler = recipe[keyPath: list]
        for index in start..<min(start + size, simpler.count) { simpler[index] = 0 }
        attempt(list, simpler)
      }
      size /= 2
    }
  }

  /// Reduces numbers: halves them first, then subtracts smaller and smaller parts.
  private mutating func reduceNumbers(_ list: List) {
    for index in recipe[keyPath: list].indices {
      for shift in stride(from: UInt32(1), to: 32, by: 4) {
        var isSmaller = true
        while isSmaller {
          var simpler = recipe[keyPath: list]
          simpler[index] -= simpler[index] >> shift
          isSmaller = attempt(list, simpler)
        }
      }
    }
  }
}
