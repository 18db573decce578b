import NeedletailWASI
import Testing

/// Files that an embedder implements.
@Suite struct FileTests {
  /// A stream that keeps what is written to it, and takes at most four bytes at a time.
  private final class Recorder: File {
    let type: FileType
    private(set) var bytes: [UInt8] = []

    init(_ type: FileType = .characterDevice) { self.type = type }

    func write(from buffers: IOBuffers) throws(Errno) -> Int {
      let before = bytes.count
      for buffer in buffers.buffers where bytes.count < before + 4 {
        bytes += buffer.bytes.prefix(before + 4 - bytes.count)
      }
      return bytes.count - before
    }
  }

  @Test("An operation that a file does not implement fails as POSIX does")
  func defaults() throws {
    let file: any File = Recorder()
    func error(_ body: () throws(Errno) -> Void) -> Errno? {
      do throws(Errno) {
        try body()
        return nil
      } catch { return error }
    }
    let buffers = IOBuffers(UnsafeBufferPointer(start: nil, count: 0))
    #expect(error { () throws(Errno) in _ = try file.read(into: buffers) } == .badf)
    #expect(error { () throws(Errno) in _ = try file.read(into: buffers, at: 0) } == .spipe)
    #expect(error { () throws(Errno) in _ = try file.write(from: buffers, at: 0) } == .spipe)
    #expect(error { () throws(Errno) in _ = try file.seek(by: 0, from: .set) } == .spipe)
    #expect(error { () throws(Errno) in try file.setSize(0) } == .inval)
    #expect(error { () throws(Errno) in try file.allocate(at: 0, count: 1) } == .spipe)
    #expect(error { () throws(Errno) in try file.setFlags([]) } == nil)
    #expect(try file.status().type == .characterDevice && file.flags() == [] && file.socket == nil)
    #expect(file.meaningfulRights == .stream && (Recorder(.regularFile) as any File).meaningfulRights == .regularFile)
  }

  @Test("Bytes are copied to buffers in order, as far as they fit")
  func buffers() {
    var (first, second) = ([UInt8](repeating: 0, count: 2), [UInt8](repeating: 0, count: 3))
    first.withUnsafeMutableBytes { first in
      second.withUnsafeMutableBytes { second in
        let list = [
          IOBuffer(base: first.baseAddress!, count: 2), IOBuffer(base: second.baseAddress!, count: 3),
        ]
        list.withUnsafeBufferPointer { list in
          let buffers = IOBuffers(list)
          #expect(buffers.totalCount == 5)
          #expect([UInt8](1...4).withUnsafeBytes { buffers.copy(from: $0) } == 4)
          #expect([UInt8](1...9).withUnsafeBytes { buffers.copy(from: $0) } == 5)
        }
      }
    }
    #expect(first == [1, 2] && second == [3, 4, 5])
  }

  @Test("The guest is told how much of its output a file took")
  func partialWrites() throws {
    let recorder = Recorder()
    var configuration = WASI.Configuration()
    configuration.standardOutput = .custom(recorder)
    let guest = try Guest(configuration)
    let (text, buffers, count) = (guest.allocate(6), guest.allocate(8), guest.allocate(4))
    for (index, byte) in "output".utf8.enumerated() { guest.store(byte, text + UInt64(index)) }
    guest.store(UInt32(text), buffers)
    guest.store(UInt32(6), buffers + 4)
    #expect(try guest.call("fd_write", 1, buffers, 1, count) == .success)
    #expect(guest.load(UInt32.self, count) == 4 && recorder.bytes == Array("outp".utf8))
  }
}
