@testable import NeedletailWASI

extension ConformanceProgram {
  static let all: [ConformanceProgram] =
    [
      arguments, clocksAndRandom, readingAndWriting, positions, storage, descriptorState, fileStatus, descriptors,
      listings,
      opening, names, links, escapes, polling, sockets, process,
    ] + fatal

  private static let readWrite: Rights = [.fdRead, .fdWrite, .fdSeek, .fdTell, .fdFilestatGet, .fdFilestatSetSize]

  /// Opens a path below descriptor 3, and stores the number in a named area of memory.
  private static func open(
    _ label: String, _ path: String, _ flags: OpenFlags = [], _ rights: Rights = .regularFile, following: Bool = true,
    descriptorFlags: DescriptorFlags = [], as name: String = "opened", gives error: Errno = .success,
    shows parts: [(part: ConformanceStep.Part, text: String)] = [],
    wasmtime difference: ConformanceStep.Difference? = nil
  ) -> ConformanceStep {
    ConformanceStep(
      label, "path_open", 3, following ? 1 : 0, .text(path), .number(UInt64(flags.rawValue)), .rights(rights), 0,
      .number(UInt64(descriptorFlags.rawValue)), .out(name), gives: error, shows: parts, wasmtime: difference)
  }

  private static let arguments = ConformanceProgram(
    "arguments",
    [
      .init(
        "sizes", "args_sizes_get", .out("count"), .out("size"),
        shows: [(.number("count"), "3"), (.number("size"), "13")]),
      .init(
        "arguments", "args_get", .out("pointers", 16), .out("buffer", 16),
        shows: [(.text("buffer", count: 7), "program")]),
      .init(
        "environment sizes", "environ_sizes_get", .out("count"), .out("size"),
        shows: [(.number("count"), "2"), (.number("size"), "11")]),
      .init(
        "environment", "environ_get", .out("pointers", 16), .out("variables", 16),
        shows: [(.text("variables", count: 3), "A=1")]),
    ])

  private static let clocksAndRandom = ConformanceProgram(
    "clocks-and-random",
    [
      .init("real time", "clock_time_get", 0, 1, .out("time")),
      .init("monotonic time", "clock_time_get", 1, 1, .out("time")),
      .init("process time", "clock_time_get", 2, 1, .out("time"), wasmtime: .processorTime),
      .init("thread time", "clock_time_get", 3, 1, .out("time"), wasmtime: .processorTime),
      .init("resolution", "clock_res_get", 0, .out("resolution"), shows: [(.number("resolution", byteCount: 8), "1")]),
      .init("monotonic resolution", "clock_res_get", 1, .out("resolution")),
      .init("process resolution", "clock_res_get", 2, .out("resolution"), wasmtime: .processorTime),
      .init("random bytes", "random_get", .out("random", 32), 32),
      .init("no random bytes", "random_get", .out("random", 32), 0),
    ])

