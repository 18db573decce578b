// Two instructions that follow each other, executed by one handler.
//
// The code words stay those of two instructions; only the handler word of the first one changes. So a branch to the second one, a trap of
// it, and a source map mean the same as without the pair. The pairs were chosen by counts: see `HandlerTable+Pairs.swift`.

/// `First`, then `Second`. `First` does not branch.
enum Pair<First: Operation, Second: Operation>: Operation {
  typealias Format = First.Format

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard First.execute(&machine) else { return false }
    return Second.execute(&machine)
  }

  @inline(__always)
  static func executeThreaded(_ machine: Machine) {
    var machine = machine
    guard First.execute(&machine) else { return }
    Second.executeThreaded(machine)
  }
}

/// The same, where only `Second` reads the result of `First`, from the accumulator: the result's slot is not written.
enum SilentPair<First: Operation, Second: Operation>: Operation where First.Format: ResultFormat {
  typealias Format = First.Format

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.isSilent = true
    guard First.execute(&machine) else { return false }
    machine.isSilent = false
    return Second.execute(&machine)
  }

  @inline(__always)
  static func executeThreaded(_ machine: Machine) {
    var machine = machine
    machine.isSilent = true
    guard First.execute(&machine) else { return }
    machine.isSilent = false
    Second.executeThreaded(machine)
  }
}

extension HandlerTable {
  /// Registers the pair of two handlers.
  @inline(__always)
  mutating func pair<First: Operation, Second: Operation>(_ first: HandlerEntry<First>, _ second: HandlerEntry<Second>)
  {
    let (firstNumber, secondNumber) = (number(at: first.position, First.self), number(at: second.position, Second.self))
    pairs.insert(add(Pair<First, Second>.self), first: firstNumber, second: secondNumber)
  }

  /// Registers the pair of two handlers, and the ``SilentPair`` if the second one reads an operand from the accumulator.
  @inline(__always)
  mutating func pair<First: Operation, Second: Operation>(_ first: HandlerEntry<First>, _ second: HandlerEntry<Second>)
  where First.Format: ResultFormat {
    let (firstNumber, secondNumber) = (number(at: first.position, First.self), number(at: second.position, Second.self))
    let pair = add(Pair<First, Second>.self)
    if let operand = second.operand {
      pairs.insert(
        pair, first: firstNumber, second: secondNumber, silentPair: add(SilentPair<First, Second>.self),
        operandOffset: operand)
    } else {
      pairs.insert(pair, first: firstNumber, second: secondNumber)
    }
  }
}
