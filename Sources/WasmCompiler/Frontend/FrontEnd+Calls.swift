import WasmRuntime
import WebAssembly

// Calls.

extension FrontEnd {
  /// Pops the arguments of a call.
  private mutating func popArguments(_ signature: ModuleFacts.Signature, _ instruction: inout Instruction) {
    let count = Int(signature.parameters.count)
    instruction.listStart = graph.makeList(stack[stack.count - count..<stack.count])
    instruction.listCount = UInt32(count)
    instruction.source = source
    stack.removeLast(count)
  }

  /// Emits a call, and pushes its results.
  private mutating func emitCall(_ call: Instruction, _ signature: ModuleFacts.Signature) {
    var call = call
    popArguments(signature, &call)
    let count = Int(signature.results.count)
    if count == 1 { call.type = facts.type(signature.results, 0) }
    let value = emit(call)
    graph.callSites.append(value)
    if count == 1 { stack.append(value) }
    if count > 1 {
      for index in 0..<count {
        stack.append(
          emit(
            Instruction(
              operation: .result, type: facts.type(signature.results, index), a: value, immediate: UInt64(index))))
      }
    }
    catchExceptions()
  }

  private mutating func emitTailCall(_ call: Instruction, _ signature: ModuleFacts.Signature) {
    var call = call
    popArguments(signature, &call)
    // The callee may do the same, without a check of the stack.
    if call.operation == .tailCall { emitInterruptionCheck() }
    terminate(call, edgeCount: 0)
  }

  /// The reference to a function of the module.
  mutating func functionReference(_ index: UInt32) -> Value {
    loadField(contextField(offsets.instance.functions), 8 * Int(index), .constant)
  }

  // MARK: Direct calls

  mutating func lowerCall() throws {
    let index = try reader.readU32()
    let type = facts.functionTypes[index]
    var call = Instruction(operation: .call, type: .none, index: index, immediate: UInt64(type))
    if index < facts.importedFunctionCount {
      call.operation = .callReference
      call.index = 0
      call.a = functionReference(index)
    }
    emitCall(call, facts.signatures[type])
  }

  mutating func lowerTailCall() throws {
    let index = try reader.readU32()
    let type = facts.functionTypes[index]
    var call = Instruction(operation: .tailCall, type: .none, index: index, immediate: UInt64(type))
    if index < facts.importedFunctionCount {
      call.operation = .tailCallReference
      call.index = 0
      call.a = functionReference(index)
    }
    emitTailCall(call, facts.signatures[type])
  }

  // MARK: Calls of references

  mutating func lowerReferenceCall(isTail: Bool) throws {
    let type = try reader.readU32()
    let reference = stack.removeLast()
    trap(if: isZero(reference), .nullFunctionReference)
    call(reference, type, isTail: isTail)
  }

  private mutating func call(_ reference: Value, _ type: UInt32, isTail: Bool) {
    let call = Instruction(
      operation: isTail ? .tailCallReference : .callReference, type: .none, a: reference, immediate: UInt64(type))
    if isTail { emitTailCall(call, facts.signatures[type]) } else { emitCall(call, facts.signatures[type]) }
  }

  mutating func lowerIndirectCall() throws {
    let type = try reader.readU32()
    call(try readCallee(type), type, isTail: false)
  }

  mutating func lowerIndirectTailCall() throws {
    let type = try reader.readU32()
    call(try readCallee(type), type, isTail: true)
  }

  /// Reads the table and index of an indirect call; returns the callee.
  private mutating func readCallee(_ type: UInt32) throws -> Value {
    let table = try reader.readU32()
    let index = wide(stack.removeLast(), is64: facts.tables[table].is64)
    let cell = tableCell(table)
    let count = loadField(cell, offsets.table.count, .tables)
    let isOutside = wasm(.i64GeU, .i32, index, count)
    let safe = isAlwaysInside(index, table) ? index : masked(index, if: isOutside)
    let missing = makeBlock(isCold: true)
    let inside = makeBlock()
    branch(isOutside, missing, inside, .unlikely)
    begin(inside)
    let elements = loadField(cell, offsets.table.elements, .tables)
    let place = wasm(.i64Shl, .i64, safe, i64(3))
    let reference = loadField(elements, 0, .tables, index: place, flags: .guarded)
    let initialized = makeBlock()
    branch(isZero(reference), missing, initialized, .unlikely)
    begin(missing)
    callRuntime(.recordMissingCallee, [i32(table), index])
    trap(raw: Instruction.recordedTrap)
    begin(initialized)
    let wanted = canonicalType(type)
    let found = loadField(reference, offsets.function.type, .constant, .i32Load, .i32, flags: .guarded)
    let differs = wasm(.i32Ne, .i32, found, wanted)
    let mismatch = makeBlock(isCold: true)
    let next = makeBlock()
    if facts.image.module.types[Int(type)].isFinal {
      branch(differs, mismatch, next, .unlikely)
    } else {
      let slow = makeBlock(isCold: true)
      branch(differs, slow, next, .unlikely)
      begin(slow)
      testSupertypes(of: found, wanted, depth: facts.typeDepths[type], next, mismatch)
    }
    begin(mismatch)
    callRuntime(.recordMismatch, [reference, i32(type)])
    trap(raw: Instruction.recordedTrap)
    begin(next)
    return reference
  }
}