  private static let readingAndWriting = ConformanceProgram(
    "reading-and-writing",
    [
      .init(
        "standard input", "fd_read", 0, .buffers([("input", 5)]), .out("n"),
        shows: [(.number("n"), "5"), (.text("input", count: 5), "first")]),
      .init(
        "writing to standard input", "fd_write", 0, .texts(["x"]), .out("n"), gives: .notcapable,
        wasmtime: .badDescriptor),
      .init(
        "reading standard output", "fd_read", 1, .buffers([("input", 5)]), .out("n"), gives: .notcapable,
        wasmtime: .badDescriptor),
      .init("reading what is not open", "fd_read", 99, .buffers([("input", 5)]), .out("n"), gives: .badf),
      .init(
        "reading a directory", "fd_read", 3, .buffers([("input", 5)]), .out("n"), gives: .isdir,
        wasmtime: .badDescriptor),
      .init("writing to a directory", "fd_write", 3, .texts(["x"]), .out("n"), gives: .isdir, wasmtime: .badDescriptor),
      open("open", "new", .create, readWrite),
      .init(
        "gathering", "fd_write", .value("opened"), .texts(["one ", "", "two"]), .out("n"), shows: [(.number("n"), "7")],
        wasmtime: .init("0 4", ConformanceStep.Difference.oneBuffer)),
      .init("no buffers", "fd_write", .value("opened"), .texts([]), .out("n"), shows: [(.number("n"), "0")]),
      .init(
        "at the end", "fd_read", .value("opened"), .buffers([("text", 16)]), .out("n"), shows: [(.number("n"), "0")]),
      .init(
        "scattering, at an offset", "fd_pread", .value("opened"), .buffers([("left", 2), ("right", 8)]), 1, .out("n"),
        shows: [(.number("n"), "6"), (.text("left", count: 2), "ne")],
        wasmtime: .init("0 2 ne", ConformanceStep.Difference.oneBuffer)),
      .init(
        "writing at an offset", "fd_pwrite", .value("opened"), .texts(["TWO!"]), 4, .out("n"),
        shows: [(.number("n"), "4")]),
      .init(
        "reading beyond the end", "fd_pread", .value("opened"), .buffers([("text", 16)]), 100, .out("n"),
        shows: [(.number("n"), "0")]),
      .init(
        "writing beyond the end", "fd_pwrite", .value("opened"), .texts(["x"]), 20, .out("n"),
        shows: [(.number("n"), "1")]),
      .init(
        "the gap is zeros", "fd_pread", .value("opened"), .buffers([("gap", 2)]), 18, .out("n"),
        shows: [(.number("gap", byteCount: 2), "0")]),
      .init(
        "an offset beyond all files", "fd_pread", .value("opened"), .buffers([("text", 16)]), -1, .out("n"),
        gives: .inval),
      open("open to read", "file", [], [.fdRead], as: "readable"),
      .init(
        "writing to what was opened to read", "fd_write", .value("readable"), .texts(["x"]), .out("n"),
        gives: .notcapable, wasmtime: .badDescriptor),
      .init(
        "pread without the right to seek", "fd_pread", .value("readable"), .buffers([("text", 16)]), 0, .out("n"),
        gives: .notcapable, wasmtime: .init("0", ConformanceStep.Difference.noRights)),
      open("open to write", "file", [], [.fdWrite], as: "writable"),
      .init(
        "reading what was opened to write", "fd_read", .value("writable"), .buffers([("text", 16)]), .out("n"),
        gives: .notcapable, wasmtime: .badDescriptor),
      open("open to append", "file", [], [.fdWrite, .fdRead, .fdSeek], descriptorFlags: .append, as: "appended"),
      .init("appending", "fd_write", .value("appended"), .texts(["+"]), .out("n"), shows: [(.number("n"), "1")]),
      .init(
        "what was appended", "fd_pread", .value("appended"), .buffers([("text", 16)]), 7, .out("n"),
        shows: [(.number("n"), "2"), (.text("text", count: 2), "s+")]),
    ])

  private static let positions = ConformanceProgram(
    "positions",
    [
      open("open", "file"),
      .init(
        "from the start", "fd_seek", .value("opened"), 3, 0, .out("at"), shows: [(.number("at", byteCount: 8), "3")]),
      .init("from here", "fd_seek", .value("opened"), 2, 1, .out("at"), shows: [(.number("at", byteCount: 8), "5")]),
      .init(
        "from the end", "fd_seek", .value("opened"), -1, 2, .out("at"), shows: [(.number("at", byteCount: 8), "7")]),
      .init("tell", "fd_tell", .value("opened"), .out("at"), shows: [(.number("at", byteCount: 8), "7")]),
      .init(
        "beyond the end", "fd_seek", .value("opened"), 100, 2, .out("at"), shows: [(.number("at", byteCount: 8), "108")]
      ),
      .init("before the start", "fd_seek", .value("opened"), -1, 0, .out("at"), gives: .inval),
      .init("far before the start", "fd_seek", .value("opened"), -1000, 1, .out("at"), gives: .inval),
      .init("in a directory", "fd_seek", 3, 0, 0, .out("at"), gives: .isdir, wasmtime: .badDescriptor),
      .init("telling in a directory", "fd_tell", 3, .out("at"), gives: .isdir, wasmtime: .badDescriptor),
      .init("what is not open", "fd_seek", 99, 0, 0, .out("at"), gives: .badf),
      open("open without the right", "file", [], .fdRead, as: "stuck"),
      .init(
        "without the right", "fd_seek", .value("stuck"), 1, 0, .out("at"), gives: .notcapable,
        wasmtime: .init("0", ConformanceStep.Difference.noRights)),
    ])

