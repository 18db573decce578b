import Testing
import TestSupport

@testable import NeedletailWASI

/// A guest program as a list of calls. Each call prints a line with its label, the error code, and parts of memory
/// after the call.
///
/// It is a complete module in the text format, so that other runtimes can run it.
struct ConformanceProgram: Sendable, CustomTestStringConvertible {
  var name: String
  var steps: [ConformanceStep]

  init(_ name: String, _ steps: [ConformanceStep]) {
    self.name = name
    self.steps = steps
  }

  var testDescription: String { name }

  var text: String {
    var builder = ConformanceModule()
    for step in steps { builder.add(step) }
    return builder.text
  }

  /// The expected output: here, and in wasmtime with its known differences.
  var expected: [String] { steps.map { "\($0.label): \($0.outcome)" } }
  var expectedOfWasmtime: [String] { steps.map { "\($0.label): \($0.difference?.outcome ?? $0.outcome)" } }
}

/// A call in a program.
struct ConformanceStep: Sendable {
  /// An argument, or two for a text or a table of buffers.
  enum Argument: Sendable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case number(UInt64)
    /// The address and length of a text.
    case text(String)
    /// The address of a named area of memory, which has at least this size.
    case out(String, Int)
    /// The number in a named area of memory.
    case value(String)
    /// The address of bytes.
    case data([UInt8])
    /// The address and count of a table of buffers, each in a named area of memory.
    case buffers([(name: String, count: Int)])
    /// The address and count of a table of texts.
    case texts([String])

    init(integerLiteral value: Int64) { self = .number(UInt64(bitPattern: value)) }
    init(stringLiteral value: String) { self = .text(value) }

    static func out(_ name: String) -> Argument { .out(name, 8) }
    static func rights(_ rights: Rights) -> Argument { .number(rights.rawValue) }
  }

  /// A part of a named area of memory, printed after the call.
  enum Part: Sendable {
    case number(String, offset: Int = 0, byteCount: Int = 4)
    case text(String, count: Int)
  }

  /// A known difference of another runtime.
  struct Difference: Sendable {
    var outcome: String
    var reason: String

    init(_ outcome: String, _ reason: String) {
      self.outcome = outcome
      self.reason = reason
    }
  }

  var label: String
  var function: String
  var arguments: [Argument]
  var parts: [Part]
  /// The error number and the parts of memory.
  var outcome: String
  var difference: Difference?

  init(
    _ label: String, _ function: String, _ arguments: Argument..., gives error: Errno = .success,
    shows parts: [(part: Part, text: String)] = [], wasmtime difference: Difference? = nil
  ) {
    self.label = label
    self.function = function
    self.arguments = arguments
    self.parts = parts.map(\.part)
    outcome = ([String(error.rawValue)] + parts.map(\.text)).joined(separator: " ")
    self.difference = difference
  }
}

/// Builds the module of a program.
private struct ConformanceModule {
  private static let types: [Character: String] = ["i": "i32", "I": "i64"]
  /// The address at which lines are composed.
  private static let lineAddress = 1 << 16

  private var data = ""
  private var code = ""
  private var nextAddress = 64
  private var named: [String: Int] = [:]

  mutating func add(_ step: ConformanceStep) {
    let parameters = Array(WASISignatures.all.first { $0.name == step.function }!.parameters)
    var operands: [String] = []
    for argument in step.arguments {
      for value in values(of: argument) { operands.append(operand(value, parameters[operands.count])) }
    }
    precondition(operands.count == parameters.count, step.label)
    code += "    (global.set $error (call $\(step.function) \(operands.joined(separator: " "))))\n"
    printText(step.label + ": ")
    code += "    (call $number (i64.extend_i32_u (global.get $error)))\n"
    for part in step.parts { print(part) }
    printText("\n")
    code += "    (call $flush)\n"
  }

  // MARK: Arguments

  private enum Value {
    case constant(UInt64)
    case load(Int)
  }

