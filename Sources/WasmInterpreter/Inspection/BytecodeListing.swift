import WasmRuntime
import WebAssembly

/// The code words of a function as text.
///
/// A line has the position of the instruction's first word, its name and form, its operands by the names of their fields, the elements of
/// an instruction of variable length, and the offset in the binary of the instruction that it comes from.
package struct BytecodeListing {
  /// An instruction of the code.
  struct Instruction {
    /// The position of its first word.
    var position: Int
    /// The number of its words.
    var wordCount: Int
    var name: String
    var operands: [(name: String, value: String)] = []
    var elements: [String] = []

    var text: String {
      var text = "\(position): \(name)"
      for operand in operands { text += " \(operand.name)=\(operand.value)" }
      if !elements.isEmpty { text += " [\(elements.joined(separator: ", "))]" }
      return text
    }
  }

  private(set) var instructions: [Instruction] = []
  /// The number of words of the function.
  package let wordCount: Int
  private let catchTable: CatchTable
  /// The offset in the binary of the instruction that a word was generated for.
  private let offset: (Int) -> Int?

  /// - Parameter function: the index among the functions that the module defines.
  /// - Throws: `LimitExceeded` or `UnsupportedInstruction` if the function cannot be lowered, ``UnreadableBytecode``.
  package init(_ functions: ModuleFunctions, _ interpreter: Interpreter, function: Int) throws {
    // Handlers are numbers in the code for the loop dispatcher, whatever the interpreter's is.
    let code = try Lowering.lower(
      functions, interpreter, functionIndex: function,
      maximumWordCount: Interpreter.maximumWordCount(of: functions.image.module), dispatch: .loop)
    let words = try code.finished()
    wordCount = words.count
    catchTable = code.catchTable
    offset = interpreter.offsets(inFunction: function, of: functions)
    var reader = BytecodeReader(words, functions)
    while let instruction = try reader.next() { instructions.append(instruction) }
  }

  /// The instructions, one in a line, then the regions of the catch table.
  ///
  /// - Parameter withSources: whether lines end with the offset in the binary of the instruction that they come from, if it is another one
  ///   than for the line before.
  package func text(withSources: Bool = true) -> String {
    var text = ""
    var last: Int?
    for instruction in instructions {
      text += instruction.text
      let source = withSources ? offset(instruction.position) : nil
      if let source, source != last { text += " ; 0x" + String(source, radix: 16) }
      last = source
      text += "\n"
    }
    return text + catchText
  }

  private var catchText: String {
    var text = ""
    for (index, region) in catchTable.regions.enumerated() {
      text += "region \(index): @\(region.start)..<@\(region.end)"
      if let next = region.next.value { text += " next=\(next)" }
      text += "\n"
      for clause in catchTable.clauses(of: index) {
        text += "  catch " + (clause.tag.value.map { "tag=\($0)" } ?? "all") + " target=@\(clause.target)"
        if let slot = clause.payloadSlot.value { text += " payload=s\(slot)" }
        if let slot = clause.referenceSlot.value { text += " reference=s\(slot)" }
        text += "\n"
      }
    }
    return text
  }
}

/// Code words that are no instruction, or end inside of one. Only a fault of the lowering can cause it.
package struct UnreadableBytecode: Error, CustomStringConvertible {
  let position: Int

  package var description: String { "the interpreter's code is not readable at word \(position)" }
}