  private static let storage = ConformanceProgram(
    "storage",
    [
      open("open", "file"),
      .init("sync", "fd_sync", .value("opened")), .init("datasync", "fd_datasync", .value("opened")),
      .init("advise", "fd_advise", .value("opened"), 0, 4, 1),
      .init("advice on a directory", "fd_advise", 3, 0, 4, 1, gives: .isdir, wasmtime: .badDescriptor),
      .init("allocate", "fd_allocate", .value("opened"), 4, 8, wasmtime: .noAllocation),
      .init("allocate nothing", "fd_allocate", .value("opened"), 0, 0, gives: .inval, wasmtime: .noAllocation),
      .init("cut", "fd_filestat_set_size", .value("opened"), 3),
      .init("lengthen", "fd_filestat_set_size", .value("opened"), 6),
      .init(
        "what is left", "fd_pread", .value("opened"), .buffers([("text", 16)]), 0, .out("n"),
        shows: [(.number("n"), "6"), (.text("text", count: 3), "con"), (.number("text", offset: 3, byteCount: 2), "0")]),
      .init(
        "beyond all sizes", "fd_filestat_set_size", .value("opened"), -1, gives: .fbig,
        wasmtime: .init("28", "EINVAL, as Linux has it, where POSIX has EFBIG for more than any file can have")),
      open("open to read", "file", [], .fdRead, as: "readable"),
      .init(
        "cut without the right", "fd_filestat_set_size", .value("readable"), 0, gives: .notcapable,
        wasmtime: .init("28", "EINVAL of the host, for a file that is not open for writing")),
      .init(
        "sync without the right", "fd_sync", .value("readable"), gives: .notcapable,
        wasmtime: .init("0", ConformanceStep.Difference.noRights)),
      .init("sync what is not open", "fd_sync", 99, gives: .badf),
      .init("sync a directory", "fd_sync", 3, wasmtime: .badDescriptor),
      .init("datasync a directory", "fd_datasync", 3, wasmtime: .badDescriptor),
    ])

  private static let descriptorState = ConformanceProgram(
    "descriptor-state",
    [
      open("open", "file", [], readWrite),
      .init(
        "state", "fd_fdstat_get", .value("opened"), .out("state", 24),
        shows: [(.number("state", byteCount: 1), "4"), (.number("state", offset: 2, byteCount: 2), "0")]),
      .init(
        "state of a directory", "fd_fdstat_get", 3, .out("state", 24), shows: [(.number("state", byteCount: 1), "3")]),
      .init("state of what is not open", "fd_fdstat_get", 99, .out("state", 24), gives: .badf),
      .init(
        "appending from now on", "fd_fdstat_set_flags", .value("opened"), 1, gives: .notcapable,
        wasmtime: .init("0", ConformanceStep.Difference.noRights)),
      open("open with the right to set flags", "file", [], readWrite.union(.fdFdstatSetFlags)),
      .init("appending, allowed", "fd_fdstat_set_flags", .value("opened"), 1),
      .init(
        "appends", "fd_fdstat_get", .value("opened"), .out("state", 24),
        shows: [(.number("state", offset: 2, byteCount: 2), "1")]),
      .init("no longer", "fd_fdstat_set_flags", .value("opened"), 0),
      .init(
        "syncing from now on", "fd_fdstat_set_flags", .value("opened"), 2, gives: .notsup,
        wasmtime: .init("28", "EINVAL for what cannot change, where POSIX has ENOTSUP")),
      .init("fewer rights", "fd_fdstat_set_rights", .value("opened"), .rights(.fdRead), 0, wasmtime: .noSetRights),
      .init(
        "more rights", "fd_fdstat_set_rights", .value("opened"), .rights([.fdRead, .fdWrite]), 0, gives: .notcapable,
        wasmtime: .noSetRights),
      .init(
        "the right that is gone", "fd_write", .value("opened"), .texts(["x"]), .out("n"), gives: .notcapable,
        wasmtime: .init("0", ConformanceStep.Difference.noRights)),
    ])

