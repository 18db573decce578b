// swift-tools-version: 6.2
import PackageDescription

// A separate package keeps benchmark code out of the product.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "Needletail", path: "..")],
  targets: [
    .executableTarget(name: "benchmarks"),
    // Only these depend on Needletail.
    .executableTarget(name: "calls", dependencies: [.product(name: "Needletail", package: "Needletail")]),
    .executableTarget(name: "instances", dependencies: [.product(name: "Needletail", package: "Needletail")]),
    .executableTarget(name: "suspension", dependencies: [.product(name: "Needletail", package: "Needletail")]),
  ],
  swiftLanguageModes: [.v6]
)
