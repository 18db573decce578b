#if os(Linux)
  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// C's `syscall`, which Swift does not import because it is variadic. Both calling conventions pass the first six integer arguments in
  /// the same registers.
  ///
  /// The package has only one declaration: with two of different types, modules that are built for testing cannot be read.
  @_silgen_name("syscall")
  package func systemCall(_ number: Int, _ a: Int, _ b: Int, _ c: Int, _ d: Int) -> Int
#endif
