// swift-tools-version: 6.2
import PackageDescription

// A package apart, so that what only measures stays out of the product.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "Needletail", path: "..")],
  targets: [
    .executableTarget(name: "benchmarks"),
    // The only one that builds Needletail.
    .executableTarget(name: "calls", dependencies: [.product(name: "Needletail", package: "Needletail")]),
  ],
  swiftLanguageModes: [.v6]
)
