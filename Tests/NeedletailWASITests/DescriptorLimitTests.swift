import Needletail
import NeedletailWASI
import Testing

/// The limit of the process on descriptors of programs.
@Suite struct DescriptorLimitTests {
  @Test("Descriptors of all programs count towards the limit of the process, and are given back")
  func process() async {
    await #expect(processExitsWith: .success) {
      precondition(Engine.processUsage.descriptorCount == 0)
      Engine.processLimits.descriptorCount = 7
      var configuration = WASI.Configuration()
      configuration.standardInput = .null
      configuration.standardOutput = .null
      configuration.standardError = .null
      var first: WASI? = try WASI(configuration)
      let second = try WASI(configuration)
      precondition(Engine.processUsage.descriptorCount == 6 && first != nil)
      do {
        _ = try WASI(configuration)
        preconditionFailure("there was room")
      } catch let error as LimitExceeded {
        precondition(error.scope == .process && error.setting == "Engine.processLimits.descriptorCount", "\(error)")
        precondition(error.limit == 7 && error.resource == .descriptors)
      }
      precondition(Engine.processUsage.descriptorCount == 6)
      first = nil
      precondition(Engine.processUsage.descriptorCount == 3)
      _ = try WASI(configuration)
      withExtendedLifetime(second) {}
    }
  }
}
