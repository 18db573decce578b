import Foundation
import Testing

@testable import WasmCompiler

@Suite("Processor features of x86-64")
struct X86_64FeaturesTests {
  #if os(Linux) && arch(x86_64)
    @Test("The detected features are those that the system reports")
    func native() throws {
      let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("flags") })
      let flags = Set(line.split(separator: " ").map(String.init))
      for (name, feature) in X86_64Features.names {
        // The kernel uses a different name for this one.
        let flag = name == "lzcnt" ? "abm" : name
        #expect(X86_64Features.native.contains(feature) == flags.contains(flag), "\(name)")
      }
    }
  #endif
}
