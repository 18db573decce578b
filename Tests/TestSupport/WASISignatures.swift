/// The functions of WASI preview 1.
public enum WASISignatures {
  /// Names and parameters (`i` for i32, `I` for i64), from `wasi_snapshot_preview1.witx`. All return an error code,
  /// except `proc_exit`.
  public static let all: [(name: String, parameters: String)] = [
    ("args_get", "ii"), ("args_sizes_get", "ii"), ("environ_get", "ii"), ("environ_sizes_get", "ii"),
    ("clock_res_get", "ii"), ("clock_time_get", "iIi"), ("fd_advise", "iIIi"), ("fd_allocate", "iII"),
    ("fd_close", "i"), ("fd_datasync", "i"), ("fd_fdstat_get", "ii"), ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"), ("fd_filestat_get", "ii"), ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"), ("fd_pread", "iiiIi"), ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"), ("fd_pwrite", "iiiIi"), ("fd_read", "iiii"), ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"), ("fd_seek", "iIii"), ("fd_sync", "i"), ("fd_tell", "ii"), ("fd_write", "iiii"),
    ("path_create_directory", "iii"), ("path_filestat_get", "iiiii"), ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"), ("path_open", "iiiiiIIii"), ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"), ("path_rename", "iiiiii"), ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"), ("poll_oneoff", "iiii"), ("proc_exit", "i"), ("proc_raise", "i"),
    ("sched_yield", ""), ("random_get", "ii"), ("sock_accept", "iii"), ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"), ("sock_shutdown", "ii"),
  ]

  /// The text of a module that imports all functions, and exports functions with the same names that forward their
  /// arguments. Its `memory` has one page.
  ///
  /// - Parameter snapshot: the name of the imported module.
  public static func passThroughModule(importing snapshot: String) -> String {
    let types: [Character: String] = ["i": "i32", "I": "i64"]
    var (imports, functions) = ("", "")
    for (name, parameters) in all {
      let type = parameters.map { "(param \(types[$0]!))" }.joined() + (name == "proc_exit" ? "" : "(result i32)")
      let arguments = (0..<parameters.count).map { "(local.get \($0))" }
      imports += "(import \"\(snapshot)\" \"\(name)\" (func $\(name) \(type)))\n"
      functions += "(func (export \"\(name)\") \(type) (call $\(name) \(arguments.joined())))\n"
    }
    return "(module \(imports) (memory (export \"memory\") 1 1) \(functions))"
  }
}
