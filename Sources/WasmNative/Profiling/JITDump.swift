import WasmCompiler

/// The records of a jitdump file, from which `perf inject --jit` creates symbols, code and lines. All numbers are little-endian.
///
/// Source: Linux, `tools/perf/Documentation/jitdump-specification.txt`, version 2 of the document, 1 of the format.
struct JITDump {
  private enum RecordID: UInt32 {
    case codeLoad = 0
    case debugInformation = 2
  }

  let processID: UInt32
  /// The number of functions so far, which numbers the load records.
  private var loadCount: UInt64 = 0

  init(processID: UInt32) { self.processID = processID }

  /// The file header.
  func header(time: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(word: UInt32(0x4A69_5444))
    bytes.append(word: UInt32(1))
    bytes.append(word: UInt32(40))
    bytes.append(word: NativeBackend.architecture.elfMachine)
    bytes.append(word: UInt32(0))
    bytes.append(word: processID)
    bytes.append(word: time)
    bytes.append(word: UInt64(0))
    return bytes
  }

  /// Adds code. The record of its lines comes first, as the format requires.
  mutating func append(_ code: ProfiledCode, time: UInt64, to bytes: inout [UInt8]) {
    let address = UInt64(UInt(bitPattern: code.bytes.baseAddress))
    if !code.lines.isEmpty, let fileName = code.fileName {
      record(.debugInformation, time, &bytes) { bytes in
        bytes.append(word: address)
        bytes.append(word: UInt64(code.lines.count))
        for (index, line) in code.lines.enumerated() {
          bytes.append(word: address + UInt64(line.offset))
          bytes.append(word: line.number)
          bytes.append(word: UInt32(0))
          // A byte of 255 repeats the previous entry's name.
          bytes.append(contentsOf: index == 0 ? Array(fileName.utf8) : [0xFF])
          bytes.append(0)
        }
      }
    }
    let (processID, number) = (processID, loadCount)
    record(.codeLoad, time, &bytes) { bytes in
      bytes.append(word: processID)
      bytes.append(word: processID)
      bytes.append(word: address)
      bytes.append(word: address)
      bytes.append(word: UInt64(code.bytes.count))
      bytes.append(word: number)
      bytes.append(contentsOf: code.name.utf8)
      bytes.append(0)
      bytes.append(contentsOf: code.bytes)
    }
    loadCount += 1
  }

  private func record(_ id: RecordID, _ time: UInt64, _ bytes: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
    let start = bytes.count
    bytes.append(word: id.rawValue)
    bytes.append(word: UInt32(0))
    bytes.append(word: time)
    body(&bytes)
    let size = UInt32(bytes.count - start)
    for index in 0..<4 { bytes[start + 4 + index] = UInt8(truncatingIfNeeded: size >> UInt32(8 * index)) }
  }
}

extension [UInt8] {
  fileprivate mutating func append<Word: FixedWidthInteger>(word: Word) {
    Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
  }
}