  private static let fileStatus = ConformanceProgram(
    "file-status",
    [
      .init(
        "a file", "path_filestat_get", 3, 0, "file", .out("status", 64),
        shows: [
          (.number("status", offset: 16, byteCount: 1), "4"), (.number("status", offset: 24, byteCount: 8), "1"),
          (.number("status", offset: 32, byteCount: 8), "8"),
        ]),
      .init(
        "a directory", "path_filestat_get", 3, 0, "dir", .out("status", 64),
        shows: [(.number("status", offset: 16, byteCount: 1), "3")]),
      .init(
        "the directory itself", "path_filestat_get", 3, 0, ".", .out("status", 64),
        shows: [(.number("status", offset: 16, byteCount: 1), "3")]),
      .init(
        "a link", "path_filestat_get", 3, 0, "link", .out("status", 64),
        shows: [(.number("status", offset: 16, byteCount: 1), "7")]),
      .init(
        "through a link", "path_filestat_get", 3, 1, "link", .out("status", 64),
        shows: [(.number("status", offset: 16, byteCount: 1), "4")]),
      .init("through a dangling link", "path_filestat_get", 3, 1, "dangling", .out("status", 64), gives: .noent),
      .init("through a loop", "path_filestat_get", 3, 1, "loop", .out("status", 64), gives: .loop),
      .init("a file with a slash", "path_filestat_get", 3, 1, "file/", .out("status", 64), gives: .notdir),
      .init("a directory with a slash", "path_filestat_get", 3, 1, "dir/", .out("status", 64)),
      .init("nothing", "path_filestat_get", 3, 1, "nothing", .out("status", 64), gives: .noent),
      .init("no path", "path_filestat_get", 3, 1, "", .out("status", 64), gives: .noent),
      .init("set times", "path_filestat_set_times", 3, 0, "file", 1_000_000_000, 2_000_000_000, 5),
      .init(
        "the times", "path_filestat_get", 3, 0, "file", .out("status", 64),
        shows: [
          (.number("status", offset: 40, byteCount: 8), "1000000000"),
          (.number("status", offset: 48, byteCount: 8), "2000000000"),
        ]),
      .init("both a time and now", "path_filestat_set_times", 3, 0, "file", 0, 0, 3, gives: .inval),
      open("open", "file", [], [.fdRead, .fdFilestatGet, .fdFilestatSetTimes]),
      .init("times of what is open", "fd_filestat_set_times", .value("opened"), 3_000_000_000, 0, 1),
      .init(
        "those", "fd_filestat_get", .value("opened"), .out("status", 64),
        shows: [
          (.number("status", offset: 40, byteCount: 8), "3000000000"),
          (.number("status", offset: 48, byteCount: 8), "2000000000"),
        ]),
      .init("of what is not open", "fd_filestat_get", 99, .out("status", 64), gives: .badf),
      .init(
        "of a path below a file", "path_filestat_get", .value("opened"), 0, "file", .out("status", 64), gives: .notdir,
        wasmtime: .badDescriptor),
      .init(
        "of a directory that is open", "fd_filestat_get", 3, .out("status", 64),
        shows: [(.number("status", offset: 16, byteCount: 1), "3")]),
    ])

  private static let descriptors = ConformanceProgram(
    "descriptors",
    [
      .init(
        "preopened", "fd_prestat_get", 3, .out("prestat"), shows: [(.number("prestat", byteCount: 8), "4294967296")]),
      .init("its name", "fd_prestat_dir_name", 3, .out("name"), 1, shows: [(.text("name", count: 1), "/")]),
      .init("too short for it", "fd_prestat_dir_name", 3, .out("name"), 0, gives: .nametoolong),
      .init("no more are", "fd_prestat_get", 4, .out("prestat"), gives: .badf),
      .init("a stream is not", "fd_prestat_get", 0, .out("prestat"), gives: .badf),
      open("the lowest number", "file", as: "first", shows: [(.number("first"), "4")]),
      open("the next", "file", as: "second", shows: [(.number("second"), "5")]),
      .init("a file is not preopened", "fd_prestat_get", 4, .out("prestat"), gives: .badf),
      .init("renumber", "fd_renumber", 5, 4),
      .init("the old number", "fd_fdstat_get", 5, .out("state", 24), gives: .badf),
      .init("to itself", "fd_renumber", 4, 4),
      .init("to what is not open", "fd_renumber", 4, 20, gives: .badf),
      .init("from what is not open", "fd_renumber", 20, 4, gives: .badf),
      .init("close", "fd_close", 4), .init("close again", "fd_close", 4, gives: .badf),
      open(
        "a number that is free again", "file", as: "third", shows: [(.number("third"), "4")],
        wasmtime: .init("0 5", "numbers that are free again are not given out lowest first")),
      .init("close the preopened directory", "fd_close", 3),
      .init("it is gone", "fd_prestat_get", 3, .out("prestat"), gives: .badf),
      open("and what is in it", "file", gives: .badf),
      .init("a number beyond all", "fd_close", -1, gives: .badf),
    ])

