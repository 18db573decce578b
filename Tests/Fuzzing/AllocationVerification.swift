#if FUZZING
  import AllocationChecking
  import WasmCompiler

  /// The check of every register allocation in builds for fuzzing.
  public enum AllocationVerification {
    /// Must be called before anything is compiled.
    public static func enable() {
      NativeBackend.allocationProblems = { function, registerFile in
        var checker = AllocationChecker(registerFile)
        checker.check(function)
        return checker.problems
      }
    }
  }
#endif
