import WasmCompiler
import WasmRuntime
import WebAssembly

// Tables and element segments.
extension Runtime {
  static func tableGrow(_ context: Context, _ table: UInt64, _ value: UInt64, _ count: UInt64) -> UInt64 {
    word(context, context.growTable(Int(table), by: count, filling: value))
  }

  static func tableFill(
    _ context: Context, _ table: UInt64, _ start: UInt64, _ value: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context, context.fillTable(Int(table), at: start, with: value, count: count))
  }

  static func tableCopy(
    _ context: Context, _ target: UInt64, _ source: UInt64, _ start: UInt64, _ sourceStart: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context, context.copyTable(Int(target), at: start, from: Int(source), at: sourceStart, count: count))
  }

  static func tableInit(
    _ context: Context, _ segment: UInt64, _ table: UInt64, _ start: UInt64, _ sourceStart: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context,
      context.initializeTable(
        Int(table), at: start, fromElements: Int(segment), at: sourceStart, count: count))
  }

  static func elementDrop(_ context: Context, _ segment: UInt64) -> UInt64 {
    context.dropElements(Int(segment))
    return 0
  }
}