  private func operand(_ value: Value, _ type: Character) -> String {
    switch (value, type) {
    case (.constant(let number), "i"): "(i32.const \(UInt32(truncatingIfNeeded: number)))"
    case (.constant(let number), _): "(i64.const \(number))"
    case (.load(let address), _): "(i32.load (i32.const \(address)))"
    }
  }

  private mutating func values(of argument: ConformanceStep.Argument) -> [Value] {
    switch argument {
    case .number(let number): [.constant(number)]
    case .text(let text): [address(of: Array(text.utf8)), .constant(UInt64(text.utf8.count))]
    case .out(let name, let count): [.constant(UInt64(address(name, count)))]
    case .value(let name): [.load(address(name, 8))]
    case .data(let bytes): [address(of: bytes)]
    case .buffers(let buffers): table(buffers.map { (address($0.name, $0.count), $0.count) })
    case .texts(let texts): table(texts.map { (place(Array($0.utf8)), $0.utf8.count) })
    }
  }

  private mutating func table(_ entries: [(address: Int, count: Int)]) -> [Value] {
    let words = entries.flatMap { [UInt32($0.address), UInt32($0.count)] }
    return [
      address(of: words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }),
      .constant(UInt64(entries.count)),
    ]
  }

  private mutating func address(of bytes: [UInt8]) -> Value { .constant(UInt64(place(bytes))) }

  private mutating func place(_ bytes: [UInt8]) -> Int {
    let address = allocate(bytes.count)
    let digits = bytes.map { "\\" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    if !bytes.isEmpty { data += "  (data (i32.const \(address)) \"\(digits)\")\n" }
    return address
  }

  private mutating func address(_ name: String, _ count: Int) -> Int {
    if let address = named[name] { return address }
    let address = allocate(count)
    named[name] = address
    return address
  }

  private mutating func allocate(_ count: Int) -> Int {
    let address = nextAddress
    nextAddress += (count + 15) & ~7
    precondition(nextAddress < Self.lineAddress)
    return address
  }

  // MARK: Output

  private mutating func printText(_ text: String) {
    code += "    (call $text (i32.const \(place(Array(text.utf8)))) (i32.const \(text.utf8.count)))\n"
  }

  private mutating func print(_ part: ConformanceStep.Part) {
    printText(" ")
    switch part {
    case .number(let name, let offset, let byteCount):
      let load = [1: "i64.load8_u", 2: "i64.load16_u", 4: "i64.load32_u", 8: "i64.load"][byteCount]!
      code += "    (call $number (\(load) (i32.const \(named[name]! + offset))))\n"
    case .text(let name, let count):
      code += "    (call $text (i32.const \(named[name]!)) (i32.const \(count)))\n"
    }
  }

  var text: String {
    let imports = WASISignatures.all.map { name, parameters in
      let type = parameters.map { "(param \(Self.types[$0]!))" }.joined() + (name == "proc_exit" ? "" : "(result i32)")
      return "  (import \"wasi_snapshot_preview1\" \"\(name)\" (func $\(name) \(type)))\n"
    }
    return """
      (module
      \(imports.joined())  (memory (export "memory") 2)
      \(data)  (global $error (mut i32) (i32.const 0))
        (global $end (mut i32) (i32.const \(Self.lineAddress)))
        (func $text (param $address i32) (param $count i32)
          (memory.copy (global.get $end) (local.get $address) (local.get $count))
          (global.set $end (i32.add (global.get $end) (local.get $count))))
        (func $number (param $number i64)
          (if (i64.ge_u (local.get $number) (i64.const 10))
            (then (call $number (i64.div_u (local.get $number) (i64.const 10)))))
          (i32.store8 (global.get $end)
            (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
          (global.set $end (i32.add (global.get $end) (i32.const 1))))
        (func $flush
          (i32.store (i32.const 0) (i32.const \(Self.lineAddress)))
          (i32.store (i32.const 4) (i32.sub (global.get $end) (i32.const \(Self.lineAddress))))
          (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
          (global.set $end (i32.const \(Self.lineAddress))))
        (func (export "_start")
      \(code)  ))

      """
  }
}