  private static let listings = ConformanceProgram(
    "listings",
    [
      .init(
        "open", "path_open", 3, 0, "dir", 2, .rights(.fdReaddir), 0, 0, .out("dir")),
      .init(
        "first entry", "fd_readdir", .value("dir"), .out("entries", 256), 25, 0, .out("used"),
        shows: [
          (.number("used"), "25"), (.number("entries", offset: 16), "1"),
          (.number("entries", offset: 20, byteCount: 1), "3"),
        ]),
      .init(
        "all", "fd_readdir", .value("dir"), .out("entries", 256), 256, 0, .out("used"), shows: [(.number("used"), "80")]
      ),
      .init(
        "no room", "fd_readdir", .value("dir"), .out("entries", 256), 0, 0, .out("used"),
        shows: [(.number("used"), "0")]),
      .init(
        "a cut entry", "fd_readdir", .value("dir"), .out("entries", 256), 10, 0, .out("used"),
        shows: [(.number("used"), "10")]),
      open("a file", "file", [], .fdRead),
      .init(
        "listing a file", "fd_readdir", .value("opened"), .out("entries", 256), 256, 0, .out("used"), gives: .notdir,
        wasmtime: .badDescriptor),
      .init("listing what is not open", "fd_readdir", 99, .out("entries", 256), 256, 0, .out("used"), gives: .badf),
      .init("open without the right", "path_open", 3, 0, "dir", 2, .rights(.pathOpen), 0, 0, .out("dir")),
      .init(
        "without the right", "fd_readdir", .value("dir"), .out("entries", 256), 256, 0, .out("used"),
        gives: .notcapable, wasmtime: .init("0", ConformanceStep.Difference.noRights)),
    ])

  private static let opening = ConformanceProgram(
    "opening",
    [
      open("nothing", "nothing", gives: .noent), open("make", "new", .create),
      open("make what is there", "new", .create),
      open("only if it is not there", "new", [.create, .exclusive], gives: .exist),
      open("empty", "file", .truncate, readWrite),
      .init(
        "it is empty", "path_filestat_get", 3, 0, "file", .out("status", 64),
        shows: [(.number("status", offset: 32, byteCount: 8), "0")]),
      open("a directory", "dir", .directory, .directory),
      open("a file as directory", "file", .directory, .fdRead, gives: .notdir),
      open("a directory without saying so", "dir", [], .fdRead),
      open("a directory to write", "dir", [], .fdWrite, gives: .isdir),
      open("make a directory", "made", [.create, .directory], .fdRead, gives: .inval),
      open("a file with a slash", "file/", [], .fdRead, gives: .notdir),
      open("make with a slash", "made/", .create, .fdRead, gives: .isdir),
      open("through a link", "link", [], .fdRead),
      open("not through a link", "link", [], .fdRead, following: false, gives: .loop),
      open("through a dangling link", "dangling", [], .fdRead, gives: .noent),
      open("make through a dangling link", "dangling", .create, readWrite),
      .init("it was made", "path_filestat_get", 3, 0, "nowhere", .out("status", 64)),
      open("a loop", "loop", [], .fdRead, gives: .loop),
      open("below a file", "file/x", [], .fdRead, gives: .notdir), open("within", "dir/inner", [], .fdRead),
      open("there and back", "dir/../file", [], .fdRead), open("dots", "./dir/./inner", [], .fdRead),
      open("slashes", "dir//inner", [], .fdRead), open("no path", "", [], .fdRead, gives: .noent),
      open("a long name", String(repeating: "n", count: 256), .create, .fdRead, gives: .nametoolong),
      .init(
        "below what is not open", "path_open", 99, 0, "file", 0, .rights(.fdRead), 0, 0, .out("opened"), gives: .badf),
      .init(
        "below a stream", "path_open", 0, 0, "file", 0, .rights(.fdRead), 0, 0, .out("opened"), gives: .notdir,
        wasmtime: .badDescriptor),
      .init(
        "a name with NUL", "path_open", 3, 0, "fi\0le", 0, .rights(.fdRead), 0, 0, .out("opened"), gives: .ilseq,
        wasmtime: .init("28", "EINVAL for a NUL in a name")),
    ])

