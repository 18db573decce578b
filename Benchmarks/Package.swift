// swift-tools-version: 6.2
import PackageDescription

// A package apart, so that what only measures stays out of the product.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  targets: [.executableTarget(name: "benchmarks")],
  swiftLanguageModes: [.v6]
)
