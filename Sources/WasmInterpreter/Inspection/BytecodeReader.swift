import WasmRuntime
import WebAssembly

/// Reads the instructions of code words for the loop dispatcher, by the formats of their handlers.
struct BytecodeReader {
  private let words: [UInt64]
  private let functions: ModuleFunctions
  private var position = 0

  /// - Parameter functions: the module that the words belong to.
  init(_ words: [UInt64], _ functions: ModuleFunctions) {
    self.words = words
    self.functions = functions
  }

  /// The next instruction; nil at the end.
  mutating func next() throws(UnreadableBytecode) -> BytecodeListing.Instruction? {
    guard position < words.count else { return nil }
    let handlers = HandlerTable.shared
    guard words[position] < UInt64(handlers.count) else { throw UnreadableBytecode(position: position) }
    let number = Int(words[position])
    let instruction = try read(handlers.format(number).format, HandlerTable.names[number])
    position += instruction.wordCount
    return instruction
  }

  private func read<Format: InstructionFormat>(
    _: Format.Type, _ name: String
  ) throws(UnreadableBytecode) -> BytecodeListing.Instruction {
    let value: Format = try load(at: 8 * position)
    let variant = value.variant
    if variant != Format.self { return try read(variant, name) }
    let wordCount = Format.wordCount(elementCount: value.elementCount)
    guard wordCount <= words.count - position else { throw UnreadableBytecode(position: position) }
    let context = OperandContext(position: position, function: function(at:))
    var instruction = BytecodeListing.Instruction(position: position, wordCount: wordCount, name: name)
    for (name, operand) in FormatDescription.operands(of: value) {
      if let text = operand.text(in: context) { instruction.operands.append((name, text)) }
    }
    for index in 0..<value.elementCount {
      let offset = 8 * position + Format.byteCount + index * MemoryLayout<Format.Element>.stride
      let element: Format.Element = try load(at: offset)
      if let text = element.text(in: context) { instruction.elements.append(text) }
    }
    return instruction
  }

  /// The function with the record at an address.
  private func function(at address: UInt64) -> UInt32? {
    let module = functions.image.module
    guard let record = UnsafeMutablePointer<FunctionCode>(bitPattern: UInt(address)) else { return nil }
    let index = record - functions[0]
    return module.functions.indices.contains(index) ? UInt32(module.importedFunctions.count + index) : nil
  }

  private func load<T: BitwiseCopyable>(at offset: Int) throws(UnreadableBytecode) -> T {
    guard MemoryLayout<T>.size <= 8 * words.count - offset else { throw UnreadableBytecode(position: position) }
    return words.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
  }
}

/// The operands of a format, by reflection: names, places and types are declared by the format's properties alone.
enum FormatDescription {
  /// The operands of an instruction, in order, with the names of their properties.
  static func operands<Format: InstructionFormat>(of instruction: Format) -> [(name: String, operand: any OperandField)]
  {
    Mirror(reflecting: instruction).children.compactMap { child in
      guard let name = child.label, let operand = child.value as? any OperandField else { return nil }
      return (name, operand)
    }
  }
}

extension HandlerTable {
  /// The name of each handler: the instruction and, unless all operands are in slots, the form.
  static let names: [String] = {
    var names = Array(repeating: "", count: shared.count)
    for form in Form.allCases {
      let suffix = form == .slots ? "" : " \(form)"
      for opcode in Opcode.allCases {
        guard let number = shared.number(opcode, form) else { continue }
        names[number] = "\(InstructionTable.shared[opcode].mnemonic)\(suffix)"
      }
      for auxiliary in Auxiliary.allCases {
        guard let number = shared.number(optional: auxiliary, form) else { continue }
        names[number] = "\(auxiliary)\(suffix)"
      }
    }
    // A pair is listed as its first instruction; the words of the second follow.
    shared.pairs.forEach { pair, first, _ in names[pair] = names[first] }
    return names
  }()
}