  private static let names = ConformanceProgram(
    "names",
    [
      .init("make a directory", "path_create_directory", 3, "made"),
      .init("make it again", "path_create_directory", 3, "made", gives: .exist),
      .init("make with a slash", "path_create_directory", 3, "slash/"),
      .init("make below nothing", "path_create_directory", 3, "nothing/x", gives: .noent),
      .init("remove what is not empty", "path_remove_directory", 3, "dir", gives: .notempty),
      .init("remove", "path_remove_directory", 3, "made"),
      .init("remove again", "path_remove_directory", 3, "made", gives: .noent),
      .init(
        "remove with a slash", "path_remove_directory", 3, "slash/",
        wasmtime: .init("28", "EINVAL for a slash behind the name of a directory to remove")),
      .init("remove a file", "path_remove_directory", 3, "file", gives: .notdir),
      .init("unlink a directory", "path_unlink_file", 3, "dir", gives: .isdir),
      .init("unlink nothing", "path_unlink_file", 3, "nothing", gives: .noent),
      .init("unlink a file with a slash", "path_unlink_file", 3, "file/", gives: .notdir),
      .init("rename a file", "path_rename", 3, "file", 3, "renamed"),
      .init("rename nothing", "path_rename", 3, "file", 3, "again", gives: .noent),
      .init("rename to a directory", "path_rename", 3, "renamed", 3, "dir", gives: .isdir),
      .init("rename a directory to a file", "path_rename", 3, "dir", 3, "renamed", gives: .notdir),
      .init("rename a directory", "path_rename", 3, "dir", 3, "moved"),
      .init("rename a directory into itself", "path_rename", 3, "moved", 3, "moved/x", gives: .inval),
      .init("rename to itself", "path_rename", 3, "renamed", 3, "renamed"),
      .init("rename a file with a slash", "path_rename", 3, "renamed/", 3, "file", gives: .notdir),
      .init("rename into a directory", "path_rename", 3, "renamed", 3, "moved/file"),
      .init("unlink", "path_unlink_file", 3, "moved/file"),
      .init("unlink a link", "path_unlink_file", 3, "dangling"),
      .init("make without a name", "path_create_directory", 3, "", gives: .noent),
      .init("below a file", "path_create_directory", 3, "link/x", gives: .noent),
    ])

