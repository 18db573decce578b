import TestSupport
import Testing

@testable import NeedletailSystem

/// Files, directories and their metadata.
@Suite struct FileTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func write(_ text: String, to path: String) throws {
    let file = try FileDescriptor.open(path, [.writeOnly, .create, .truncate, .closeOnExecution])
    try bytes(text).withUnsafeBytes { try file.writeAll($0) }
    try file.close()
  }

  private func read(_ path: String) throws -> String {
    let file = try FileDescriptor.open(path, [.readOnly, .closeOnExecution])
    defer { file.closeIgnoringErrors() }
    let count = Int(try file.metadata().byteCount)
    var bytes = [UInt8](repeating: 0, count: count + 1)
    let filled = try bytes.withUnsafeMutableBytes { try file.fill($0, from: 0) }
    #expect(filled == count)
    return String(decoding: bytes[..<filled], as: UTF8.self)
  }

  private func names(_ directory: String) throws -> [String] {
    let stream = try DirectoryStream(directory)
    var names: [String] = []
    while let entry = try stream.next() { names.append(String(decoding: entry.name, as: UTF8.self)) }
    return names.sorted()
  }

  @Test("A file that is missing is the error ENOENT, with the system's sentence")
  func missing() throws {
    let directory = TemporaryDirectory()
    let error = #expect(throws: SystemError.self) { try FileDescriptor.open("\(directory.path)/none", .readOnly) }
    #expect(error == .noent)
    #expect(error?.description == "No such file or directory")
    #expect(!FileDescriptor.currentDirectory.exists("\(directory.path)/none"))
  }

  @Test("What is written can be read, from any place on")
  func contents() throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/file"
    try write("some text", to: path)
    #expect(try read(path) == "some text")
    let metadata = try FileDescriptor.currentDirectory.metadata(of: path)
    #expect(metadata.kind == .regular && metadata.byteCount == 9 && metadata.linkCount == 1)
    #expect(metadata.owner == CurrentProcess.effectiveUser)
  }

  @Test("Vectors are read and written in order")
  func vectors() throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/file"
    let file = try FileDescriptor.open(path, [.readWrite, .create, .closeOnExecution])
    defer { file.closeIgnoringErrors() }
    var (first, second) = (bytes("abc"), bytes("defg"))
    let count = try first.withUnsafeMutableBytes { first in
      try second.withUnsafeMutableBytes { second in
        let vectors = [
          IOVector(base: first.baseAddress, byteCount: 3), IOVector(base: second.baseAddress, byteCount: 4),
        ]
        return try vectors.withUnsafeBufferPointer { try file.write($0) }
      }
    }
    #expect(count == 7)
    #expect(try read(path) == "abcdefg")
    #expect(try file.seek(by: 0, from: .current) == 7)
  }

  @Test("A replaced file has its old contents until the new ones are complete")
  func replacement() throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/file"
    try write("old", to: path)
    let replacement = try FileReplacement(of: path)
    try bytes("new contents").withUnsafeBytes { try replacement.write($0) }
    #expect(try read(path) == "old")
    try replacement.commit()
    #expect(try read(path) == "new contents")
    #expect(try names(directory.path) == [".", "..", "file"])
  }

  @Test("A replacement that is not committed leaves nothing")
  func abandonedReplacement() throws {
    let directory = TemporaryDirectory()
    let path = "\(directory.path)/file"
    do {
      let replacement = try FileReplacement(of: path)
      try bytes("part").withUnsafeBytes { try replacement.write($0) }
      // The file has no name, or a temporary one.
      #expect(try names(directory.path).dropFirst(2).allSatisfy { $0.hasPrefix(FileReplacement.temporaryPrefix) })
    }
    #expect(try names(directory.path) == [".", ".."])
  }

  @Test("A listing has all names with their kinds")
  func listing() throws {
    let directory = TemporaryDirectory()
    let folder = try FileDescriptor.open(directory.path, [.readOnly, .directory, .closeOnExecution])
    defer { folder.closeIgnoringErrors() }
    try write("", to: "\(directory.path)/file")
    try folder.makeDirectory("folder")
    try folder.createSymbolicLink("link", to: "file")
    var kinds: [String: FileKind] = [:]
    for name in try names(directory.path) { kinds[name] = try folder.metadata(of: name, following: false).kind }
    #expect(
      kinds == [".": .directory, "..": .directory, "file": .regular, "folder": .directory, "link": .symbolicLink])
    #expect(try folder.metadata(of: "link").kind == .regular)
    #expect(FilePath.resolved("\(directory.path)/link") == FilePath.resolved("\(directory.path)/file"))
  }

  #if os(Linux)
    @Test("The kernel's records are those of the stream")
    func records() throws {
      let directory = TemporaryDirectory()
      for index in 0..<300 { try write("", to: "\(directory.path)/file-\(index)") }
      let folder = try FileDescriptor.open(directory.path, [.readOnly, .directory, .closeOnExecution])
      defer { folder.closeIgnoringErrors() }
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 8)
      defer { memory.deallocate() }
      var found: [String] = []
      while true {
        let records = try DirectoryRecords(folder, into: memory)
        if records.isEmpty { break }
        for (entry, _) in records { found.append(String(decoding: entry.name, as: UTF8.self)) }
      }
      #expect(found.count == 302)
      #expect(try found.sorted() == names(directory.path))
    }

    @Test("The kernel refuses a path that leads out of a directory")
    func beneath() throws {
      let directory = TemporaryDirectory()
      let folder = try FileDescriptor.open(directory.path, [.readOnly, .directory, .closeOnExecution])
      defer { folder.closeIgnoringErrors() }
      try write("", to: "\(directory.path)/file")
      // An old kernel or a sandbox may lack the call.
      guard let opened = try? folder.openBeneath("file", [.readOnly, .closeOnExecution], permissions: 0) else { return }
      opened.closeIgnoringErrors()
      let error = #expect(throws: SystemError.self) {
        try folder.openBeneath("../file", [.readOnly, .closeOnExecution], permissions: 0)
      }
      #expect(error == .xdev)
    }
  #endif
}
