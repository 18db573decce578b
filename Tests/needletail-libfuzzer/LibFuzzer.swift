#if FUZZING
  import Foundation
  import Fuzzing

  // The interface of libFuzzer. (LLVM, "libFuzzer – a library for coverage-guided fuzz testing"; compiler-rt, FuzzerInterface.h.)

  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
  ) -> CInt

  @_silgen_name("LLVMFuzzerMutate")
  private func mutateBytes(_ data: UnsafeMutablePointer<UInt8>?, _ count: Int, _ maximumCount: Int) -> Int

  /// Runs libFuzzer on one target. It uses one thread, so that the target needs no lock.
  enum LibFuzzer {
    nonisolated(unsafe) fileprivate static var target: any FuzzTarget = FuzzTargetName.decoder.type.init()

    /// Fuzzes as specified on the command line. libFuzzer ignores arguments that begin with `--`.
    ///
    /// - Returns: the exit status.
    static func run(_ name: FuzzTargetName) -> CInt {
      target = name.type.init()
      var count = CommandLine.argc
      var arguments = CommandLine.unsafeArgv
      return runDriver(&count, &arguments, testOneInput)
    }

    /// The built-in mutations of libFuzzer.
    fileprivate static func changed(_ bytes: [UInt8], _ maximumSize: Int) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: max(bytes.count, maximumSize)) { buffer, count in
        _ = buffer.initialize(fromContentsOf: bytes)
        count = mutateBytes(buffer.baseAddress, bytes.count, maximumSize)
      }
    }
  }

  /// - Returns: -1 if the input should not be added to the corpus.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
      return try LibFuzzer.target.run(Array(UnsafeBufferPointer(start: data, count: count))) ? 0 : -1
    } catch {
      FileHandle.standardError.write(Data("FINDING: \(error)\n".utf8))
      abort()
    }
  }

  @_cdecl("LLVMFuzzerCustomMutator")
  public func mutate(_ data: UnsafeMutablePointer<UInt8>?, _ count: Int, _ maximumCount: Int, _ seed: CUnsignedInt)
    -> Int
  {
    guard let data else { return 0 }
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    var mutation = Mutation(seed: UInt64(seed), maximumSize: maximumCount, changeBytes: LibFuzzer.changed)
    guard let result = LibFuzzer.target.mutate(input, &mutation), result.count <= maximumCount else {
      return mutateBytes(data, count, maximumCount)
    }
    for (index, byte) in result.enumerated() { data[index] = byte }
    return result.count
  }
#endif