  private static let links = ConformanceProgram(
    "links",
    [
      .init(
        "read a link", "path_readlink", 3, "link", .out("target", 16), 16, .out("n"),
        shows: [(.number("n"), "4"), (.text("target", count: 4), "file")]),
      .init(
        "with too little room", "path_readlink", 3, "link", .out("target", 16), 2, .out("n"),
        shows: [(.number("n"), "2"), (.text("target", count: 2), "fi")]),
      .init("read what is no link", "path_readlink", 3, "file", .out("target", 16), 16, .out("n"), gives: .inval),
      .init("read nothing", "path_readlink", 3, "nothing", .out("target", 16), 16, .out("n"), gives: .noent),
      .init("make a link", "path_symlink", "dir/inner", 3, "made"),
      open("through it", "made", [], .fdRead),
      .init("make it again", "path_symlink", "dir/inner", 3, "made", gives: .exist),
      .init("make a link to nothing", "path_symlink", "", 3, "empty", gives: .noent),
      .init("make an absolute link", "path_symlink", "/etc", 3, "absolute", gives: .perm),
      .init(
        "make a link that leads out", "path_symlink", "../x", 3, "out", gives: .perm,
        wasmtime: .init("0", ConformanceStep.Difference.planted)),
      .init("a hard link", "path_link", 3, 0, "file", 3, "hard"),
      .init(
        "counts", "path_filestat_get", 3, 0, "hard", .out("status", 64),
        shows: [(.number("status", offset: 24, byteCount: 8), "2")]),
      .init("a hard link again", "path_link", 3, 0, "file", 3, "hard", gives: .exist),
      .init("a hard link to a directory", "path_link", 3, 0, "dir", 3, "hard-dir", gives: .perm),
      .init("a hard link to nothing", "path_link", 3, 0, "nothing", 3, "hard-nothing", gives: .noent),
      .init("a hard link to a link", "path_link", 3, 0, "link", 3, "hard-link"),
      .init(
        "is a link", "path_filestat_get", 3, 0, "hard-link", .out("status", 64),
        shows: [(.number("status", offset: 16, byteCount: 1), "7")]),
      .init(
        "a hard link through a link", "path_link", 3, 1, "link", 3, "hard-file",
        wasmtime: .init("28", "it never follows links for hard links")),
      .init("a hard link with a slash", "path_link", 3, 0, "file", 3, "slash/", gives: .noent),
    ])

  private static let escapes = ConformanceProgram(
    "escapes",
    [
      open("above", "..", [], .fdRead, gives: .perm), open("beside", "../x", [], .fdRead, gives: .perm),
      open("there and out", "dir/../../x", [], .fdRead, gives: .perm),
      open("absolute", "/etc/passwd", [], .fdRead, gives: .perm),
      open("through a link", "up", [], .fdRead, gives: .perm), open("below a link", "up/x", [], .fdRead, gives: .perm),
      .init("status", "path_filestat_get", 3, 1, "../x", .out("status", 64), gives: .perm),
      .init("make a directory", "path_create_directory", 3, "../x", gives: .perm),
      .init("remove a directory", "path_remove_directory", 3, "..", gives: .perm),
      .init("unlink", "path_unlink_file", 3, "../x", gives: .perm),
      .init("rename out", "path_rename", 3, "file", 3, "../file", gives: .perm),
      .init("rename in", "path_rename", 3, "../file", 3, "in", gives: .perm),
      .init("link in", "path_link", 3, 0, "../file", 3, "in", gives: .perm),
      .init("link out", "path_link", 3, 0, "file", 3, "../out", gives: .perm),
      .init("read a link", "path_readlink", 3, "../link", .out("target", 16), 16, .out("n"), gives: .perm),
      .init("make a link", "path_symlink", "file", 3, "../link", gives: .perm),
      .init("times", "path_filestat_set_times", 3, 0, "../x", 0, 0, 5, gives: .perm),
    ])

