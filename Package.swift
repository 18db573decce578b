// swift-tools-version: 6.2
import PackageDescription

// Targets stand in the order in which data flows through them; each depends only on what stands above it.
let package = Package(
  name: "Needletail",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "Needletail", targets: ["Needletail"]),
    .library(name: "NeedletailWASI", targets: ["NeedletailWASI"]),
    .library(name: "NeedletailC", type: .dynamic, targets: ["NeedletailC"]),
    .executable(name: "needletail", targets: ["NeedletailCLI"]),
  ],
  targets: [
    // Named for the package, since a module `System` would hide the one of Apple's systems from users of the package.
    .target(name: "NeedletailSystem", path: "Sources/System"),
    .target(name: "WebAssembly"),
    .target(name: "WasmBinary", dependencies: ["WebAssembly"]),
    .target(name: "WasmText", dependencies: ["WebAssembly", "WasmBinary"]),
    .target(name: "WasmValidation", dependencies: ["NeedletailSystem", "WebAssembly", "WasmBinary"]),
    .target(name: "WasmComponent", dependencies: ["WebAssembly", "WasmBinary", "WasmText", "WasmValidation"]),
    .target(name: "WasmRuntime", dependencies: ["NeedletailSystem", "WebAssembly"]),
    .target(name: "WasmInterpreter", dependencies: ["NeedletailSystem", "WebAssembly", "WasmRuntime"]),
    .target(name: "WasmCompiler", dependencies: ["NeedletailSystem", "WebAssembly", "WasmBinary", "WasmRuntime"]),
    .target(name: "WasmNative", dependencies: ["NeedletailSystem", "WebAssembly", "WasmRuntime", "WasmCompiler"]),
    .target(
      name: "Needletail",
      dependencies: [
        "NeedletailSystem", "WebAssembly", "WasmBinary", "WasmText", "WasmValidation", "WasmRuntime", "WasmInterpreter",
        "WasmCompiler", "WasmNative",
      ]),
    .target(
      name: "WasmScript",
      dependencies: ["WebAssembly", "Needletail", "WasmBinary", "WasmText", "WasmComponent", "NeedletailSystem"]),
    .target(name: "NeedletailWASI", dependencies: ["WebAssembly", "Needletail", "NeedletailSystem"]),
    // The C API: its headers, and their implementation.
    .target(name: "CNeedletail"),
    .target(
      name: "NeedletailC",
      dependencies: [
        "NeedletailSystem", "WebAssembly", "WasmBinary", "WasmText", "WasmValidation", "WasmRuntime", "WasmCompiler",
        "Needletail", "NeedletailWASI", "CNeedletail",
      ]),
    .executableTarget(
      name: "NeedletailCLI",
      dependencies: [
        "NeedletailSystem", "WebAssembly", "WasmBinary", "WasmText", "WasmComponent", "WasmCompiler", "WasmNative",
        "Needletail", "WasmScript", "NeedletailWASI",
      ]),
    // Random modules, and what runs them on all engines, for tests only.
    .target(name: "ModuleGenerator", dependencies: ["WebAssembly", "WasmBinary"], path: "Tests/ModuleGenerator"),
    .target(
      name: "Differential", dependencies: ["WebAssembly", "WasmNative", "Needletail", "ModuleGenerator"],
      path: "Tests/Differential"),
    // What several test targets need.
    .target(name: "TestSupport", dependencies: ["ModuleGenerator", "WasmText"], path: "Tests/TestSupport"),
    // Checks what the register allocator made: for tests, and for builds for fuzzing.
    .target(
      name: "AllocationChecking", dependencies: ["WebAssembly", "WasmCompiler"], path: "Tests/AllocationChecking"),
    .executableTarget(
      name: "needletail-fuzz",
      dependencies: ["Needletail", "WasmBinary", "WasmText", "ModuleGenerator", "Differential"],
      path: "Tests/needletail-fuzz"),
    // Targets for coverage-guided fuzzing. `Scripts/fuzz` builds the program with libFuzzer; other builds run single inputs.
    .target(
      name: "Fuzzing",
      dependencies: [
        "WebAssembly", "WasmBinary", "WasmText", "WasmValidation", "WasmComponent", "WasmRuntime", "WasmInterpreter",
        "WasmCompiler", "WasmNative", "Needletail", "NeedletailWASI", "ModuleGenerator", "Differential", "TestSupport",
        "AllocationChecking",
      ],
      path: "Tests/Fuzzing"),
    .executableTarget(name: "needletail-libfuzzer", dependencies: ["Fuzzing"], path: "Tests/needletail-libfuzzer"),
    .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing", "TestSupport", "WasmText"], exclude: ["Findings"]),
    .testTarget(
      name: "DifferentialTests", dependencies: ["Needletail", "ModuleGenerator", "Differential", "WasmText"],
      exclude: ["Findings"]),
    .testTarget(name: "NeedletailSystemTests", dependencies: ["NeedletailSystem", "TestSupport"]),
    .testTarget(name: "WasmBinaryTests", dependencies: ["TestSupport", "WebAssembly", "WasmBinary"]),
    .testTarget(name: "WasmTextTests", dependencies: ["TestSupport", "WebAssembly", "WasmBinary", "WasmText"]),
    .testTarget(name: "WasmTextPrinterTests", dependencies: ["TestSupport", "WebAssembly", "WasmBinary", "WasmText"]),
    .testTarget(
      name: "WasmRuntimeTests",
      dependencies: ["NeedletailSystem", "WebAssembly", "WasmBinary", "WasmText", "WasmRuntime"]),
    .testTarget(
      name: "WasmCompilerTests",
      dependencies: [
        "NeedletailSystem", "ModuleGenerator", "TestSupport", "AllocationChecking",
        "WebAssembly", "WasmBinary", "WasmText", "WasmValidation", "WasmRuntime", "WasmCompiler",
        "WasmNative", "Needletail",
      ]),
    .testTarget(
      name: "WasmNativeTests",
      dependencies: [
        "NeedletailSystem", "TestSupport", "WebAssembly", "WasmBinary", "WasmText", "WasmRuntime", "WasmCompiler",
        "WasmNative",
        "Needletail",
      ]),
    .testTarget(
      name: "WasmInterpreterTests",
      dependencies: [
        "TestSupport", "WebAssembly", "WasmBinary", "WasmText", "WasmRuntime", "WasmInterpreter", "Needletail",
      ]),
    .testTarget(
      name: "WasmValidationTests",
      dependencies: ["TestSupport", "WebAssembly", "WasmBinary", "WasmText", "WasmValidation"]),
    .testTarget(
      name: "WasmComponentTests",
      dependencies: ["TestSupport", "WebAssembly", "WasmBinary", "WasmText", "WasmValidation", "WasmComponent"]),
    .testTarget(name: "WasmScriptTests", dependencies: ["TestSupport", "WasmNative", "Needletail", "WasmScript"]),
    .testTarget(
      name: "NeedletailTests",
      dependencies: ["NeedletailSystem", "TestSupport", "Needletail", "WasmNative", "WasmRuntime", "WasmText"]),
    .testTarget(name: "NeedletailCLITests", dependencies: ["TestSupport", "NeedletailCLI"]),
    .testTarget(
      name: "NeedletailWASITests", dependencies: ["NeedletailSystem", "TestSupport", "Needletail", "NeedletailWASI"]),
    .testTarget(
      name: "NeedletailThreadTests", dependencies: ["NeedletailSystem", "Needletail", "NeedletailWASI", "WasmRuntime"]),
  ],
  swiftLanguageModes: [.v6]
)
