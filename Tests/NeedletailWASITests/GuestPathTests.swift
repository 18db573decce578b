import NeedletailWASI
import Testing

/// Paths and names that directories receive.
@Suite struct GuestPathTests {
  private func error(_ string: String) -> Errno? {
    do throws(Errno) {
      _ = try GuestPath(string)
      return nil
    } catch { return error }
  }

  @Test("A path has between one byte and the maximum, and no NUL")
  func paths() {
    #expect(error("a/../b") == nil && error(String(repeating: "a", count: GuestPath.maximumCount)) == nil)
    #expect(error("") == .noent)
    #expect(error(String(repeating: "a", count: GuestPath.maximumCount + 1)) == .nametoolong)
    #expect(error("a\0") == .ilseq)
  }

  @Test("A path is UTF-8")
  func encoding() {
    for (bytes, isValid) in [([0x61, 0xC3, 0xA9], true), ([0x61, 0xC3], false), ([0xFF], false)] as [([UInt8], Bool)] {
      let error = bytes.withUnsafeBytes { bytes -> Errno? in
        do throws(Errno) {
          _ = try GuestPath(bytes)
          return nil
        } catch { return error }
      }
      #expect(error == (isValid ? nil : .ilseq), "\(bytes)")
    }
  }

  @Test("A name is one component, which may be the directory itself but not its parent")
  func names() {
    for name in ["", "..", "a/b", "/", "a\0"] { #expect(FileName(name) == nil, "\(name)") }
    for name in ["a", ".", "...", "ä b"] { #expect(FileName(name).map { Array($0.bytes) } == Array(name.utf8)) }
    #expect(FileName(".")?.isDot == true && FileName("...")?.isDot == false)
  }
}
