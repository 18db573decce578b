#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The folder of this package.
enum Folder {
  static let benchmarks: String = {
    // …/Benchmarks/Sources/benchmarks/Files.swift
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  }()
}

/// Whether there is a file at `path` that this process may execute.
func isExecutable(_ path: String) -> Bool {
  access(path, X_OK) == 0
}

/// The path of the executable that a shell would run for `name`, or nil.
func findExecutable(_ name: String) -> String? {
  if name.contains("/") { return isExecutable(name) ? name : nil }
  let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
  return folders.split(separator: ":").map { "\($0)/\(name)" }.first(where: isExecutable)
}

/// The modification time of the file at `path`, in seconds; nil if there is none.
func modificationTime(_ path: String) -> Int? {
  var status = stat()
  guard stat(path, &status) == 0 else { return nil }
  #if canImport(Glibc)
    return status.st_mtim.tv_sec
  #else
    return status.st_mtimespec.tv_sec
  #endif
}

/// The names of the files in `folder`, sorted; empty if it cannot be read.
func fileNames(in folder: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    names.append(
      withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      })
  }
  return names.sorted()
}

/// Writes `text` to the file at `path`, replacing its content.
func writeFile(_ path: String, _ text: String) throws(UserError) {
  guard let file = fopen(path, "w") else {
    throw UserError("cannot write \(path): \(String(cString: strerror(errno)))")
  }
  let written = fputs(text, file) >= 0
  guard fclose(file) == 0, written else { throw UserError("cannot write \(path)") }
}
