import WasmRuntime
import WebAssembly

/// Shows the compiler's output for a module's functions, for people and tools. It runs nothing.
///
/// Functions are identified by their index among those that the module defines.
package final class ModuleInspector {
  package let image: ModuleImage
  package let options: CompilerOptions
  private var compiler: FunctionCompiler<NativeBackend>

  package init(_ image: ModuleImage, _ options: CompilerOptions) {
    self.image = image
    var options = options
    options.recordsPositions = true
    self.options = options
    compiler = FunctionCompiler(ModuleFacts(image, checksBounds: options.checksBounds), options)
  }

  /// A function's graph as text, after the front end and after each pass. The last one becomes code.
  ///
  /// - Throws: if the compiler leaves the function to the interpreter.
  package func graphs(_ function: Int) throws(CompilationRefusal) -> [(step: String, text: String)] {
    try compiler.graphs(function)
  }

  /// The last of a function's graphs, line by line, with each line's offset in the binary.
  package func graphLines(_ function: Int) throws(CompilationRefusal) -> [(text: Substring, source: UInt32?)] {
    guard let graph = try graphs(function).last else { return [] }
    return graph.text.split(separator: "\n").map { line in
      // A line ends with ` @0x`, and the offset.
      guard let space = line.lastIndex(of: " "), line[space...].hasPrefix(" @0x"),
        let source = UInt32(line[space...].dropFirst(4), radix: 16)
      else { return (line, nil) }
      return (line[..<space], source)
    }
  }

  /// Compiles all functions on one thread.
  ///
  /// - Returns: the passes that ran, in their order, and how long each took for all functions together.
  package func passTimes() -> [(name: String, duration: Duration)] {
    let timings = PassTimings()
    _ = ModuleCompiler.compile(image, options, threadCount: 1, timings: timings)
    return timings.times.rows
  }

  /// A function's machine code.
  ///
  /// - Parameter functionName: the name of a function by its index, for calls.
  /// - Throws: if the compiler leaves the function to the interpreter.
  package func code(
    _ function: Int, functionName: (UInt32) -> String?
  ) throws(CompilationRefusal) -> CodeListing {
    CodeListing(try compiler.compile(function), functionName: functionName)
  }
}