  /// A subscription for `poll_oneoff`.
  private static func subscription(_ userData: UInt8, type: UInt8, _ fields: [Int: UInt8]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 48)
    bytes[0] = userData
    bytes[8] = type
    for (offset, byte) in fields { bytes[offset] = byte }
    return bytes
  }

  private static let polling = ConformanceProgram(
    "polling",
    [
      .init("nothing", "poll_oneoff", .data([]), .out("events", 64), 0, .out("n"), gives: .inval),
      .init(
        "a timer", "poll_oneoff", .data(subscription(7, type: 0, [16: 1, 26: 1])), .out("events", 64), 1, .out("n"),
        shows: [
          (.number("n"), "1"), (.number("events", byteCount: 8), "7"),
          (.number("events", offset: 8, byteCount: 2), "0"),
          (.number("events", offset: 10, byteCount: 1), "0"),
        ]),
      .init(
        "standard input", "poll_oneoff", .data(subscription(8, type: 1, [:])), .out("events", 64), 1, .out("n"),
        shows: [
          (.number("n"), "1"), (.number("events", byteCount: 8), "8"),
          (.number("events", offset: 8, byteCount: 2), "0"),
          (.number("events", offset: 10, byteCount: 1), "1"),
        ]),
      .init(
        "standard output, and a late timer", "poll_oneoff",
        .data(subscription(9, type: 2, [16: 1]) + subscription(10, type: 0, [16: 1, 31: 1])), .out("events", 64), 2,
        .out("n"),
        shows: [
          (.number("n"), "1"), (.number("events", byteCount: 8), "9"),
          (.number("events", offset: 10, byteCount: 1), "2"),
        ]),
      .init(
        "what is not open", "poll_oneoff", .data(subscription(11, type: 1, [16: 99])), .out("events", 64), 1, .out("n"),
        shows: [(.number("n"), "1"), (.number("events", offset: 8, byteCount: 2), "8")],
        wasmtime: .init("8 1 0", "a bad descriptor fails the whole call, not its event")),
      .init(
        "no such clock", "poll_oneoff", .data(subscription(12, type: 0, [16: 9])), .out("events", 64), 1, .out("n"),
        shows: [(.number("n"), "1"), (.number("events", offset: 8, byteCount: 2), "28")],
        wasmtime: .init("28 1 0", "a bad clock fails the whole call, not its event")),
      .init(
        "no such type", "poll_oneoff", .data(subscription(13, type: 3, [:])), .out("events", 64), 1, .out("n"),
        gives: .inval),
    ])

  private static let sockets = ConformanceProgram(
    "sockets",
    [
      .init("accept from what is not open", "sock_accept", 99, 0, .out("n"), gives: .badf),
      .init("accept from a directory", "sock_accept", 3, 0, .out("n"), gives: .notsock),
      .init(
        "receive from a stream", "sock_recv", 0, .buffers([("text", 16)]), 0, .out("n"), .out("flags"), gives: .notsock),
      .init("send to a stream", "sock_send", 1, .texts(["x"]), 0, .out("n"), gives: .notsock),
      .init("shut down a directory", "sock_shutdown", 3, 1, gives: .notsock),
      .init("shut down what is not open", "sock_shutdown", 99, 1, gives: .badf),
    ])

  private static let process = ConformanceProgram("process", [.init("yield", "sched_yield")])

  /// Addresses out of bounds and values that the specification does not define. Each is a separate program, because it
  /// may end the program.
  private static let fatal = [
    fatal("args_sizes_get", -1, -1, gives: .fault), fatal("fd_write", 1, 131_068, 1, .out("n"), gives: .fault),
    fatal("random_get", 131_000, 100, gives: .fault),
    fatal("path_open", 3, 0, 131_070, 10, 0, 0, 0, 0, .out("n"), gives: .fault),
    fatal("clock_time_get", 4, 1, .out("time"), gives: .inval), fatal("clock_res_get", 99, .out("time"), gives: .inval),
    fatal("fd_seek", 1, 0, 3, .out("at"), gives: .inval), fatal("fd_advise", 1, 0, 4, 6, gives: .inval),
    fatal("path_filestat_get", 3, 2, "file", .out("status", 64), gives: .inval),
    fatal("path_open", 3, 0, "file", 16, 0, 0, 0, .out("n"), gives: .inval),
    fatal("fd_fdstat_set_flags", 1, 32, gives: .inval), fatal("sock_shutdown", 1, 4, gives: .notsock),
    fatal("proc_raise", 31, gives: .inval),
  ]

  private static func fatal(
    _ function: String, _ arguments: ConformanceStep.Argument..., gives error: Errno
  ) -> ConformanceProgram {
    var step = ConformanceStep(function, function, gives: error)
    step.arguments = arguments
    step.difference = .init("trap", "it ends a guest that passes what is no address or no value of the type")
    return ConformanceProgram("fatal-\(function)", [step])
  }
}

extension ConformanceStep.Difference {
  static let processorTime = Self("8", "it has no clocks of processor time")
  static let badDescriptor = Self("8", "rights and kinds are one error there: EBADF")
  static let noAllocation = Self("58", "it allocates nothing: a guest cannot count on it on every host")
  static let noSetRights = Self("58", "rights are not kept, and so cannot be given up")
  static let planted = "links may lead out of the directory, though the guest cannot follow them"
  static let oneBuffer = "it moves the first buffer that is not empty, which is allowed"
  static let noRights = "rights are not kept: only what a file was opened for counts"
}
