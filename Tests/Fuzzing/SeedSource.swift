import Foundation
import ModuleGenerator
import TestSupport
import WasmComponent
import WasmText

/// The source of initial inputs: the modules and texts in the scripts of the standard's test suite, and
/// ``ModuleGenerator``.
public struct SeedSource {
  /// The maximum size of an input, in bytes.
  private let maximumSize: Int
  private let scripts: [String]

  /// The most inputs per script, so that scripts with thousands of similar modules do not dominate.
  private static let countPerScript = 25
  private static let generatedCount = 100

  /// - Parameter scripts: paths of scripts, relative to the test suite's folder.
  public init(maximumSize: Int, scripts: [String] = TestSuite.scripts) {
    self.maximumSize = maximumSize
    self.scripts = scripts
  }

  /// Modules in the binary format.
  ///
  /// - Parameters:
  ///   - limit: the maximum number, chosen evenly from all.
  ///   - isWanted: whether a module is suitable.
  func modules(limit: Int = 2000, _ isWanted: ([UInt8]) -> Bool) throws -> [[UInt8]] {
    var modules = try fromScripts { try? $0.bytes() }
    for seed in 1...UInt64(Self.generatedCount) {
      var options = ModuleGenerator.Options()
      options.functionCount = 3
      options.depth = 3
      modules.append(ModuleGenerator.module(seed: seed, options: options).bytes)
    }
    return sample(modules.filter { $0.count <= maximumSize && isWanted($0) }, limit)
  }

  /// Modules in the text format. They may be malformed.
  func texts() throws -> [[UInt8]] {
    let texts = try fromScripts { module in
      switch module.source {
      case .text(let script, let range): Array(script[range])
      case .quote(let text): text
      case .binary: nil
      }
    }
    return sample(texts.filter { $0.count <= maximumSize }, 2000)
  }

  /// Components in both formats.
  ///
  /// - Throws: if the component model's suite is not there.
  func components() throws -> [[UInt8]] {
    guard ComponentTestSuite.folder != nil else { throw ComponentTestSuite.Missing() }
    var result: [[UInt8]] = []
    for script in ComponentTestSuite.scripts {
      guard let commands = try? ScriptParser.parse(try ComponentTestSuite.contents(of: script)) else { continue }
      for module in commands.flatMap(\.modules) where module.isComponent {
        switch module.source {
        case .binary(let bytes): result.append(bytes)
        case .quote(let text): result.append(Array("(component ".utf8) + text + Array(")".utf8))
        case .text(let script, let range):
          result.append(Array("(component ".utf8) + script[range] + Array(")".utf8))
          if let component = try? ComponentParser.parse(script, range: range, name: module.name, isBody: true) {
            result.append(ComponentEncoder.encode(component))
          }
        }
      }
    }
    return sample(result.filter { $0.count <= maximumSize }, 2000)
  }

  /// Random bytes.
  func random(count: Int, size: Int) -> [[UInt8]] {
    var random = RandomSource(seed: 11)
    return (0..<count).map { _ in (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) } }
  }

  private func fromScripts(_ bytes: (ScriptModule) -> [UInt8]?) throws -> [[UInt8]] {
    guard TestSuite.folder != nil else { throw TestSuite.Missing() }
    var result: [[UInt8]] = []
    for script in scripts {
      guard let commands = try? ScriptParser.parse(try TestSuite.contents(of: script)) else { continue }
      result += sample(commands.flatMap(\.modules).compactMap(bytes), Self.countPerScript)
    }
    return result
  }

  private func sample(_ inputs: [[UInt8]], _ count: Int) -> [[UInt8]] {
    guard inputs.count > count else { return inputs }
    return (0..<count).map { inputs[$0 * inputs.count / count] }
  }
}
