import Fuzzing
import Testing
import TestSupport

@Suite("Fuzz targets work", .serialized)
struct TargetTests {
  private static let scripts = [
    "array.wast", "br_table.wast", "data.wast", "global.wast", "if.wast", "imports.wast", "simd_const.wast",
    "table_copy.wast",
    "try_table.wast", "type-rec.wast",
  ]

  /// Mutates one byte.
  private static func changeByte(_ bytes: [UInt8], _ maximumSize: Int) -> [UInt8] {
    var bytes = bytes
    if bytes.isEmpty { return [0] }
    bytes[bytes.count / 2] &+= 1
    return bytes
  }

  @Test("Seeds and their mutations are not findings", arguments: FuzzTargetName.allCases)
  func seeds(name: FuzzTargetName) throws {
    let maximumSize = name.type.maximumInputSize
    let seeds = try name.type.seeds(SeedSource(maximumSize: maximumSize, scripts: Self.scripts))
    #expect(seeds.count >= 90)
    #expect(seeds.allSatisfy { $0.count <= maximumSize })
    var target = name.type.init()
    for index in stride(from: 0, to: seeds.count, by: seeds.count / 10) {
      _ = try target.run(seeds[index])
      var mutation = Mutation(seed: UInt64(index), maximumSize: maximumSize, changeBytes: Self.changeByte)
      guard let changed = target.mutate(seeds[index], &mutation) else { continue }
      #expect(changed.count <= maximumSize)
      _ = try target.run(changed)
    }
  }

  @Test("Empty and random inputs are not findings", arguments: FuzzTargetName.allCases)
  func noise(name: FuzzTargetName) throws {
    var target = name.type.init()
    _ = try target.run([])
    var random = RandomSource(seed: 1)
    for count in [1, 7, 100, 1000] {
      _ = try target.run((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
  }
}
