import Foundation
import Testing

@testable import WasmCompiler

@Suite("CPU features")
struct CPUFeaturesTests {
  #if os(Linux) && arch(x86_64)
    @Test("The detected features are those that the system reports")
    func native() throws {
      let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("flags") })
      let flags = Set(line.split(separator: " ").map(String.init))
      for (name, feature) in CPUFeatures.names {
        // The kernel uses a different name for this one.
        let flag = name == "lzcnt" ? "abm" : name
        #expect(CPUFeatures.native.contains(feature) == flags.contains(flag), "\(name)")
      }
    }
  #endif
}
